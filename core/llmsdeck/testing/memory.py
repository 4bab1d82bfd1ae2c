"""What a fake deck remembers: runs, workers, events, and what changes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from llmsdeck.calls import CallText
from llmsdeck.clock import Clock, Instant
from llmsdeck.errors import DeckError, NoSuchRunError, ReadOnlyError
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunEvent, RunId
from llmsdeck.settings import Policy
from llmsdeck.snapshot import DeckSnapshot, Lane, PhaseSpan, WorkerInfo
from llmsdeck.states import TERMINAL, TRANSITIONS, Phase, RunStatus
from llmsdeck.verdict import LinkAnswer

WORKER: Final = Actor(ActorKind.WORKER, "w1")


@dataclass(slots=True)
class Record:
    """What the fake deck keeps of a run: the row, and the moments from which ages are computed."""

    run: Run
    accepted: Instant
    beat: Instant | None = None
    moved: Instant | None = None
    ready: Instant | None = None
    phase_since: Instant | None = None
    asked: Instant | None = None
    ended_ms: int = 0
    restored_ms: int = 0
    owner_alive: bool = True
    spans: list[PhaseSpan] = field(default_factory=list[PhaseSpan])
    events: list[RunEvent] = field(default_factory=list[RunEvent])
    texts: dict[ArtifactName, str] = field(default_factory=dict[ArtifactName, str])
    calls: dict[str, CallText] = field(default_factory=dict[str, CallText])


@dataclass(frozen=True, slots=True)
class Thrown:
    """A pruned run."""

    record: Record
    at_ms: int
    by: Actor


class Memory:
    """Runs, workers and events; each change is announced."""

    def __init__(
        self, clock: Clock, policy: Policy, store_dir: str, *, read_only: bool = False
    ) -> None:
        self.clock = clock
        self.limits = policy
        self.store_dir = store_dir
        self.read_only = read_only
        self.outage: DeckError | None = None
        """Raised by every look at the deck while set."""
        self.free_bytes: int | None = None
        """Room on the disk."""
        self.writable = True
        """The store's file may be written to."""
        self.link_answers: dict[str, LinkAnswer] = {}
        """What a look at single links finds; every other link is alive."""
        self.usual: Mapping[Phase, tuple[float, float]] = {}
        """Usual seconds of each phase, shown beside the running one."""
        self.lanes: tuple[Lane, ...] = ()
        """Model servers, the one used last first; runs that need a model are held by one down."""
        self._records: dict[RunId, Record] = {}
        self._workers: list[WorkerInfo] = []
        self._thrown: dict[RunId, Thrown] = {}
        self._deck_events: list[RunEvent] = []
        self._pruned = 0
        self._full_since: Instant | None = None
        self._event_seq = 0
        self._revision = 1
        self._pictured = self._seen = 0
        self.last_picture: DeckSnapshot | None = None
        """The last snapshot that was taken."""
        self.last_focus: RunId | None = None
        """The run whose details were asked for with it."""
        self._bell = asyncio.Event()

    def wall(self) -> datetime:
        """The deck's wall clock as a moment."""
        return datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC)

    @property
    def is_pictured(self) -> bool:
        """The last snapshot that was taken shows everything that has happened."""
        return self._pictured == self._revision

    def announce(self) -> None:
        """Let whoever waits for a change know."""
        self._revision += 1
        self._bell.set()
        if self._queued() < self.limits.queue_cap:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = self.clock.now()

    def _queued(self) -> int:
        return sum(r.run.status is RunStatus.PENDING for r in self._records.values())

    def _look(self) -> None:
        if self.outage is not None:
            raise self.outage

    def _may_write(self) -> None:
        self._look()
        if self.read_only:
            raise ReadOnlyError("This deck was opened to look, not to act; nothing was changed.")

    def _record(self, run_id: RunId) -> Record:
        try:
            return self._records[run_id]
        except KeyError:
            raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.") from None

    def _move(self, record: Record, status: RunStatus, **changes: object) -> None:
        if status not in TRANSITIONS[record.run.status]:
            raise AssertionError(f"{record.run.status} never becomes {status}")
        self._update(record, status=status, **changes)

    def _update(self, record: Record, **changes: object) -> None:
        changes["updated_at"] = self.wall()
        record.run = replace(record.run, **changes)  # type: ignore[arg-type] # names of Run's fields
        self.announce()

    def _end(self, record: Record, status: RunStatus, **changes: object) -> None:
        self._close_span(record)
        record.ended_ms = self.clock.wall_ms()
        ended = {"finished_at": self.wall(), "worker": None, "pid": None, "question": None}
        self._move(record, status, **ended, **changes)
        self._make_room(record)

    def _make_room(self, newest: Record) -> None:
        ended = [r for r in self._records.values() if r.run.status in TERMINAL]
        if len(ended) > self.limits.max_runs:
            oldest = min((r for r in ended if r is not newest), key=lambda r: r.ended_ms)
            del self._records[oldest.run.run_id]
            self._pruned += 1
            message = f"Run {oldest.run.run_id} went: it was beyond max_runs."
            self._tell_deck("pruned", message, Actor(ActorKind.JANITOR))

    def _close_span(self, record: Record) -> None:
        if record.spans and record.spans[-1].running:
            seconds = self.clock.now().seconds_since(record.phase_since or self.clock.now())
            record.spans[-1] = replace(record.spans[-1], seconds=seconds or 0.0, running=False)

    def _tell(self, record: Record, kind: str, message: str, actor: Actor = WORKER) -> None:
        record.events.append(self._event(record.run.run_id, kind, message, actor))
        self.announce()

    def _tell_deck(self, kind: str, message: str, actor: Actor) -> None:
        self._deck_events.append(self._event(None, kind, message, actor))
        self.announce()

    def _event(self, run_id: RunId | None, kind: str, message: str, actor: Actor) -> RunEvent:
        self._event_seq += 1
        return RunEvent(
            seq=self._event_seq,
            run_id=run_id,
            at=self.wall(),
            actor=actor,
            kind=kind,
            message=message,
        )
