"""What a fake deck remembers, and the half of it that plays the worker and the world."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from llmsdeck.answers import CancelAnswer
from llmsdeck.calls import EVENT, CallText, key_of
from llmsdeck.clock import NANOSECONDS, Clock, Instant
from llmsdeck.errors import (
    NoSuchRunError,
)
from llmsdeck.model import (
    NO_MODEL,
    OPTIONAL_MODELS,
    Actor,
    ActorKind,
    Artifact,
    ArtifactName,
    Cancel,
    Progress,
    Question,
    Run,
    RunEvent,
    RunId,
    RunRequest,
    RunWarning,
    WorkerId,
)
from llmsdeck.settings import Policy
from llmsdeck.snapshot import Counts, DeckSnapshot, Lane, PhaseSpan, RunDetail, WorkerInfo
from llmsdeck.states import (
    TERMINAL,
    TRANSITIONS,
    CancelState,
    ErrorKind,
    Outcome,
    Phase,
    RunStatus,
    Vitality,
    retry_delay,
    vitality,
)

WORKER: Final = Actor(ActorKind.WORKER, "w1")
_MINUTE_MS: Final = 60_000


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
    """Runs, workers and events; each step that a test takes is announced."""

    def __init__(self, clock: Clock, policy: Policy, store_dir: str) -> None:
        self.clock = clock
        self.limits = policy
        self.store_dir = store_dir
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
        self._pictured = 0
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

    def add_worker(self, slots: int | None = None) -> WorkerId:
        """Register a living worker."""
        worker = WorkerInfo(
            worker_id=WorkerId(f"w{len(self._workers) + 1}"),
            pid=4_000 + len(self._workers),
            slots=self.limits.slots if slots is None else slots,
            busy=0,
            state="running",
            alive=True,
            heartbeat_age_s=0.4,
            started_at=self.wall(),
            sweep_age_s=1.0,
        )
        self._workers.append(worker)
        self.announce()
        return worker.worker_id

    def bury_worker(self, index: int = 0) -> None:
        """A worker's process dies, which nobody announces."""
        self._workers[index] = replace(self._workers[index], alive=False)

    @property
    def registered(self) -> tuple[WorkerInfo, ...]:
        """The workers as the test has added them."""
        return tuple(self._workers)

    def set_worker(self, index: int, worker: WorkerInfo) -> None:
        """Replace a registered worker, for example by a dead or failing one."""
        self._workers[index] = worker
        self.announce()

    def add(
        self,
        source: str,
        *,
        ref: str | None = None,
        model: str = NO_MODEL,
        by: Actor = Actor(ActorKind.OPERATOR),  # noqa: B008 - frozen
        parent: RunId | None = None,
    ) -> RunId:
        """Accept a run without asking the rules."""
        return self._accept(RunRequest(source=source, ref=ref, model=model), by, parent).run_id

    def accept(self, request: RunRequest, by: Actor, parent: RunId | None = None) -> RunId:
        """Accept a whole request without asking the rules."""
        return self._accept(request, by, parent).run_id

    def claim(self, run_id: RunId) -> None:
        """Begin an attempt."""
        record, now = self._record(run_id), self.clock.now()
        record.beat = record.moved = now
        record.owner_alive = True
        record.spans.clear()
        attempt = record.run.attempt + 1
        self._move(
            record,
            RunStatus.PROCESSING,
            attempt=attempt,
            token=record.run.token + 1,
            worker=WorkerId("w1"),
            pid=5_000 + record.run.seq,
            started_at=self.wall(),
        )
        self._tell(record, "claimed", f"Attempt {attempt} of {record.run.max_attempts} begins.")
        self.enter(run_id, Phase.COLLECT)

    def beat(self, run_id: RunId) -> None:
        """The attempt shows that it is alive."""
        self._record(run_id).beat = self.clock.now()
        self.announce()

    def enter(self, run_id: RunId, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Go to a phase, or on within it."""
        record = self._record(run_id)
        if record.run.phase is not phase or not record.spans:
            self._close_span(record)
            record.phase_since = self.clock.now()
            record.spans.append(
                PhaseSpan(phase=phase, seconds=0, running=True, usual_s=self.usual.get(phase))
            )
            self._tell(record, "phase", f"Entered {phase}.")
        record.beat = record.moved = self.clock.now()
        self._update(record, phase=phase, progress=Progress(done, total))

    def complete(
        self,
        run_id: RunId,
        texts: Mapping[ArtifactName, str],
        *,
        outcome: Outcome = Outcome.GOOD,
        score: int = 93,
        warnings: tuple[RunWarning, ...] = (),
    ) -> None:
        """Publish a bundle."""
        record = self._record(run_id)
        record.texts = dict(texts)
        artifacts = tuple(_artifact(run_id, name, text) for name, text in texts.items())
        self._end(
            record,
            RunStatus.COMPLETED,
            outcome=outcome,
            score=score,
            warnings=warnings,
            artifacts=artifacts,
            bundle_dir=f"{self.store_dir}/bundles/{run_id}/{record.run.token}",
        )
        self._tell(record, "completed", f"Published {len(artifacts)} files, score {score}.")

    def fail(self, run_id: RunId, kind: ErrorKind, message: str) -> None:
        """End a run with a reason."""
        record = self._record(run_id)
        self._end(record, RunStatus.FAILED, error_kind=kind, error_message=message)
        self._tell(record, "failed", message)

    def ask(self, run_id: RunId, expected_tokens: int, token_budget: int) -> None:
        """The attempt is over its budget and gives its run back with a question."""
        record = self._record(run_id)
        record.asked = self.clock.now()
        question = Question(
            expected_tokens=expected_tokens,
            token_budget=token_budget,
            left_s=self.limits.answer_within,
        )
        self._close_span(record)
        self._move(
            record,
            RunStatus.PENDING,
            attempt=record.run.attempt - 1,
            question=question,
            worker=None,
            pid=None,
            phase=None,
        )
        self._tell(record, "asked", question.sentence)

    def request_cancel(self, run_id: RunId, actor: Actor) -> None:
        """Somebody else asks for a cancel."""
        self._cancel(run_id, actor)

    def cancelling(self) -> tuple[RunId, ...]:
        """Runs that a cancel was requested for and that go on."""
        return tuple(run.run_id for run in self.newest_first() if run.cancelling)

    def climb(self, run_id: RunId) -> CancelState:
        """Let a requested cancel take its next step; the last one ends the run."""
        record = self._record(run_id)
        cancel = record.run.cancel
        assert cancel is not None
        ladder = list(CancelState)
        state = ladder[min(ladder.index(cancel.state) + 1, len(ladder) - 1)]
        verdict = "cancelled" if state is CancelState.STOPPED else None
        stepped = replace(cancel, state=state, verdict=verdict)
        if state is CancelState.STOPPED:
            self._end(record, RunStatus.CANCELLED, cancel=stepped)
        else:
            self._update(record, cancel=stepped)
        self._tell(record, f"cancel_{state}", f"Cancel: {state}.")
        return state

    def note(self, run_id: RunId, kind: str, message: str, data: Mapping[str, object]) -> None:
        """The attempt has something to say, such as that a call to a model has ended."""
        record = self._record(run_id)
        record.events.append(replace(self._event(run_id, kind, message, WORKER), data=data))
        self.announce()

    def called(
        self, run_id: RunId, message: str, data: Mapping[str, object], said: CallText
    ) -> None:
        """A call to a model has ended, and what was said in it is kept."""
        key = key_of(said.pack())
        self._record(run_id).calls[key] = said
        self.note(run_id, EVENT, message, {**data, "text": key})

    def forget_texts(self) -> None:
        """The files of all bundles are gone, and what was said in calls."""
        for record in self._records.values():
            record.texts.clear()
            record.calls.clear()

    def throw(self, run_ids: Sequence[RunId], actor: Actor) -> None:
        """Prune runs without asking the rules."""
        for run_id in run_ids:
            self._thrown[run_id] = Thrown(self._records.pop(run_id), self.clock.wall_ms(), actor)
        self._pruned += len(run_ids)
        self._tell_deck("pruned", f"Pruned {len(run_ids)} runs.", actor)

    def lose_owner(self, run_id: RunId) -> None:
        """The worker's process is gone; nobody has noticed yet."""
        self._record(run_id).owner_alive = False
        self.announce()

    def lose_attempt(self, run_id: RunId) -> None:
        """The run goes back to the queue and waits for its next attempt."""
        record = self._record(run_id)
        delay = retry_delay(record.run.attempt)
        record.ready = Instant("fake-boot", self.clock.now().ns + round(delay * NANOSECONDS))
        self._close_span(record)
        self._move(record, RunStatus.PENDING, worker=None, pid=None, phase=None)
        self._tell(record, "attempt_lost", f"The attempt was lost; next one in {delay:.0f} s.")

    def _cancel(self, run_id: RunId, actor: Actor) -> CancelAnswer:
        try:
            record = self._record(run_id)
        except NoSuchRunError as error:
            return CancelAnswer(run_id=run_id, error=error)
        verdict, message = self._stop(record, actor)
        return CancelAnswer(
            run_id=run_id, run=self._seen_run(record), verdict=verdict, message=message
        )

    def _stop(self, record: Record, actor: Actor) -> tuple[str, str]:
        """The verdict and a sentence."""
        run = record.run
        if run.status in TERMINAL:
            ago = (self.clock.wall_ms() - record.ended_ms) / 1000
            if run.status is RunStatus.CANCELLED:
                return "cancelled", f"It was already cancelled {ago:.1f} s before."
            return "too_late", f"Too late, it had finished {ago:.1f} s before."
        if run.cancel is None:
            asked = Cancel(state=CancelState.REQUESTED, by=actor, requested_at=self.wall())
            self._update(record, cancel=asked)
            self._tell(record, "cancel_requested", "A cancel was requested.", actor)
        if run.status is RunStatus.PENDING or not record.owner_alive:
            assert record.run.cancel is not None
            stopped = replace(record.run.cancel, state=CancelState.STOPPED, verdict="cancelled")
            self._end(record, RunStatus.CANCELLED, cancel=stopped)
            return "cancelled", "Nobody was working on it."
        return "requested", "It will stop within seconds."

    def _record(self, run_id: RunId) -> Record:
        try:
            return self._records[run_id]
        except KeyError:
            raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.") from None

    def _accept(self, request: RunRequest, actor: Actor, parent: RunId | None) -> Run:
        seq = len(self._records) + self._pruned + 1
        run = Run(
            seq=seq,
            run_id=_run_id(seq),
            source=request.source,
            ref=request.ref,
            artifacts_wanted=request.artifacts,
            model=request.model,
            priority=request.priority,
            parent_run=parent,
            requested_by=actor,
            output_dir=request.output_dir,
            timeout_s=request.timeout_s,
            fresh=request.force or request.fresh,
            status=RunStatus.PENDING,
            max_attempts=self.limits.max_attempts,
            created_at=self.wall(),
            updated_at=self.wall(),
        )
        record = self._records[run.run_id] = Record(run, self.clock.now())
        said = "Accepted, to be made from the start." if run.fresh else "Accepted."
        self._tell(record, "accepted", said, actor)
        return self._seen_run(record)

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

    def newest_first(self) -> list[Run]:
        """Every run as it is now."""
        return [self._seen_run(record) for record in reversed(self._records.values())]

    def _seen_run(self, record: Record) -> Run:
        now, run = self.clock.now(), record.run
        if run.status is RunStatus.PENDING:
            wait = 0.0 if record.ready is None else (record.ready.ns - now.ns) / NANOSECONDS
            question = self._question(record)
            held = self._obstacle() if run.model not in OPTIONAL_MODELS else None
            held = question.sentence if question else held
            return replace(
                run,
                queue_position=None if held else self._position(run),
                retry_in_s=wait if wait > 0 else None,
                held=held,
                question=question,
            )
        if run.status is not RunStatus.PROCESSING:
            return run
        state = self._vitality(record)
        return replace(
            run,
            heartbeat_age_s=now.seconds_since(record.beat) if record.beat else None,
            moved_age_s=now.seconds_since(record.moved) if record.moved else None,
            stale=state.stale,
            orphan=state.orphan,
            stale_reason=state.reason,
        )

    def _question(self, record: Record) -> Question | None:
        if record.run.question is None or record.asked is None:
            return None
        waited = self.clock.now().seconds_since(record.asked) or 0.0
        left = max(0.0, self.limits.answer_within - waited)
        return replace(record.run.question, left_s=left)

    def _obstacle(self) -> str | None:
        return next((lane.down_reason for lane in self.lanes if lane.down_since), None)

    def _vitality(self, record: Record) -> Vitality:
        return vitality(
            now=self.clock.now(),
            beat=record.beat,
            owner_alive=record.owner_alive,
            stale_after=self.limits.stale_after,
        )

    def _position(self, run: Run) -> int:
        pending = [r.run for r in self._records.values() if r.run.status is RunStatus.PENDING]
        return 1 + sum((-r.priority, r.seq) < (-run.priority, run.seq) for r in pending)

    def _counts(self, runs: Sequence[Run]) -> Counts:
        by_status = Counter(run.status for run in runs)
        return Counts(
            **{status.value: by_status[status] for status in RunStatus},
            degraded=sum(run.outcome is Outcome.DEGRADED for run in runs),
            stale=sum(run.stale or run.orphan for run in runs),
            submitted=len(runs) + self._pruned,
            pruned=self._pruned,
        )

    def _detail(self, run_id: RunId) -> RunDetail:
        record = self._record(run_id)
        since, spans = record.phase_since, list(record.spans)
        if since is not None and spans and spans[-1].running:
            so_far = self.clock.now().seconds_since(since) or 0.0
            spans[-1] = replace(spans[-1], seconds=so_far)
        return RunDetail(
            run=self._seen_run(record),
            phases=tuple(spans),
            usual_s=self.usual,
            events=tuple(record.events[-200:]),
        )

    def _seen_workers(self) -> tuple[WorkerInfo, ...]:
        busy = sum(r.run.status is RunStatus.PROCESSING for r in self._records.values())
        return tuple(
            replace(worker, busy=busy if index == 0 else worker.busy)
            for index, worker in enumerate(self._workers)
        )

    def _finished_per_minute(self) -> tuple[int, ...]:
        this_minute = self.clock.wall_ms() // _MINUTE_MS
        minutes = Counter(r.ended_ms // _MINUTE_MS for r in self._records.values() if r.ended_ms)
        return tuple(minutes[this_minute - back] for back in range(8, 0, -1))


def _run_id(seq: int) -> RunId:
    return RunId(hashlib.sha256(str(seq).encode()).hexdigest()[:26])


def _artifact(run_id: RunId, name: ArtifactName, text: str) -> Artifact:
    data = text.encode("utf-8", "surrogatepass")
    return Artifact(
        name=name,
        path=f"/srv/llmsdeck/bundles/{run_id}/1/{name}",
        size_bytes=len(data),
        hash_sha256=hashlib.sha256(data).hexdigest(),
    )
