"""The calls to a model that a run made: what for, how fast, and what became of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from textual.content import Content

from llmsdeck.model import NO_MODEL, RunEvent
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Line, joined
from llmsdeck_tui.safe import plain

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


def table(calls: Sequence[RunEvent], model: str, width: int) -> list[Line]:
    """A heading and one line per call, or why there is none."""
    if not calls and model == NO_MODEL:
        return [joined(("This run asks no model: its text is the project's own words.", ""))]
    if not calls:
        return [joined(("No call to ", ""), (plain(model, 60), words.STRONG), (" so far.", ""))]
    return [_heading(width), *(_row(call, width) for call in calls)]


def _heading(width: int) -> Line:
    model = f"{'MODEL':<{_MODEL}}  " if width >= _WIDE else ""
    text = f"{'TIME':<8}  {'PURPOSE':<{_PURPOSE}}  {model}"
    figures = f"{'IN':>7}  {'OUT':>6}  {'TOOK':>7}  {'TOK/S':>5}  VERDICT"
    return joined((text + figures, words.HEADING))


def _row(call: RunEvent, width: int) -> Line:
    data = call.data
    speed = _figure(data, "tokens_per_s")
    start = f"  {plain(str(data.get('purpose', '')), _PURPOSE):<{_PURPOSE}}  "
    if width >= _WIDE:
        start += f"{plain(str(data.get('model', '')), _MODEL):<{_MODEL}}  "
    figures = (
        f"{words.number(int(_figure(data, 'prompt_tokens'))):>7}"
        f"  {words.number(int(_figure(data, 'completion_tokens'))):>6}"
        f"  {words.fine_duration(_figure(data, 'seconds')):>7}"
        f"  {f'{speed:.0f}' if speed else '?':>5}  "
    )
    before = len(words.clock(call.at) + start + figures)
    return joined(
        (words.clock(call.at), words.QUIET), (start + figures, ""), *_verdict(data), indent=before
    )


def _verdict(data: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    if data.get("accepted"):
        return (("✓ used", words.GOOD),)
    reason = plain(str(data.get("reason", "")), 300)
    return (("✗ not used", words.WARN), (f": {reason}" if reason else "", ""))


def _figure(data: Mapping[str, object], key: str) -> float:
    value = data.get(key)
    return float(value) if isinstance(value, int | float) else 0.0
