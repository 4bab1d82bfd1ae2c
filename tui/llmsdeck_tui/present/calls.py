"""The calls to a model that a run made: what for, how fast, what became of them, what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from textual.content import Content

from llmsdeck.calls import CallText, ModelCall
from llmsdeck.model import NO_MODEL, Run, RunEvent
from llmsdeck.states import TERMINAL
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Line, joined, line, split
from llmsdeck_tui.safe import plain, safe

_PURPOSE: Final = 18
_NARROW_PURPOSE: Final = 12
_MODEL: Final = 20
_WIDE: Final = 100
"""Cells from which each call has its time and its model."""


def heading(calls: Sequence[ModelCall], width: int, key: str) -> Content:
    """All calls together, the key that opens one, and the names of the columns."""
    used = sum(call.accepted for call in calls)
    read = sum(call.prompt_tokens for call in calls)
    written = sum(call.completion_tokens for call in calls)
    seconds = sum(call.seconds for call in calls)
    said = (
        f"{words.counted(len(calls), 'call')}, {words.number(used)} used"
        f" · {words.number(read)} tokens in, {words.number(written)} out"
        f" · {words.fine_duration(seconds)}  "
    )
    columns = f"{'PURPOSE':<{_NARROW_PURPOSE}}  "
    if width >= _WIDE:
        columns = f"{'TIME':<8}  {'PURPOSE':<{_PURPOSE}}  {'MODEL':<{_MODEL}}  "
    figures = f"{'IN':>7}  {'OUT':>6}  {'TOOK':>7}  {'TOK/S':>5}  VERDICT"
    reads = words.does(key, "reads one")
    return Content.assemble(said, reads, "\n", (columns + figures, words.HEADING))


def none(run: Run, events: Iterable[RunEvent]) -> list[Content]:
    """Why there is no call, and what was used in place of calls."""
    if run.model == NO_MODEL:
        return [Content("This run asks no model: its text is the project's own words.")]
    when = "." if run.status in TERMINAL else " so far."
    said = Content.assemble("No call to ", (plain(run.model, 60), words.STRONG), when)
    return [said, *(safe(each.message) for each in events if each.kind == "recalled")]


def row(call: ModelCall, width: int) -> Line:
    """One call."""
    at, start = "", f"{plain(call.purpose, _NARROW_PURPOSE):<{_NARROW_PURPOSE}}  "
    if width >= _WIDE:
        at, start = f"{words.clock(call.at)}  ", f"{plain(call.purpose, _PURPOSE):<{_PURPOSE}}  "
        start += f"{plain(call.model, _MODEL):<{_MODEL}}  "
    speed = f"{call.tokens_per_s:.0f}" if call.tokens_per_s else "?"
    figures = (
        f"{words.number(call.prompt_tokens):>7}"
        f"  {words.number(call.completion_tokens):>6}"
        f"  {words.fine_duration(call.seconds):>7}"
        f"  {speed:>5}  "
    )
    return joined((at, words.QUIET), (start + figures, ""), *_verdict(call, short=True))


def title(call: ModelCall) -> Content:
    """Which call was opened."""
    return Content.assemble(
        (f"call {call.number}", words.STRONG),
        f"  {plain(call.purpose, _PURPOSE)}  ",
        (f"{words.clock(call.at)} UTC, {words.fine_duration(call.seconds)}", words.QUIET),
    )


def text(call: ModelCall, said: CallText) -> Iterator[Line]:
    """What became of a call, and every word of it."""
    yield joined(*_verdict(call))
    for name, part in said.parts:
        yield joined(("", ""))
        yield joined((f"{name}, {words.number(len(part))} characters", words.HEADING))
        yield from map(line, split(part))


def _verdict(call: ModelCall, *, short: bool = False) -> tuple[tuple[str, str], ...]:
    """Whether the answer was used, and why not; in short, one of the two."""
    reason = plain(call.reason, 300)
    sign, said, style = "✗", "not used", words.WARN
    if call.accepted:
        sign, said, style = "✓", "used in part" if reason else "used", words.GOOD
    if reason and short:
        return ((f"{sign} {'in part: ' if call.accepted else ''}", style), (reason, ""))
    return ((f"{sign} {said}", style), (f": {reason}" if reason else "", ""))
