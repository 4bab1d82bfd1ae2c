"""How far a run is, and when it may begin and end by what phases took before; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llmsdeck.model import Run
from llmsdeck.snapshot import DeckSnapshot, PhaseSpan, RunDetail
from llmsdeck.states import Phase, RunStatus

_PHASES: Final = tuple(Phase)
_WIDE: Final = 20
"""Times that the later end of a range is beyond the earlier before it is called wide."""
_SOON: Final = 10.0
"""Seconds below which an earlier end does not make a range any wider."""


@dataclass(frozen=True, slots=True)
class Span:
    """From so many seconds to so many; the later end is open when nothing bounds it."""

    least: float
    most: float | None

    @property
    def is_wide(self) -> bool:
        """So long that it tells little: runs here differ much."""
        return self.most is not None and self.most > _WIDE * max(self.least, _SOON)

    def __add__(self, other: Span) -> Span:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Span(self.least + other.least, most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Seconds from now until a run begins and ends; None where that is unknown."""

    begins: Span | None = None
    """None too for a run that has begun."""
    ends: Span | None = None
    unknown: str | None = None
    """Why the end is unknown, as a clause; None when it is not."""


_AT_ONCE = Span(0, 1)


def forecast(snapshot: DeckSnapshot) -> Forecast | None:
    """What to expect of the focused run of a snapshot; None when it has ended or is gone.

    A range runs from the lower to the upper quartile of each phase's history, so about half of
    all runs end inside it; it is told for runs of every size alike.
    """
    detail = snapshot.detail
    if detail is None:
        return None
    match detail.run.status:
        case RunStatus.PENDING:
            return _pending(detail, snapshot)
        case RunStatus.PROCESSING:
            return _processing(detail)
        case _:
            return None


def _pending(detail: RunDetail, snapshot: DeckSnapshot) -> Forecast:
    run, whole = detail.run, _usual(detail, tuple(Phase))
    if run.question:
        return Forecast(unknown="it waits for an answer")
    if run.held:
        return Forecast(unknown="it is held until its model server is back")
    serving = [worker for worker in snapshot.workers if worker.alive and worker.state == "running"]
    slots, busy = sum(w.slots for w in serving), sum(w.busy for w in serving)
    if not slots:
        return Forecast(unknown="no worker is alive that would take it")
    if run.queue_position is None:
        return Forecast(unknown="its place is too far back in the queue")
    begins = _turn(run, run.queue_position, slots, busy, whole)
    if whole is None or begins is None:
        return Forecast(begins=begins, unknown=_NO_HISTORY)
    return Forecast(begins=begins, ends=begins + whole)


_NO_HISTORY = "too few runs have ended here to tell from"


def _turn(run: Run, place: int, slots: int, busy: int, whole: Span | None) -> Span | None:
    """When a slot is free for the run at this place of the queue.

    Where the running ones are is not looked at: the first may end at once, and none takes longer
    than usual.
    """
    wait = run.retry_in_s or 0
    to_end = place - max(0, slots - busy)
    if to_end <= 0:
        return Span(wait, wait + 1) if wait else _AT_ONCE
    if whole is None:
        return None
    least = (to_end - 1) // slots * whole.least
    most = None if whole.most is None else -(-to_end // slots) * whole.most
    return Span(max(wait, least), None if most is None else max(wait + 1, most))


def _processing(detail: RunDetail) -> Forecast:
    run = detail.run
    if run.cancel is not None:
        return Forecast(unknown="it is being cancelled")
    if run.stale_reason:
        return Forecast(unknown="nobody may be working on it")
    running = next((span for span in detail.phases if span.running), None)
    begun = {span.phase for span in detail.phases}
    to_come = _usual(detail, tuple(phase for phase in Phase if phase not in begun))
    left = None if running is None else _left(running)
    if to_come is None or left is None:
        return Forecast(unknown=_NO_HISTORY)
    return Forecast(ends=left + to_come)


def _left(span: PhaseSpan) -> Span | None:
    """What is left of the running phase; endless once it takes longer than usual."""
    if span.usual_s is None:
        return None
    low, high = span.usual_s
    return Span(max(0.0, low - span.seconds), high - span.seconds if span.seconds < high else None)


def _usual(detail: RunDetail, phases: tuple[Phase, ...]) -> Span | None:
    total = Span(0, 0)
    for phase in phases:
        if phase not in detail.usual_s:
            return None
        total += Span(*detail.usual_s[phase])
    return total


def progress_of(run: Run) -> tuple[float, float]:
    """Phases done and how many there are; the share of the current one counts."""
    if run.finished_at is not None:
        return float(len(_PHASES)), float(len(_PHASES))
    if run.phase is None:
        return 0.0, float(len(_PHASES))
    share = run.progress.done / run.progress.total if run.progress.total else 0.0
    return _PHASES.index(run.phase) + min(1.0, share), float(len(_PHASES))
