"""Texts of runs for agents: published artifacts, and a run's history as lines."""

from __future__ import annotations

import json
import re
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.contract import event_document
from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.mcp.parameters import READABLE, RUN_EVENTS, RUN_LOG
from llmsdeck.mcp.roots import Roots
from llmsdeck.model import ArtifactName, Run, RunEvent
from llmsdeck.text import visible, visible_lines

_CALL: Final = re.compile(r"run\.call\.([1-9][0-9]{0,5})\.txt")
"""What was said in a call to a model, by its number."""
_EVENTS_AT_ONCE: Final = 1000
_MOST_EVENTS: Final = 10_000


async def read_piece(
    deck: DeckApi, roots: Roots, run: Run, name: str, offset: int, limit: int
) -> tuple[str, int]:
    """Characters of a text of a run from `offset`, and how many the whole text has.

    Raises UsageError for a name that no text has, RefusedError while there is none.
    """
    if name in {RUN_LOG, RUN_EVENTS}:
        text = await _history(deck, roots, run, as_json=name == RUN_EVENTS)
        return text[offset : offset + limit], len(text)
    if call := _CALL.fullmatch(name):
        text = roots.veiled(await _said(deck, run, int(call[1])))
        return text[offset : offset + limit], len(text)
    try:
        known = ArtifactName(name)
    except ValueError:
        raise UsageError(f"{name!r} is no artifact; choose from {', '.join(READABLE)}.") from None
    piece = await deck.read_artifact(run.run_id, known, offset, limit)
    return piece.content, piece.total_chars


async def _said(deck: DeckApi, run: Run, number: int) -> str:
    made = await deck.calls(run.run_id)
    if number > len(made):
        raise RefusedError(f"Run {run.short_id} has no call {number}; it made {len(made)}.")
    return visible_lines((await deck.read_call(run.run_id, made[number - 1])).whole)


async def _history(deck: DeckApi, roots: Roots, run: Run, *, as_json: bool) -> str:
    events: list[RunEvent] = []
    while len(events) < _MOST_EVENTS:
        news = await deck.events(run.run_id, events[-1].seq if events else 0, _EVENTS_AT_ONCE)
        if not news:
            break
        events.extend(news)
    lines = [_json_line(event) if as_json else _line(event) for event in events]
    return roots.veiled("".join(f"{line}\n" for line in lines))


def _json_line(event: RunEvent) -> str:
    return json.dumps(event_document(event))


def _line(event: RunEvent) -> str:
    at = event.at.isoformat(timespec="milliseconds")
    return f"{at} {event.actor} {event.kind}: {visible(event.message)}"
