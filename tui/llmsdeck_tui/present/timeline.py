"""One run in full: its phases against what is usual, attempts, lineage, warnings and facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.forecast import Forecast
from llmsdeck.model import Run, RunEvent
from llmsdeck.snapshot import PhaseSpan, RunDetail
from llmsdeck.states import Phase, RunStatus
from llmsdeck.why import in_words
from llmsdeck_tui.present import detail as present
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain, safe, safe_lines

_BESIDE_BAR: Final = 60
"""Cells of a phase's line besides its bar."""
_LEAST_BAR, _LONGEST_BAR = 10, 48
_LEAST_SCALE: Final = 1.0
"""Seconds that the longest bar stands for at least."""
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_USUAL: Final = "┄"
_LABEL: Final = 11
_ENDINGS: Final = frozenset({"attempt_lost", "completed", "failed", "cancelled", "held"})
"""Kinds of events that end an attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a run comes from and what was started from it."""

    parent: Run | None = None
    retries: tuple[Run, ...] = ()
    """Newest first, a few."""


def state(detail: RunDetail, expected: Forecast | None, now: datetime) -> Content:
    """Status, time spent, and when it should begin and end."""
    parts = [present.state(detail.run, now)]
    if expected is not None and expected.begins is not None:
        parts.append(Content(f"starts {in_words(expected.begins)}"))
    if expected is not None and expected.ends is not None:
        parts.append(Content(f"ends {in_words(expected.ends)}"))
    elif expected is not None and expected.unknown:
        parts.append(Content.assemble((f"end unknown: {plain(expected.unknown)}", words.QUIET)))
    return Content(" · ").join(parts)


def lines(
    detail: RunDetail, events: Sequence[RunEvent], lineage: Lineage, now: datetime, width: int
) -> list[Content]:
    """The whole page."""
    run = detail.run
    blocks = [
        ("PHASES", _phases(detail, width)),
        ("ATTEMPTS", _attempts(run, events, now)),
        ("LINEAGE", _lineage(run, lineage, now)),
        ("WARNINGS", _warnings(run)),
        ("FACTS", _facts(run)),
    ]
    shown: list[Content] = []
    for heading, block in blocks:
        if block:
            beside = _scale(detail, width) if heading == "PHASES" else ""
            shown += [Content.assemble((heading, words.HEADING), beside), *block, Content("")]
    return shown[:-1]


def _phases(detail: RunDetail, width: int) -> list[Content]:
    run, begun, usual = detail.run, {span.phase: span for span in detail.phases}, _usual(detail)
    cells = _bar_cells(width)
    scale = cells / _longest(detail)
    shown: list[Content] = []
    for phase in Phase:
        span = begun.get(phase)
        if span is not None:
            shown.append(_phase(span, run, usual.get(phase), scale, cells))
        elif run.status in (RunStatus.PENDING, RunStatus.PROCESSING):
            shown.append(_to_come(phase, usual.get(phase), scale, cells))
    return shown


def _scale(detail: RunDetail, width: int) -> Content:
    """How long the longest bar is in time, where there are bars."""
    if not detail.phases or not _bar_cells(width):
        return Content("")
    return Content.assemble(
        (f"  a full bar is {words.fine_duration(_longest(detail))}", words.QUIET)
    )


def _bar_cells(width: int) -> int:
    """Cells of the longest bar; 0 when there is no room for any."""
    room = min(_LONGEST_BAR, width - _BESIDE_BAR)
    return room if room >= _LEAST_BAR else 0


def _longest(detail: RunDetail) -> float:
    """Seconds of the longest bar; a run of moments has no long one."""
    took = [span.seconds for span in detail.phases]
    return max([_LEAST_SCALE, *took, *(high for _, high in _usual(detail).values())])


def _usual(detail: RunDetail) -> Mapping[Phase, tuple[float, float]]:
    told = {span.phase: span.usual_s for span in detail.phases if span.usual_s is not None}
    return {**detail.usual_s, **told}


def _phase(
    span: PhaseSpan, run: Run, usual: tuple[float, float] | None, scale: float, cells: int
) -> Content:
    mark, style = present.phase_mark(span, run)
    live = span.running and run.status is RunStatus.PROCESSING
    progress = run.progress if live and run.progress.total else None
    figures = f"{words.short(progress.done)}/{words.short(progress.total)}" if progress else ""
    slow = usual is not None and span.seconds > usual[1]
    compared = ("slow, ", words.WARN) if slow else ""
    note = Content.assemble(compared, (_usually(usual), words.QUIET))
    return Content.assemble(
        "  ",
        (mark, style),
        f" {span.phase:<8} {present.spent(span):>7}  {figures:<9}",
        bar(span.seconds, usual, scale, cells, style),
        "  " if cells else "",
        note,
    )


def _to_come(phase: Phase, usual: tuple[float, float] | None, scale: float, cells: int) -> Content:
    return Content.assemble(
        (f"  · {phase:<8} {'':>7}  {'':<9}", words.QUIET),
        bar(0, usual, scale, cells, ""),
        "  " if cells else "",
        (_usually(usual), words.QUIET),
    )


