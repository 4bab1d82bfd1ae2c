"""The states of a run, the one transition table, and the one predicate that calls a run stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from llmsdeck.clock import Instant


class RunStatus(StrEnum):
    """Where a run is in its life."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What a completed run is worth; degraded is not green."""

    GOOD = "good"
    DEGRADED = "degraded"
    UNCHANGED = "unchanged"


class ErrorKind(StrEnum):
    """Why a run failed, as a class that decides whether another attempt can help."""

    SOURCE = "source"
    MODEL = "model"
    TIMEOUT = "timeout"
    HUNG = "hung"
    WORKER_LOST = "worker_lost"
    REJECTED = "rejected"
    INTERNAL = "internal"


class Phase(StrEnum):
    """The named stages of an attempt, in order."""

    COLLECT = "collect"
    ANALYSE = "analyse"
    WRITE = "write"
    EXPAND = "expand"
    CHECK = "check"


class CancelState(StrEnum):
    """The ladder a cancel climbs while the run is still processing, and its end."""

    REQUESTED = "requested"
    SEEN = "seen"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Decision(StrEnum):
    """What may be answered to a run that asks whether to go on."""

    GO = "go"
    """With the model, whatever it costs."""
    WITHOUT_MODEL = "without-model"
    CANCEL = "cancel"


UNANSWERED: Final = Decision.WITHOUT_MODEL
"""What happens when nobody answers in time: it costs nothing, and the bundle says so."""

TRANSITIONS: Final[Mapping[RunStatus, frozenset[RunStatus]]] = {
    RunStatus.PENDING: frozenset({RunStatus.PROCESSING, RunStatus.CANCELLED}),
    RunStatus.PROCESSING: frozenset(
        {RunStatus.PENDING, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}
    ),
    RunStatus.COMPLETED: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}
"""Every change of status that may ever happen; the schema enforces the same table."""

TERMINAL: Final = frozenset(status for status, after in TRANSITIONS.items() if not after)
LIVE: Final = frozenset(TRANSITIONS) - TERMINAL
RETRYABLE: Final = frozenset({ErrorKind.WORKER_LOST, ErrorKind.HUNG})
"""Kinds of failure that say nothing about the source, so that another attempt may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitality:
    """Whether a processing run is still worked on, with the evidence."""

    stale: bool = False
    orphan: bool = False
    reason: str | None = None

    @property
    def lost(self) -> bool:
        """Nobody works on the run any more, as far as can be seen."""
        return self.stale or self.orphan


ALIVE: Final = Vitality()


def vitality(
    *, now: Instant, beat: Instant | None, owner_alive: bool, stale_after: float
) -> Vitality:
    """Decide whether a processing run is stale or an orphan.

    Janitor, dashboard, command line and MCP all ask here, so they never disagree. A beat of another
    boot, or an owner that is gone, makes an orphan at once; silence longer than `stale_after`
    seconds makes the run stale.
    """
    if not owner_alive:
        return Vitality(orphan=True, reason="its worker is gone")
    age = now.seconds_since(beat) if beat else None
    if age is None:
        return Vitality(orphan=True, reason="its last beat is from before this machine restarted")
    if age > stale_after:
        return Vitality(stale=True, reason=f"no beat for {age:.0f} s (limit {stale_after:g} s)")
    return ALIVE


def retry_delay(attempt: int) -> float:
    """Seconds to wait after a lost attempt: 1, 4, 16 … at most five minutes."""
    return float(min(4 ** (attempt - 1), 300))
