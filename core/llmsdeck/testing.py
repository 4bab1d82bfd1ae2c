"""Doubles for everybody's tests: a clock that a test moves and a deck that lives in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from llmsdeck.clock import NANOSECONDS, Clock, Instant
from llmsdeck.errors import (
    DeckError,
    NoSuchRunError,
    QueueFullError,
    ReadOnlyError,
    RealityMovedError,
    RefusedError,
)
from llmsdeck.model import (
    Actor,
    ActorKind,
    Artifact,
    ArtifactName,
    ArtifactText,
    Cancel,
    CancelAnswer,
    Counts,
    DeckSnapshot,
    Page,
    PhaseSpan,
    Preflight,
    Progress,
    PruneItem,
    PrunePlan,
    PruneResult,
    PruneRule,
    Run,
    RunDetail,
    RunEvent,
    RunId,
    RunRequest,
    RunWarning,
    Started,
    Window,
    WorkerId,
    WorkerInfo,
)
from llmsdeck.settings import Policy
from llmsdeck.states import (
    LIVE,
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

WALL_START_MS: Final = int(datetime(2026, 3, 1, 14, 2, 31, tzinfo=UTC).timestamp() * 1000)
"""What a new FakeClock shows."""

WORKER: Final = Actor(ActorKind.WORKER, "w1")
_MINUTE_MS: Final = 60_000


class FakeClock:
    """A clock that stands still until a test advances it; works without an event loop."""

    def __init__(self) -> None:
        self._ns = 1_000 * NANOSECONDS
        self._wall_ms = WALL_START_MS
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now(self) -> Instant:
        """The fake monotonic clock."""
        return Instant("fake-boot", self._ns)

    def wall_ms(self) -> int:
        """The fake wall clock."""
        return self._wall_ms

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait until the clock has been advanced that far."""
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._ns + round(seconds * NANOSECONDS), sleeper))
        return sleeper

    def advance(self, seconds: float) -> None:
        """Let that many seconds pass on both clocks and wake whoever has slept long enough."""
        self._ns += round(seconds * NANOSECONDS)
        self._wall_ms += round(seconds * 1000)
        due = [sleeper for at, sleeper in self._sleepers if at <= self._ns]
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self._ns]
        for sleeper in due:
            if not sleeper.done():
                sleeper.set_result(None)


@dataclass(slots=True)
class _Record:
    """What the fake deck keeps of a run: the row, and the moments from which ages are computed."""

    run: Run
    accepted: Instant
    beat: Instant | None = None
    moved: Instant | None = None
    ready: Instant | None = None
    phase_since: Instant | None = None
    ended_ms: int = 0
    owner_alive: bool = True
    spans: list[PhaseSpan] = field(default_factory=list[PhaseSpan])
    events: list[RunEvent] = field(default_factory=list[RunEvent])
    texts: dict[ArtifactName, str] = field(default_factory=dict[ArtifactName, str])


