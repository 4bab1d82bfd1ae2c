"""A deck in memory, for the tests of front ends."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from llmsdeck.answers import Answered, CancelAnswer, Kept, Preflight, PriorityAnswer, Started
from llmsdeck.api import Field, Vet
from llmsdeck.bundle.diff import compare
from llmsdeck.bundle.published import (
    Bundle,
    addresses,
    judge,
    names_file,
    open_file,
    run_bundle,
)
from llmsdeck.calls import CallText, ModelCall, model_calls
from llmsdeck.clock import Clock
from llmsdeck.comparison import Comparison
from llmsdeck.errors import (
    DeckError,
    NoSuchRunError,
    QueueFullError,
    ReadOnlyError,
    RealityMovedError,
    RefusedError,
    UsageError,
)
from llmsdeck.failures import MOST_FAILURES, Failure, FailureGroup, grouped
from llmsdeck.filter import EVERYTHING, Order, matches, parse
from llmsdeck.filter.keys import WORD_KEYS
from llmsdeck.filter.tree import of_source
from llmsdeck.hosts import DEFAULT_HOSTS
from llmsdeck.model import (
    NO_MODEL,
    Actor,
    ActorKind,
    ArtifactName,
    Run,
    RunEvent,
    RunId,
    RunRequest,
    WorkerId,
)
from llmsdeck.pages import ArtifactText, Page, ValueCount
from llmsdeck.pruning import PruneItem, PrunePlan, PruneResult, PruneRule, Restored, TrashItem
from llmsdeck.request import read_changes, request_like
from llmsdeck.settings import Policy, changed_policy, write_value
from llmsdeck.snapshot import DeckSnapshot, RunDetail, Window, WorkerInfo
from llmsdeck.sources.hosted.address import place_of
from llmsdeck.states import (
    LIVE,
    TERMINAL,
    Decision,
    ErrorKind,
    Outcome,
    Phase,
    RunStatus,
)
from llmsdeck.testing.clock import FakeClock, Gate
from llmsdeck.testing.memory import Memory, Thrown
from llmsdeck.verdict import LinkAnswer, LinkState, Profile, Verdict
from llmsdeck.why import Explanation, explain


class FakeDeck(Memory):
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
        super().__init__(clock or FakeClock(), policy or Policy(slots=4), store_dir)
        self.read_only = read_only
        self.outage: DeckError | None = None
        """Raised by every look at the deck while set."""
        self.worker_error: DeckError | None = None
        """Raised by `ensure_worker` while set."""
        self.free_bytes: int | None = None
        """Room on the disk."""
        self.writable = True
        """The store's file may be written to."""
        self.preflights: dict[str, Preflight] = {}
        """Answers for single sources; every other source is fine."""
        self.link_answers: dict[str, LinkAnswer] = {}
        """What a look at single links finds; every other link is alive."""
        self.there: dict[Field, tuple[str, ...]] = {}
        """What there is to choose from in fields of a request."""
        self._seen = 0
        self._own_worker: WorkerId | None = None
        self._gates: dict[str, Gate] = {}

    def hold_preflight(self, source: str) -> Gate:
        """Let the answer about this source wait for a gate."""
        return self._gates.setdefault(source, Gate())

    async def snapshot(
        self, window: Window, focus: RunId | None = None, filter: str = "", sort: str = ""
    ) -> DeckSnapshot:
        """One picture of the memory; ages come from the clock."""
        self._look()
        self._pictured = self._revision
        runs = Order.parse(sort).arranged(self._matching(filter))
        rows = {run.run_id: row for row, run in enumerate(runs)}
        shown = runs[window.first : window.first + window.size]
        known = focus is not None and focus in self._records
        self.last_focus = focus
        self.last_picture = DeckSnapshot(
            taken_at=self.wall(),
            store_dir=self.store_dir,
            read_only=self.read_only,
            counts=self._counts(self.newest_first()),
            filter=filter,
            sort=sort,
            total=len(runs),
            focus_row=None if focus is None else rows.get(focus),
            window=window,
            runs=tuple(shown),
            detail=self._detail(focus) if focus is not None and known else None,
            workers=self._seen_workers(),
            lanes=self.lanes,
            held=sum(run.held is not None and run.question is None for run in runs),
            asking=sum(run.question is not None for run in runs),
            policy=self.limits,
            finished_per_minute=self._finished_per_minute(),
            free_bytes=self.free_bytes,
            writable=self.writable,
        )
        return self.last_picture

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

    async def plan_prune(self, rule: PruneRule) -> PrunePlan:
        """Ended runs older than the rule or the policy allows, except the newest `keep`."""
        self._look()
        ended = [run for run in self._matching(rule.filter) if run.status in TERMINAL]
        if rule.run_ids is not None:
            ended = [run for run in ended if run.run_id in rule.run_ids]
        kept = {run.run_id for run in ended[: rule.keep or 0]}
        for source in {run.source for run in ended}:
            of_it = [run.run_id for run in ended if run.source == source]
            kept.update(of_it[: rule.keep_each or 0])
        items = [
            item
            for run in ended
            if run.run_id not in kept and (item := self._prune_item(run, rule))
        ]
        return PrunePlan(
            rule=rule,
            items=tuple(items),
            total_bytes=sum(item.size_bytes for item in items),
            fingerprint=_fingerprint(items),
        )

    async def apply_prune(self, plan: PrunePlan, actor: Actor) -> PruneResult:
        """Remove the planned runs, unless one of them is no longer there."""
        self._may_write()
        there = [item for item in plan.items if item.run_id in self._records]
        if _fingerprint(there) != plan.fingerprint:
            raise RealityMovedError("The runs to prune have changed since the preview; look again.")
        run_ids = tuple(item.run_id for item in plan.items)
        self.throw(run_ids, actor)
        return PruneResult(run_ids=run_ids, total_bytes=plan.total_bytes)

    async def trash(self, limit: int = 1000) -> tuple[TrashItem, ...]:
        """What was pruned and has not outlived its grace, last pruned first."""
        self._look()
        self._empty_trash()
        thrown = sorted(self._thrown.values(), key=lambda each: -each.at_ms)
        return tuple(self._trash_item(each) for each in thrown[:limit])

    async def restore(self, references: Sequence[str], actor: Actor) -> tuple[Restored, ...]:
        """Put pruned runs back."""
        self._may_write()
        self._empty_trash()
        return tuple(self._restore(reference, actor) for reference in references)

    def _restore(self, reference: str, actor: Actor) -> Restored:
        found = [run_id for run_id in self._thrown if run_id.startswith(reference)]
        if len(found) != 1:
            there = any(run_id.startswith(reference) for run_id in self._records)
            kind = RefusedError if there and not found else NoSuchRunError
            error = kind(f"{len(found)} pruned runs have an id that starts with {reference!r}.")
            return Restored(reference=reference, error=error)
        if sum(r.run.status in TERMINAL for r in self._records.values()) >= self.limits.max_runs:
            error = RefusedError("max_runs leaves no room for it.")
            return Restored(reference=reference, run_id=found[0], error=error)
        self._put_back(found[0], actor)
        return Restored(reference=reference, run_id=found[0])

    def _put_back(self, run_id: RunId, actor: Actor) -> None:
        record = self._records[run_id] = self._thrown.pop(run_id).record
        record.restored_ms = self.clock.wall_ms()
        self._records = dict(sorted(self._records.items(), key=lambda entry: entry[1].run.seq))
        self._pruned -= 1
        self._tell(record, "restored", "Brought back after it was pruned.", actor)

    def _empty_trash(self) -> None:
        before = self.clock.wall_ms() - self.limits.prune_grace * 1000
        self._thrown = {key: each for key, each in self._thrown.items() if each.at_ms > before}

    def _trash_item(self, thrown: Thrown) -> TrashItem:
        run = thrown.record.run
        assert run.finished_at is not None
        return TrashItem(
            run_id=run.run_id,
            source=run.source,
            status=run.status,
            finished_at=run.finished_at,
            size_bytes=sum(artifact.size_bytes for artifact in run.artifacts),
            pruned_at=datetime.fromtimestamp(thrown.at_ms / 1000, UTC),
            pruned_by=thrown.by,
            left_s=self.limits.prune_grace - (self.clock.wall_ms() - thrown.at_ms) / 1000,
        )

    async def policy(self) -> Policy:
        """The limits that a test set."""
        self._look()
        return self.limits

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

    async def find(self, reference: str) -> Run:
        """The run whose id starts so."""
        self._look()
        found = [run for run in self.newest_first() if run.run_id.startswith(reference)]
        if len(found) != 1:
            raise NoSuchRunError(f"{len(found)} runs have an id that starts with {reference!r}.")
        return found[0]

    async def runs(self, run_ids: Sequence[RunId]) -> tuple[Run, ...]:
        """Those that there are."""
        self._look()
        known = [self._records[each] for each in run_ids if each in self._records]
        return tuple(map(self._seen_run, known))

    async def page(
        self, limit: int = 50, cursor: str | None = None, filter: str = "", sort: str = ""
    ) -> Page:
        """Runs that match, after the place that the cursor names."""
        self._look()
        order = Order.parse(sort)
        runs = order.arranged(self._matching(filter))
        if cursor is not None:
            last = order.read_cursor(cursor)
            runs = [run for run in runs if order.follows(order.place(run), last)]
        more = len(runs) > limit
        return Page(
            runs=tuple(runs[:limit]),
            next_cursor=order.cursor(order.place(runs[limit - 1])) if more else None,
        )

    async def matching(self, filter: str, limit: int = 1000) -> tuple[RunId, ...]:
        """Runs that match, unless they are too many."""
        self._look()
        if parse(filter) == EVERYTHING:
            raise UsageError("A blank filter means every run; say which ones, such as is:live.")
        found = self._matching(filter)
        if len(found) > limit:
            raise RefusedError(f"{len(found)} runs match, more than the {limit} acted on at once.")
        return tuple(run.run_id for run in found)

    async def values(self, key: str, filter: str = "", limit: int = 50) -> tuple[ValueCount, ...]:
        """Counted one by one."""
        if key not in WORD_KEYS:
            raise UsageError(f"{key} has no values to count.")
        words = (word for run in self._matching(filter) for word in WORD_KEYS[key].words(run))
        found = Counter(str(word) for word in words if word is not None)
        ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        return tuple(ValueCount(*each) for each in ranked[:limit])

    def _matching(self, filter: str) -> list[Run]:
        wanted, now_ms = parse(filter), self.clock.wall_ms()
        return [run for run in self.newest_first() if matches(wanted, run, now_ms)]

    async def detail(self, run_id: RunId) -> RunDetail:
        """Timeline and events from memory."""
        self._look()
        self._record(run_id)
        return self._detail(run_id)

    async def explain(self, reference: str) -> Explanation:
        """The core's own explanation of what is in memory."""
        run = await self.find(reference)
        return explain(await self.snapshot(Window(size=0), focus=run.run_id))

    async def events(
        self, run_id: RunId | None, after: int = 0, limit: int = 1000
    ) -> tuple[RunEvent, ...]:
        """Events after that number."""
        self._look()
        told = self._deck_events if run_id is None else self._record(run_id).events
        return tuple([event for event in told if event.seq > after][:limit])

    async def journal(self, after: int | None = None, limit: int = 1000) -> tuple[RunEvent, ...]:
        """Events of everything after that number, or the newest."""
        self._look()
        told = sorted(
            [*self._deck_events, *(e for r in self._records.values() for e in r.events)],
            key=lambda event: event.seq,
        )
        if after is None:
            return tuple(told[-limit:])
        return tuple([event for event in told if event.seq > after][:limit])

    async def actions(self, limit: int = 200, before: int | None = None) -> tuple[RunEvent, ...]:
        """Events of people and agents, newest first."""
        self._look()
        told = [*self._deck_events, *(e for r in self._records.values() for e in r.events)]
        machines = (ActorKind.WORKER, ActorKind.JANITOR)
        done = (event for event in told if event.actor.kind not in machines)
        kept = [event for event in done if before is None or event.seq < before]
        return tuple(sorted(kept, key=lambda event: -event.seq)[:limit])

    async def failures(self) -> tuple[FailureGroup, ...]:
        """The failed runs of the memory in groups."""
        self._look()
        failed = [run for run in self.newest_first() if run.status is RunStatus.FAILED]
        return grouped(map(_failure, failed[:MOST_FAILURES]))

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

    async def calls(self, run_id: RunId) -> tuple[ModelCall, ...]:
        """Those among the run's events."""
        self._look()
        return tuple(model_calls(self._record(run_id).events))

    async def read_call(self, run_id: RunId, call: ModelCall) -> CallText:
        """What `called` was given."""
        self._look()
        record = self._record(run_id)
        if call.text not in record.calls:
            raise RefusedError(f"What was said in call {call.number} is not kept.")
        return record.calls[call.text]

    async def check(
        self,
        subject: str,
        profile: Profile,
        *,
        links: bool = False,
        private: bool = False,
    ) -> Verdict:
        """The judge's own verdict; a look at links finds what `link_answers` says, else life."""
        bundle = await self._bundle(subject)
        return judge(bundle, profile, self._answers(addresses(bundle)) if links else None)

    async def diff(self, before: str, after: str) -> Comparison:
        """What the real deck would say of these texts."""
        return compare(await self._bundle(before), await self._bundle(after))

    async def _bundle(self, subject: str) -> Bundle:
        if names_file(subject):
            return open_file(subject)
        run = await self.find(subject)
        texts = self._record(run.run_id).texts
        return run_bundle(run, {n: x.encode("utf-8", "surrogatepass") for n, x in texts.items()})

    def _answers(self, urls: Sequence[str]) -> tuple[LinkAnswer, ...]:
        alive = LinkAnswer(url="", state=LinkState.ALIVE, reason="HTTP 200")
        return tuple(self.link_answers.get(url, replace(alive, url=url)) for url in urls)

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

    def _look(self) -> None:
        if self.outage is not None:
            raise self.outage

    def _may_write(self) -> None:
        self._look()
        if self.read_only:
            raise ReadOnlyError("This deck was opened to look, not to act; nothing was changed.")

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

    def _prune_item(self, run: Run, rule: PruneRule) -> PruneItem | None:
        record = self._records[run.run_id]
        assert run.finished_at is not None
        completed = run.status is RunStatus.COMPLETED
        limit = self.limits.ttl_completed if completed else self.limits.ttl_failed
        key = " (ttl_completed)" if completed else " (ttl_failed)"
        since = max(record.ended_ms, record.restored_ms)
        if not rule.by_policy:
            limit, key, since = rule.older_than_s or 0, "", record.ended_ms
        if self.clock.wall_ms() - since < limit * 1000:
            return None
        return PruneItem(
            run_id=run.run_id,
            source=run.source,
            status=run.status,
            finished_at=run.finished_at,
            size_bytes=sum(artifact.size_bytes for artifact in run.artifacts),
            reason=f"older than {limit / 86400:g}d{key}",
        )


def _failure(run: Run) -> Failure:
    return Failure(
        run_id=run.run_id,
        source=run.source,
        kind=run.error_kind or ErrorKind.INTERNAL,
        message=run.error_message or "",
        at=run.finished_at or run.updated_at,
    )


def _fingerprint(items: Sequence[PruneItem]) -> str:
    return hashlib.sha256(" ".join(item.run_id for item in items).encode()).hexdigest()
