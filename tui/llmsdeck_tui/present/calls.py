"""The calls to a model that a run made: what for, how fast, and what became of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from textual.content import Content

from llmsdeck.model import RunEvent
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

KIND: Final = "model_call"
_PURPOSE: Final = 18
_MODEL: Final = 20
_WIDE: Final = 100
"""Cells from which the model of each call is named."""


def calls(events: Iterable[RunEvent]) -> list[RunEvent]:
    """The events that are calls to a model."""
    return [event for event in events if event.kind == KIND]


def summary(calls: Sequence[RunEvent]) -> Content:
    """All calls together."""
    used = sum(bool(call.data.get("accepted")) for call in calls)
    read = sum(_figure(call.data, "prompt_tokens") for call in calls)
    written = sum(_figure(call.data, "completion_tokens") for call in calls)
    seconds = sum(_figure(call.data, "seconds") for call in calls)
    return Content(
        f"{words.counted(len(calls), 'call')}, {words.number(used)} used"
        f" · {words.number(int(read))} tokens in, {words.number(int(written))} out"
        f" · {words.fine_duration(seconds)}"
    )


def table(calls: Sequence[RunEvent], model: str, width: int) -> list[Content]:
    """A heading and one line per call, or why there is none."""
    if not calls:
        if model == "none":
            return [Content("This run asks no model: its text is the project's own words.")]
        return [Content.assemble("No call to ", (plain(model, 60), words.STRONG), " so far.")]
    return [_heading(width), *(_row(call, width) for call in calls)]


def _heading(width: int) -> Content:
    model = f"{'MODEL':<{_MODEL}}  " if width >= _WIDE else ""
    text = f"{'TIME':<8}  {'PURPOSE':<{_PURPOSE}}  {model}"
    return Content.assemble(
        (f"{text}{'IN':>7}  {'OUT':>6}  {'TOOK':>7}  {'TOK/S':>5}  VERDICT", words.HEADING)
    )


def _row(call: RunEvent, width: int) -> Content:
    data = call.data
    speed = _figure(data, "tokens_per_s")
    parts = [
        Content.assemble((words.clock(call.at), words.QUIET)),
        words.fit(safe(str(data.get("purpose", "")), 80), _PURPOSE),
    ]
    if width >= _WIDE:
        parts.append(words.fit(safe(str(data.get("model", "")), 80), _MODEL))
    parts += [
        Content(f"{words.number(int(_figure(data, 'prompt_tokens'))):>7}"),
        Content(f"{words.number(int(_figure(data, 'completion_tokens'))):>6}"),
        Content(f"{words.fine_duration(_figure(data, 'seconds')):>7}"),
        Content(f"{speed:>5.0f}" if speed else f"{'?':>5}"),
        _verdict(data),
    ]
    return Content("  ").join(parts)


def _verdict(data: Mapping[str, object]) -> Content:
    if data.get("accepted"):
        return Content.assemble(("✓ used", words.GOOD))
    reason = plain(str(data.get("reason", "")), 300)
    return Content.assemble(("✗ not used", words.WARN), f": {reason}" if reason else "")


def _figure(data: Mapping[str, object], key: str) -> float:
    value = data.get(key)
    return float(value) if isinstance(value, int | float) else 0.0
