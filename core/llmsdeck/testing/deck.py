"""A deck in memory, for the tests of front ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from llmsdeck.answers import Answered, CancelAnswer, Kept, Preflight, PriorityAnswer, Started
from llmsdeck.api import Field, Vet
from llmsdeck.calls import model_calls
from llmsdeck.clock import Clock
from llmsdeck.errors import DeckError, NoSuchRunError, QueueFullError, RefusedError
from llmsdeck.filter.tree import of_source
from llmsdeck.hosts import DEFAULT_HOSTS
from llmsdeck.model import NO_MODEL, Actor, Run, RunId, RunRequest, WorkerId
from llmsdeck.request import read_changes, request_like
from llmsdeck.settings import Policy, changed_policy, write_value
from llmsdeck.sources.hosted.address import place_of
from llmsdeck.states import LIVE, Decision, Outcome, Phase, RunStatus
from llmsdeck.testing.clock import FakeClock, Gate
from llmsdeck.testing.trash import Trash


class FakeDeck(Trash):
    """A deck that keeps the promises of the real one and does only what a test says.

    It is a DeckApi; the other half, inherited, plays the worker: `claim`, `beat`, `enter`,
    `complete`, `fail`, `climb`, `lose_owner`, `lose_attempt`.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        policy: Policy | None = None,
        store_dir: str = "/srv/llmsdeck",
        read_only: bool = False,
    ) -> None:
        super().__init__(
            clock or FakeClock(), policy or Policy(slots=4), store_dir, read_only=read_only
        )
        self.worker_error: DeckError | None = None
        """Raised by `ensure_worker` while set."""
        self.preflights: dict[str, Preflight] = {}
        """Answers for single sources; every other source is fine."""
        self.there: dict[Field, tuple[str, ...]] = {}
        """What there is to choose from in fields of a request."""
        self._own_worker: WorkerId | None = None
        self._gates: dict[str, Gate] = {}

    def hold_preflight(self, source: str) -> Gate:
        """Let the answer about this source wait for a gate."""
        return self._gates.setdefault(source, Gate())

    async def preflight(self, request: RunRequest) -> Preflight:
        """The prepared answer for this source, else that all is well."""
        if (gate := self._gates.get(request.source)) is not None:
            await gate.wait()
        fine = Preflight(ok=True, message="A git worktree, 214 tracked files at 1a2b3c4.")
        return self.preflights.get(request.source, fine)

    async def suggest(self, field: Field, source: str = "") -> tuple[str, ...]:
        """What a test says there is, then what runs had."""
        only = of_source(source) if field == "ref" else ""
        past = await self.values(field, only) if only or field != "ref" else ()
        known = dict.fromkeys((*self.there.get(field, ()), *(each.value for each in past)))
        return tuple(value for value in known if value != NO_MODEL)

    async def canonical(self, request: RunRequest) -> RunRequest:
        """As the real deck has it for hosts; a folder is taken as it is."""
        place = place_of(request.source, request.ref, DEFAULT_HOSTS)
        return replace(request, source=str(place.address), ref=place.ref) if place else request

    async def start(
        self, requests: Sequence[RunRequest], actor: Actor, vet: Vet | None = None
    ) -> tuple[Started, ...]:
        """Accept each request that `vet`, its preflight, the queue's cap and the mode allow."""
        return tuple([await self._start(request, actor, vet) for request in requests])

    async def _start(
        self, request: RunRequest, actor: Actor, vet: Vet | None, parent: RunId | None = None
    ) -> Started:
        try:
            self._may_write()
            if vet is not None:
                vet(request)
            return await self._admit(request, actor, parent)
        except DeckError as error:
            return Started(source=request.source, error=error)

    async def _admit(self, request: RunRequest, actor: Actor, parent: RunId | None) -> Started:
        answer = await self.preflight(request)
        if not answer.ok:
            raise RefusedError(answer.message)
        twin = None if request.force else self._twin(request)
        if twin is not None:
            return Started(source=request.source, run=twin)
        if self._queued() >= self.limits.queue_cap:
            raise self._queue_full()
        run = self._accept(request, actor, parent)
        return Started(source=request.source, run=run, created=True)

    def _queue_full(self) -> QueueFullError:
        now = self.clock.now()
        return QueueFullError(
            self._queued(),
            self.limits.queue_cap,
            full_for_s=now.seconds_since(self._full_since or now),
            processing=sum(r.run.status is RunStatus.PROCESSING for r in self._records.values()),
            workers=sum(worker.alive for worker in self._workers),
        )

    def _twin(self, request: RunRequest) -> Run | None:
        wanted = (request.source, request.ref, request.artifacts, request.model)
        for run in self.newest_first():
            same = (run.source, run.ref, run.artifacts_wanted, run.model) == wanted
            if same and run.status in LIVE and run.fresh >= request.fresh:
                return run
        return None

    async def cancel(self, run_ids: Sequence[RunId], actor: Actor) -> tuple[CancelAnswer, ...]:
        """Pending runs stop at once; processing ones wait for `climb`."""
        self._may_write()
        return tuple(self._cancel(run_id, actor) for run_id in run_ids)

    async def retry(
        self,
        run_ids: Sequence[RunId],
        actor: Actor,
        changes: Mapping[str, str] | None = None,
        vet: Vet | None = None,
        *,
        fresh: bool = False,
    ) -> tuple[Started, ...]:
        """Accept a run like each ended one."""
        self._may_write()
        change = read_changes(changes or {}, fresh=fresh)
        return tuple([await self._retry(run_id, actor, change, vet) for run_id in run_ids])

    async def _retry(
        self,
        run_id: RunId,
        actor: Actor,
        change: Callable[[RunRequest], RunRequest],
        vet: Vet | None,
    ) -> Started:
        try:
            run = self._record(run_id).run
        except NoSuchRunError as error:
            return Started(source="", retry_of=run_id, error=error)
        if run.status in LIVE:
            sentence = f"Run {run.short_id} is {run.status}; cancel it or wait for its end first."
            return Started(source=run.source, retry_of=run_id, error=RefusedError(sentence))
        answer = await self._start(change(request_like(run)), actor, vet, run_id)
        return replace(answer, retry_of=run_id)

    async def kept(self, run_id: RunId) -> Kept:
        """As far as the run had come, all that it did."""
        self._look()
        record = self._record(run_id)
        run, calls = record.run, model_calls(record.events)
        reached = () if run.phase is None else tuple(Phase)[: tuple(Phase).index(run.phase) + 1]
        return Kept(
            bundle=run.outcome in (Outcome.GOOD, Outcome.UNCHANGED),
            texts=not run.source.startswith("/") and Phase.ANALYSE in reached,
            answers=sum(call.answered for call in calls),
            questions=max(len(calls), run.progress.total if run.phase is Phase.WRITE else 0),
        )

    async def set_priority(
        self, run_ids: Sequence[RunId], priority: int, actor: Actor
    ) -> tuple[PriorityAnswer, ...]:
        """Change what is still pending."""
        self._may_write()
        return tuple(self._prioritise(run_id, priority, actor) for run_id in run_ids)

    def _prioritise(self, run_id: RunId, priority: int, actor: Actor) -> PriorityAnswer:
        try:
            record = self._record(run_id)
        except NoSuchRunError as error:
            return PriorityAnswer(run_id=run_id, error=error)
        run = record.run
        if run.status is not RunStatus.PENDING:
            sentence = f"Run {run.short_id} is {run.status}; only the queue has an order."
            return PriorityAnswer(run_id=run_id, error=RefusedError(sentence))
        if run.priority != priority:
            self._update(record, priority=priority)
            said = f"Priority: {run.priority} → {priority}."
            self._tell(record, "priority_changed", said, actor)
        return PriorityAnswer(run_id=run_id, run=self._seen_run(record))

    async def answer(
        self, run_ids: Sequence[RunId], decision: Decision, actor: Actor
    ) -> tuple[Answered, ...]:
        """Take the questions away, or the runs."""
        self._may_write()
        return tuple(self._answer(run_id, decision, actor) for run_id in run_ids)

    def _answer(self, run_id: RunId, decision: Decision, actor: Actor) -> Answered:
        try:
            record = self._record(run_id)
        except NoSuchRunError as error:
            return Answered(run_id=run_id, error=error)
        if self._seen_run(record).question is None:
            sentence = f"Run {record.run.short_id} is {record.run.status} and asks nothing."
            return Answered(run_id=run_id, error=RefusedError(sentence))
        if decision is Decision.CANCEL:
            self._cancel(run_id, actor)
        self._update(record, question=None)
        if decision is not Decision.CANCEL:
            self._tell(record, "answered", f"Answered: {decision}.", actor)
        return Answered(run_id=run_id, run=self._seen_run(record))

    async def set_policy(self, changes: Mapping[str, str], actor: Actor) -> Policy:
        """Change limits, all or none."""
        self._may_write()
        before, self.limits = self.limits, changed_policy(self.limits, changes)
        for key in changes:
            old, new = before.values()[key], self.limits.values()[key]
            if old != new:
                said = f"{key}: {write_value(key, old)} → {write_value(key, new)}."
                self._tell_deck("policy_changed", said, actor)
        for record in self._records.values():
            if record.run.status in LIVE and self.limits.max_attempts != before.max_attempts:
                most = max(record.run.attempt, self.limits.max_attempts)
                record.run = replace(record.run, max_attempts=most)
        self.announce()
        return self.limits

    async def deliver(self) -> None:
        """Nothing: bundles in memory have no copies."""
        self._may_write()

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