class FakeDeck:
    """A deck in memory that keeps the promises of the real one and does only what a test says.

    Front ends see the DeckApi half. The other half plays the worker: `claim`, `beat`, `enter`,
    `complete`, `fail`, `climb`, `lose_owner`, `lose_attempt`, and each of them announces a change.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        policy: Policy | None = None,
        store_dir: str = "/srv/llmsdeck",
        read_only: bool = False,
    ) -> None:
        self.clock: Clock = clock or FakeClock()
        self.policy = policy or Policy(slots=4)
        self.store_dir = store_dir
        self.read_only = read_only
        self.outage: DeckError | None = None
        """Raised by every look at the deck while set."""
        self.worker_error: DeckError | None = None
        """Raised by `ensure_worker` while set."""
        self.preflights: dict[str, Preflight] = {}
        """Answers for single sources; every other source is fine."""
        self.usual: Mapping[Phase, tuple[float, float]] = {}
        """Usual seconds of each phase, shown beside the running one."""
        self._records: dict[RunId, _Record] = {}
        self._workers: list[WorkerInfo] = []
        self._pruned = 0
        self._event_seq = 0
        self._revision = 1
        self._seen = 0
        self._bell = asyncio.Event()
        self._own_worker: WorkerId | None = None

    # The half that front ends see.

    async def snapshot(self, window: Window, focus: RunId | None = None) -> DeckSnapshot:
        """One picture of the memory; ages come from the clock."""
        self._look()
        runs = self._newest_first()
        shown = runs[window.first : window.first + window.size]
        known = focus is not None and focus in self._records
        return DeckSnapshot(
            taken_at=self.wall(),
            store_dir=self.store_dir,
            read_only=self.read_only,
            counts=self._counts(runs),
            total=len(runs),
            window=window,
            runs=tuple(shown),
            detail=self._detail(focus) if focus is not None and known else None,
            workers=self._seen_workers(),
            policy=self.policy,
            finished_per_minute=self._finished_per_minute(),
        )

    async def changed(self, within: float) -> bool:
        """Wait for an announcement, at most `within` seconds of the deck's clock."""
        self._look()
        if self._seen == self._revision:
            await self._wait_for_bell(within)
        self._bell.clear()
        news, self._seen = self._seen != self._revision, self._revision
        return news

    async def preflight(self, request: RunRequest) -> Preflight:
        """The prepared answer for this source, else that all is well."""
        fine = Preflight(ok=True, message="A git worktree, 214 tracked files at 1a2b3c4.")
        return self.preflights.get(request.source, fine)

    async def start(self, requests: Sequence[RunRequest], actor: Actor) -> tuple[Started, ...]:
        """Accept each request that its preflight, the queue's cap and the mode allow."""
        return tuple([await self._start(request, actor) for request in requests])

    async def cancel(self, run_ids: Sequence[RunId], actor: Actor) -> tuple[CancelAnswer, ...]:
        """Pending runs stop at once; processing ones wait for `climb`."""
        self._may_write()
        return tuple(self._cancel(self._record(run_id), actor) for run_id in run_ids)

    async def retry(self, run_ids: Sequence[RunId], actor: Actor) -> tuple[Started, ...]:
        """Accept a run like each ended one."""
        self._may_write()
        return tuple([self._retry(self._record(run_id).run, actor) for run_id in run_ids])

    async def plan_prune(self, rule: PruneRule) -> PrunePlan:
        """Ended runs older than the rule or the policy allows, except the newest `keep`."""
        self._look()
        ended = [run for run in self._newest_first() if run.status in TERMINAL]
        items = [item for run in ended[rule.keep or 0 :] if (item := self._prune_item(run, rule))]
        return PrunePlan(
            rule=rule,
            items=tuple(items),
            total_bytes=sum(item.size_bytes for item in items),
            fingerprint=_fingerprint(items),
        )

    async def apply_prune(self, plan: PrunePlan, actor: Actor) -> PruneResult:
        """Remove the planned runs unless the same rule would now take others."""
        self._may_write()
        if (await self.plan_prune(plan.rule)).fingerprint != plan.fingerprint:
            raise RealityMovedError("The runs to prune have changed since the preview; look again.")
        for item in plan.items:
            del self._records[item.run_id]
        self._pruned += len(plan.items)
        self.announce()
        return PruneResult(runs=len(plan.items), total_bytes=plan.total_bytes)

    async def find(self, reference: str) -> Run:
        """The run whose id starts so."""
        self._look()
        found = [run for run in self._newest_first() if run.run_id.startswith(reference)]
        if len(found) != 1:
            raise NoSuchRunError(f"{len(found)} runs have an id that starts with {reference!r}.")
        return found[0]

    async def page(self, limit: int = 50, cursor: str | None = None) -> Page:
        """Runs older than the cursor, which is the number of the last run seen."""
        self._look()
        runs = [run for run in self._newest_first() if cursor is None or run.seq < int(cursor)]
        more = len(runs) > limit
        return Page(
            runs=tuple(runs[:limit]), next_cursor=str(runs[limit - 1].seq) if more else None
        )

    async def detail(self, run_id: RunId) -> RunDetail:
        """Timeline and events from memory."""
        self._look()
        self._record(run_id)
        return self._detail(run_id)

    async def events(
        self, run_id: RunId, after: int = 0, limit: int = 1000
    ) -> tuple[RunEvent, ...]:
        """Events after that number."""
        self._look()
        events = [event for event in self._record(run_id).events if event.seq > after]
        return tuple(events[:limit])

    async def read_artifact(
        self, run_id: RunId, name: ArtifactName, offset: int = 0, limit: int | None = None
    ) -> ArtifactText:
        """A piece of a text that `complete` was given."""
        self._look()
        record = self._record(run_id)
        if name not in record.texts:
            raise RefusedError(f"Run {record.run.short_id} has no {name} yet.")
        text = record.texts[name]
        end = len(text) if limit is None else offset + limit
        return ArtifactText(
            name=name, content=text[offset:end], offset=offset, total_chars=len(text)
        )

    async def deliver(self) -> None:
        """Nothing: bundles in memory have no copies."""
        self._may_write()

    async def workers(self) -> tuple[WorkerInfo, ...]:
        """The workers that the test has added."""
        self._look()
        return self._seen_workers()

    async def ensure_worker(self) -> bool:
        """Add a worker when none is alive."""
        if self.worker_error is not None:
            raise self.worker_error
        self._may_write()
        if any(worker.alive for worker in self._workers):
            return False
        self._own_worker = self.add_worker()
        return True

    async def stop_worker(self) -> None:
        """Remove the worker that `ensure_worker` added."""
        self._workers = [w for w in self._workers if w.worker_id != self._own_worker]
        self._own_worker = None
        self.announce()

    # The half that plays the worker and the world.

    def wall(self) -> datetime:
        """The deck's wall clock as a moment."""
        return datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC)

    def announce(self) -> None:
        """Let whoever waits for a change know."""
        self._revision += 1
        self._bell.set()

    def add_worker(self, slots: int | None = None) -> WorkerId:
        """Register a living worker."""
        worker = WorkerInfo(
            worker_id=WorkerId(f"w{len(self._workers) + 1}"),
            pid=4_000 + len(self._workers),
            slots=self.policy.slots if slots is None else slots,
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

    def set_worker(self, index: int, worker: WorkerInfo) -> None:
        """Replace a registered worker, for example by a dead or failing one."""
        self._workers[index] = worker
        self.announce()

    def add(
        self,
        source: str,
        *,
        ref: str | None = None,
        by: Actor = Actor(ActorKind.OPERATOR),  # noqa: B008 - frozen
        parent: RunId | None = None,
    ) -> RunId:
        """Accept a run without asking the rules."""
        return self._accept(RunRequest(source=source, ref=ref), by, parent).run_id

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

    def request_cancel(self, run_id: RunId, actor: Actor) -> None:
        """Somebody else asks for a cancel."""
        self._cancel(self._record(run_id), actor)

    def cancelling(self) -> tuple[RunId, ...]:
        """Runs that a cancel was requested for and that go on."""
        return tuple(run.run_id for run in self._newest_first() if run.cancelling)

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

    def forget_texts(self) -> None:
        """The files of all bundles are gone."""
        for record in self._records.values():
            record.texts.clear()

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

    # Below: how memory is kept.

    def _look(self) -> None:
        if self.outage is not None:
            raise self.outage

    def _may_write(self) -> None:
        self._look()
        if self.read_only:
            raise ReadOnlyError("This deck is read-only; open it without --read-only to act.")

    async def _wait_for_bell(self, within: float) -> None:
        async def bell() -> None:
            await self._bell.wait()

        async def timeout() -> None:
            await self.clock.sleep(within)

        waits = {asyncio.create_task(bell()), asyncio.create_task(timeout())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _record(self, run_id: RunId) -> _Record:
        try:
            return self._records[run_id]
        except KeyError:
            raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.") from None

    async def _start(self, request: RunRequest, actor: Actor) -> Started:
        try:
            self._may_write()
            return await self._admit(request, actor)
        except DeckError as error:
            return Started(source=request.source, error=error)

    async def _admit(self, request: RunRequest, actor: Actor) -> Started:
        answer = await self.preflight(request)
        if not answer.ok:
            raise RefusedError(answer.message)
        twin = None if request.force else self._twin(request)
        if twin is not None:
            return Started(source=request.source, run=twin)
        queued = sum(r.run.status is RunStatus.PENDING for r in self._records.values())
        if queued >= self.policy.queue_cap:
            raise QueueFullError(queued, self.policy.queue_cap)
        return Started(source=request.source, run=self._accept(request, actor, None), created=True)

    def _twin(self, request: RunRequest) -> Run | None:
        wanted = (request.source, request.ref, request.artifacts, request.model)
        for run in self._newest_first():
            same = (run.source, run.ref, run.artifacts_wanted, run.model) == wanted
            if same and run.status in LIVE:
                return run
        return None

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
            status=RunStatus.PENDING,
            max_attempts=self.policy.max_attempts,
            created_at=self.wall(),
            updated_at=self.wall(),
        )
        record = self._records[run.run_id] = _Record(run, self.clock.now())
        self._tell(record, "accepted", f"Accepted {request.source}.", actor)
        return self._seen_run(record)

    def _cancel(self, record: _Record, actor: Actor) -> CancelAnswer:
        run = record.run
        if run.status in TERMINAL:
            ago = (self.clock.wall_ms() - record.ended_ms) / 1000
            message = f"Too late, it had finished {ago:.1f} s before."
            return CancelAnswer(run=run, verdict="too_late", message=message)
        if run.cancel is None:
            asked = Cancel(state=CancelState.REQUESTED, by=actor, requested_at=self.wall())
            self._update(record, cancel=asked)
            self._tell(record, "cancel_requested", "A cancel was requested.", actor)
        if run.status is RunStatus.PENDING:
            assert record.run.cancel is not None
            stopped = replace(record.run.cancel, state=CancelState.STOPPED, verdict="cancelled")
            self._end(record, RunStatus.CANCELLED, cancel=stopped)
            return CancelAnswer(run=record.run, verdict="cancelled", message="It had not started.")
        seen = self._seen_run(record)
        return CancelAnswer(run=seen, verdict="requested", message="It will stop within seconds.")

    def _retry(self, run: Run, actor: Actor) -> Started:
        if run.status in LIVE:
            sentence = f"Run {run.short_id} is {run.status}; cancel it or wait for its end first."
            return Started(source=run.source, error=RefusedError(sentence))
        request = RunRequest(
            source=run.source,
            ref=run.ref,
            artifacts=run.artifacts_wanted,
            model=run.model,
            output_dir=run.output_dir,
            timeout_s=run.timeout_s,
        )
        return Started(
            source=run.source, run=self._accept(request, actor, run.run_id), created=True
        )

    def _move(self, record: _Record, status: RunStatus, **changes: object) -> None:
        if status not in TRANSITIONS[record.run.status]:
            raise AssertionError(f"{record.run.status} never becomes {status}")
        self._update(record, status=status, **changes)

    def _update(self, record: _Record, **changes: object) -> None:
        changes["updated_at"] = self.wall()
        record.run = replace(record.run, **changes)  # type: ignore[arg-type] # names of Run's fields
        self.announce()

    def _end(self, record: _Record, status: RunStatus, **changes: object) -> None:
        self._close_span(record)
        record.ended_ms = self.clock.wall_ms()
        self._move(record, status, finished_at=self.wall(), worker=None, pid=None, **changes)

    def _close_span(self, record: _Record) -> None:
        if record.spans and record.spans[-1].running:
            seconds = self.clock.now().seconds_since(record.phase_since or self.clock.now())
            record.spans[-1] = replace(record.spans[-1], seconds=seconds or 0.0, running=False)

    def _tell(self, record: _Record, kind: str, message: str, actor: Actor = WORKER) -> None:
        self._event_seq += 1
        record.events.append(
            RunEvent(
                seq=self._event_seq,
                run_id=record.run.run_id,
                at=self.wall(),
                actor=actor,
                kind=kind,
                message=message,
            )
        )
        self.announce()

    def _newest_first(self) -> list[Run]:
        return [self._seen_run(record) for record in reversed(self._records.values())]

    def _seen_run(self, record: _Record) -> Run:
        now, run = self.clock.now(), record.run
        if run.status is RunStatus.PENDING:
            wait = 0.0 if record.ready is None else (record.ready.ns - now.ns) / NANOSECONDS
            return replace(
                run, queue_position=self._position(run), retry_in_s=wait if wait > 0 else None
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

    def _vitality(self, record: _Record) -> Vitality:
        return vitality(
            now=self.clock.now(),
            beat=record.beat,
            owner_alive=record.owner_alive,
            stale_after=self.policy.stale_after,
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
            run=self._seen_run(record), phases=tuple(spans), events=tuple(record.events[-200:])
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

    def _prune_item(self, run: Run, rule: PruneRule) -> PruneItem | None:
        assert run.finished_at is not None
        own = self.policy.ttl_completed
        if run.status is not RunStatus.COMPLETED:
            own = self.policy.ttl_failed
        limit = own if rule.older_than_s is None else rule.older_than_s
        age = (self.wall() - run.finished_at).total_seconds()
        if age <= limit:
            return None
        return PruneItem(
            run_id=run.run_id,
            source=run.source,
            status=run.status,
            finished_at=run.finished_at,
            size_bytes=sum(artifact.size_bytes for artifact in run.artifacts),
            reason=f"ended {age / 86400:.0f} d ago, limit {limit / 86400:g} d",
        )


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


def _fingerprint(items: Sequence[PruneItem]) -> str:
    return hashlib.sha256(" ".join(item.run_id for item in items).encode()).hexdigest()