def _usually(usual: tuple[float, float] | None) -> str:
    if usual is None:
        return ""
    low, high = map(words.precise_duration, usual)
    return f"usually {low}" if low == high else f"usually {low} to {high}"


def bar(
    seconds: float, usual: tuple[float, float] | None, scale: float, cells: int, style: str
) -> Content:
    """What it took as a bar of `cells`, at `scale` cells per second.

    The usual range that it has not reached is dotted; what is beyond that range stands out.
    """
    eighths = round(seconds * scale * 8)
    full, rest = divmod(max(eighths, 1) if seconds and cells else eighths, 8)
    drawn = ("█" * full + (_EIGHTHS[rest] if rest else ""))[:cells]
    low, high = (round(edge * scale) for edge in usual) if usual else (0, 0)
    high = max(high, low + 1) if usual else 0
    beyond = high if usual and seconds > usual[1] else len(drawn)
    dots = "".join(_USUAL if low <= at < high else " " for at in range(len(drawn), cells))
    return Content.assemble(
        (drawn[:beyond], style), (drawn[beyond:], words.WARN), (dots, words.QUIET)
    )


def _attempts(run: Run, events: Sequence[RunEvent], now: datetime) -> list[Content]:
    """When each attempt began, on which worker, and how it ended."""
    begun: list[tuple[RunEvent, RunEvent | None]] = []
    for event in events:
        if event.kind == "claimed":
            begun.append((event, None))
        elif event.kind in _ENDINGS and begun and begun[-1][1] is None:
            begun[-1] = (begun[-1][0], event)
    first = run.attempt - len(begun) + 1
    return [
        _attempt(number, run, start, end, now)
        for number, (start, end) in enumerate(begun, start=max(1, first))
    ]


def _attempt(
    number: int, run: Run, start: RunEvent, end: RunEvent | None, now: datetime
) -> Content:
    written = words.precise_duration if end else words.fine_duration
    took = written(((end.at if end else now) - start.at).total_seconds())
    what, style = (end.kind.replace("_", " "), "") if end else ("working", words.LIVE)
    if end is not None and end.kind == "attempt_lost":
        style = words.WARN
    said = safe(end.message, 300) if end else safe(_proof(run))
    return Content.assemble(
        f"  {number} of {run.max_attempts}  ",
        (f"{words.clock(start.at)}  {plain(start.actor.name, 20)}  ", words.QUIET),
        f"{took:>7}  ",
        (f"{what}: ", style),
        said,
    )


def _proof(run: Run) -> str:
    beat = run.heartbeat_age_s
    proof = "" if beat is None else f", last beat {words.fine_duration(beat)} ago"
    return f"process {run.pid}{proof}"


def _lineage(run: Run, lineage: Lineage, now: datetime) -> list[Content]:
    shown: list[Content] = []
    if run.parent_run:
        gone = Content.assemble((plain(run.parent_run[:6]), words.STRONG), "  pruned")
        parent = gone if lineage.parent is None else _relative(lineage.parent, now)
        shown.append(Content.assemble((f"  {'retry of':<{_LABEL}}", words.QUIET), parent))
    for retry in lineage.retries:
        label = f"  {'retried as':<{_LABEL}}"
        shown.append(Content.assemble((label, words.QUIET), _relative(retry, now)))
    return shown


def _relative(run: Run, now: datetime) -> Content:
    ended = run.finished_at
    when = words.ago((now - ended).total_seconds()) if ended else ""
    return Content.assemble(
        (plain(run.short_id), words.STRONG),
        "  ",
        runs.status(run),
        "  ",
        runs.outcome(run),
        (f"  {when}", words.QUIET),
    )


def _warnings(run: Run) -> list[Content]:
    return [
        Content.assemble(
            ("  ~ ", words.WARN),
            (f"{plain(warning.kind, 30)}  ", words.QUIET),
            safe(warning.message),
            (f"  {words.counted(warning.count, 'time')}" if warning.count > 1 else "", words.QUIET),
        )
        for warning in run.warnings
    ]


def _facts(run: Run) -> list[Content]:
    facts = [(label, text) for label, text in _known(run) if text]
    return [line for label, text in facts for line in _fact(label, text)]


def _fact(label: str, text: str) -> list[Content]:
    """A label with its text, which may have several lines."""
    return [
        Content.assemble((f"  {'' if number else label:<{_LABEL}}", words.QUIET), line)
        for number, line in enumerate(safe_lines(text))
    ]


def _known(run: Run) -> Iterator[tuple[str, str | None]]:
    if run.error_message:
        yield "error", f"{run.error_kind or 'internal'}: {run.error_message}"
    if run.cancel is not None:
        how = run.cancel.verdict or run.cancel.state
        at = words.clock(run.cancel.requested_at)
        yield "cancel", f"{how}, requested by {run.cancel.by} at {at}"
    yield "run", run.run_id
    yield "source", run.source
    yield "ref", run.ref
    yield "commit", run.commit
    yield "asked by", f"{run.requested_by} at {words.day_and_clock(run.created_at)}"
    yield "asked for", f"{', '.join(run.artifacts_wanted)}; model {run.model}"
    yield "priority", str(run.priority) if run.priority else None
    yield "bundle", run.bundle_dir
    yield "copies to", run.output_dir
