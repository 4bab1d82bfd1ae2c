"""Any sequence of operations and clock events, against a model in plain Python."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from desk import OPERATOR, WORKER, Desk
from hypothesis import Phase as Stage
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from life import Lives, compare
from rounds import LONG, rounds

from llmsdeck.clock import Instant
from llmsdeck.engine.folders import prune_runs, restore_runs
from llmsdeck.engine.janitor import Janitor
from llmsdeck.errors import LostLeaseError, NoSuchRunError, QueueFullError
from llmsdeck.model import Actor, ActorKind, RunId, RunRequest, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.states import CancelState, ErrorKind, Phase, RunStatus
from llmsdeck.store import endings, leases, prune, query, workers
from llmsdeck.store.leases import Beat, Lease
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

Result = TypeVar("Result")
STEPS = 50
QUICK_SEED = 3
"""One under which the quick size comes by every operation often."""
HOUR = 3600
POLICY = Policy(
    queue_cap=6,
    max_attempts=2,
    max_runs=4,
    ttl_completed=20 * HOUR,
    ttl_failed=30 * HOUR,
    prune_grace=20 * HOUR,
)
JANITOR = Actor(ActorKind.JANITOR)


class Lifecycle(RuleBasedStateMachine):
    """A store on a real file; workers are names whose processes live as long as the test says."""

    runs: Bundle[RunId] = Bundle("runs")
    held: Bundle[Lease] = Bundle("held")
    observed: Bundle[tuple[Lease, int]] = Bundle("observed")
    crew: Bundle[WorkerId] = Bundle("crew")
    pruned: Bundle[RunId] = Bundle("pruned")
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.living: set[str] = set()
        self.hired = 0
        self.lives = Lives(POLICY)
        self.folder = Path(tempfile.mkdtemp(prefix="llmsdeck-life-"))
        self.runner = asyncio.Runner()
        self.open = contextlib.ExitStack()
        self.open.enter_context(mock.patch("llmsdeck.processes.is_same", self.is_same))
        self.closing = contextlib.AsyncExitStack()
        store = self.do(
            self.closing.enter_async_context(open_store(StorePaths(self.folder / "deck")))
        )
        self.desk = Desk(store, FakeClock())
        self.desk.policy = POLICY
        self.do(self.desk.sql("INSERT INTO policy VALUES ('max_runs', ?)", POLICY.max_runs))
        self.janitors: dict[WorkerId, Janitor] = {}

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def write(self, operation: Callable[..., Result], **arguments: object) -> Result:
        return self.do(self.desk.store.write(partial(operation, **arguments)))

    def under(self, lease: Lease, operation: Callable[..., object], **arguments: object) -> bool:
        """Write under a lease; whether it was accepted, which must be as the model says."""
        good = self.lives.holds(lease)
        try:
            self.write(operation, lease=lease, **arguments)
        except LostLeaseError:
            assert not good, "a good lease was refused"
            return False
        assert good, "a lost lease was accepted"
        return True

    def is_same(self, pid: int, began: str) -> bool:
        return began in self.living

    @property
    def now(self) -> Instant:
        return self.desk.clock.now()

    @initialize(target=crew)
    def open_shop(self) -> Any:
        return self.engage()

    @rule(target=crew)
    def hire(self) -> Any:
        return self.engage()

    def engage(self) -> WorkerId:
        self.hired += 1
        worker = WorkerId(f"w{self.hired}")
        self.living.add(worker)
        self.do(self.desk.register(worker, 1, worker))
        self.janitors[worker] = Janitor(self.desk.store, self.desk.clock, worker)
        return worker

    @rule(worker=crew)
    def die(self, worker: WorkerId) -> None:
        """For good; what it had begun to write may still arrive, under any lease it ever held."""
        self.living.discard(worker)

    @rule(worker=crew)
    def worker_beats(self, worker: WorkerId) -> None:
        self.write(workers.beat, worker=worker, now=self.now, slots=2)

    @rule(target=runs, source=st.sampled_from("abc"), force=st.booleans())
    def submit(self, source: str, force: bool) -> RunId:
        request = RunRequest(source=source, force=force)
        twin = None if force else self.lives.twin(source)
        full = len(self.lives.of(RunStatus.PENDING)) >= POLICY.queue_cap
        try:
            run_id, created = self.do(self.desk.enqueue_request(request))
        except QueueFullError:
            assert full
            assert twin is None
            return RunId("refused")
        if twin is not None:
            assert (run_id, created) == (twin, False)
            return run_id
        assert created
        assert not full
        self.lives.accept(run_id, source)
        return run_id

    @rule(target=held, worker=crew, free=st.integers(1, 3))
    def claim(self, worker: WorkerId, free: int) -> Any:
        return multiple(*self.take(worker, free))

    def take(self, worker: WorkerId, free: int) -> list[Lease]:
        if worker not in self.living:
            free = 0
        expected = self.lives.due(self.now.ns)[:free]
        claims = self.do(self.desk.claim(worker, free))
        assert [claim.lease.run_id for claim in claims] == expected
        held = [self.lives.claim(run_id, worker, self.now.ns) for run_id in expected]
        assert [claim.lease for claim in claims] == held
        return held

    @rule(worker=crew, count=st.integers(1, 6))
    def finish_some(self, worker: WorkerId, count: int) -> None:
        """Runs that come and go without trouble, so that the store fills up."""
        for _ in range(count):
            self.submit("a", force=True)
            for lease in self.take(worker, 1):
                self.complete(lease)

    @rule(target=held, worker=crew)
    def obey(self, worker: WorkerId) -> Any:
        """The worker looks at what it holds, and gets its leases renewed where it must stop."""
        held = self.do(self.desk.store.read(partial(leases.held, worker=worker)))
        cancelling = [each.lease for each in held if each.cancelling]
        assert all(self.lives.runs[lease.run_id].cancelling for lease in cancelling)
        return multiple(*cancelling)

    @rule(lease=held)
    def beat(self, lease: Lease) -> None:
        sign = Beat(lease=lease, at=self.now, moved=self.now, done=1, total=2)
        lost = self.write(leases.beat, beats=[sign])
        assert lost == (() if self.lives.holds(lease) else (lease,))
        self.lives.beaten(lease, self.now.ns)

    @rule(lease=held, phase=st.sampled_from(list(Phase)))
    def enter_phase(self, lease: Lease, phase: Phase) -> None:
        arguments = {"stamp": self.desk.stamp, "worker": WORKER, "phase": phase}
        self.under(lease, leases.enter_phase, **arguments)
        self.lives.beaten(lease, self.now.ns)

    @rule(lease=held)
    def climb(self, lease: Lease) -> None:
        if self.lives.holds(lease) and not self.lives.runs[lease.run_id].cancelling:
            return
        arguments = {"stamp": self.desk.stamp, "worker": WORKER, "state": CancelState.SEEN}
        self.under(lease, leases.climb_cancel, **arguments)

    @rule(lease=held)
    def complete(self, lease: Lease) -> None:
        good = self.lives.holds(lease)
        try:
            self.do(self.desk.complete(lease))
        except LostLeaseError:
            assert not good, "a good lease was refused"
            return
        assert good, "a lost lease has published"
        self.lives.complete(lease.run_id)

    @rule(lease=held, kind=st.sampled_from(list(ErrorKind)))
    def fail(self, lease: Lease, kind: ErrorKind) -> None:
        arguments = {"stamp": self.desk.stamp, "actor": JANITOR, "kind": kind, "message": "x"}
        if self.under(lease, endings.fail, **arguments):
            self.lives.fail(lease.run_id, kind, self.now.ns)

    @rule(lease=held)
    def release(self, lease: Lease) -> None:
        if self.under(lease, endings.release, stamp=self.desk.stamp, worker=WORKER):
            self.lives.release(lease.run_id)

    @rule(run_id=runs)
    def cancel(self, run_id: RunId) -> None:
        if run_id not in self.lives.runs:
            with contextlib.suppress(NoSuchRunError):
                self.do(self.desk.cancel(run_id))
                raise AssertionError("a run that is not there was cancelled")
            return
        receipt = self.do(self.desk.cancel(run_id))
        assert receipt.verdict == self.lives.cancel(run_id)

    @rule(target=observed)
    def observe(self) -> Any:
        """A janitor looks, and will act on what it saw much later."""
        rows = self.do(
            self.desk.sql("SELECT run_id, token, beat_ns FROM runs WHERE status = 'processing'")
        )
        return multiple(*[(Lease(RunId(str(r)), int(str(t))), int(str(b))) for r, t, b in rows])

    @rule(seen=consumes(observed))
    def reap_what_was_observed(self, seen: tuple[Lease, int]) -> None:
        lease, beat_ns = seen
        good = self.lives.holds(lease) and self.lives.runs[lease.run_id].beat_ns == beat_ns
        arguments = {"stamp": self.desk.stamp, "observed_beat_ns": beat_ns, "message": "x"}
        try:
            self.write(endings.reap, lease=lease, kind=ErrorKind.HUNG, **arguments)
        except LostLeaseError:
            assert not good, "a silent run was not reaped"
            return
        assert good, "a run that moved on was reaped"
        self.lives.fail(lease.run_id, ErrorKind.HUNG, self.now.ns)

    @rule(worker=crew)
    def sweep(self, worker: WorkerId) -> None:
        self.do(self.janitors[worker].sweep(POLICY))
        self.expect_rescue()
        self.expect_housekeeping()

    @rule(one=crew, other=crew)
    def sweep_at_once(self, one: WorkerId, other: WorkerId) -> None:
        """Janitors of two workers; both may believe that they are the eldest."""

        async def both() -> None:
            await asyncio.gather(*[self.janitors[each].sweep(POLICY) for each in (one, other)])

        self.do(both())
        self.expect_rescue()
        self.expect_housekeeping()

    def expect_rescue(self) -> None:
        """I5: whoever was gone or silent has lost its runs, and nobody else has."""
        limit = self.now.ns - int(POLICY.stale_after * 1e9)
        for run_id, life in list(self.lives.runs.items()):
            if life.status is RunStatus.PROCESSING:
                if life.owner not in self.living:
                    self.lives.fail(run_id, ErrorKind.WORKER_LOST, self.now.ns)
                elif life.beat_ns < limit:
                    self.lives.fail(run_id, ErrorKind.HUNG, self.now.ns)

    def expect_housekeeping(self) -> None:
        """The eldest lets go of what is old by the wall clock, and of nothing else."""
        wall_ms = self.desk.clock.wall_ms()
        for run_id in self.lives.runs.keys() - self.ids("runs"):
            assert self.lives.runs[run_id].old(POLICY, wall_ms), "pruned before its time"
            self.lives.prune(run_id, wall_ms)
        for run_id in self.lives.trash.keys() - self.ids("trash"):
            kept_ms = wall_ms - self.lives.trash[run_id].pruned_ms
            assert kept_ms >= POLICY.prune_grace * 1000, "gone for good before its time"
            self.lives.forget(run_id)

    def ids(self, table: str) -> set[RunId]:
        rows = self.do(self.desk.sql(f"SELECT run_id FROM {table}"))
        return {RunId(str(row[0])) for row in rows}

    @rule(target=pruned, keep=st.integers(0, 3))
    def prune(self, keep: int) -> Any:
        expected = self.lives.ended()[: -keep or None]
        plan = partial(prune.plan, stamp=self.desk.stamp, rule=PruneRule(keep=keep), policy=POLICY)
        planned = [item.run_id for item in self.do(self.desk.store.read(plan)).items]
        assert planned == expected, "not those that ended first"
        gone = self.do(prune_runs(self.desk.store, self.desk.clock, planned, OPERATOR))
        assert sorted(gone) == sorted(expected)
        for run_id in expected:
            self.lives.prune(run_id, self.desk.clock.wall_ms())
        return multiple(*expected)

    @rule(run_id=pruned, with_all=st.booleans())
    def restore(self, run_id: RunId, with_all: bool) -> None:
        """One run that was pruned at some time, or whatever is in the trash."""
        asked = list(self.lives.trash) if with_all else [run_id]
        back = self.do(restore_runs(self.desk.store, self.desk.clock, asked, OPERATOR))
        assert sorted(back) == sorted(self.lives.restore(asked, self.desk.clock.wall_ms()))
        for run_id in back:
            kinds = self.do(self.desk.event_kinds(run_id))
            assert kinds.count("restored") == self.lives.runs[run_id].restored

    @rule(seconds=st.sampled_from([0.1, 2, 5, 29, 31]))
    def tick(self, seconds: float) -> None:
        self.desk.clock.advance(seconds)

    @rule(hours=st.sampled_from([-24, -1, 1, 24]))
    def step_the_wall_clock(self, hours: int) -> None:
        self.desk.clock.step_wall(hours * HOUR)

    @invariant()
    def the_store_holds_what_it_must(self) -> None:
        type(self).steps += 1
        self.do(self.desk.store.read(partial(compare, lives=self.lives)))

    @invariant()
    def no_age_is_negative(self) -> None:
        def ages(db: sqlite3.Connection) -> list[float | None]:
            seen = query.vantage(db, self.desk.stamp, self.desk.store.paths)
            page = query.page(db, seen, 100, None)
            return [age for run in page.runs for age in (run.heartbeat_age_s, run.moved_age_s)]

        assert all(age is None or age >= 0 for age in self.do(self.desk.store.read(ages)))

    def teardown(self) -> None:
        try:
            self.all_runs_come_to_an_end()
        finally:
            self.do(self.closing.aclose())
            self.runner.close()
            self.open.close()
            shutil.rmtree(self.folder)

    def all_runs_come_to_an_end(self) -> None:
        """I5: when every worker has died, another one sees every run to its end."""
        self.living.clear()
        worker = self.engage()
        for _ in range(POLICY.max_attempts + 1):
            self.desk.clock.advance(20)
            self.sweep(worker)
            for claim in self.do(self.desk.claim(worker, 1000)):
                self.complete(self.lives.claim(claim.lease.run_id, worker, self.now.ns))
        assert all(life.ended for life in self.lives.runs.values())
        assert all(life.attempt <= POLICY.max_attempts for life in self.lives.runs.values())
        self.the_store_holds_what_it_must()


def test_every_sequence_of_operations_keeps_the_guarantees(
    record_property: Callable[[str, object], None],
) -> None:
    Lifecycle.steps = 0
    run_state_machine_as_test(
        Lifecycle if LONG else seed(QUICK_SEED)(Lifecycle),
        settings=settings(
            max_examples=rounds(50, per_thousand=2200),
            stateful_step_count=STEPS,
            database=None,
            # A counter-example is made small, which takes minutes, by `make faults` only.
            phases=list(Stage) if LONG else [Stage.generate],
        ),
    )
    record_property("stateful steps, 0 violations", Lifecycle.steps)
