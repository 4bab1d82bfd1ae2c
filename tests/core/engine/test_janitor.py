from __future__ import annotations

import asyncio
import logging
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from desk import OPERATOR, Desk

from llmsdeck import processes
from llmsdeck.cache import Cache
from llmsdeck.clock import Instant
from llmsdeck.engine.folders import (
    CHUNKS,
    CHUNKS_IN_LOG,
    collect_calls,
    collect_quarantine,
    empty_trash,
    prune_runs,
    restore_runs,
)
from llmsdeck.engine.janitor import Janitor
from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind, RunId, WorkerId
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, RunStatus
from llmsdeck.store import events, trash
from llmsdeck.testing import FakeClock

US = WorkerId("us")
POLICY = Policy()


@pytest.fixture
async def janitor(desk: Desk) -> Janitor:
    await desk.register(US, os.getpid(), processes.started(os.getpid()) or "")
    return Janitor(desk.store, desk.clock, US)


async def test_the_run_of_a_dead_worker_goes_back_to_the_queue(
    desk: Desk, janitor: Janitor
) -> None:
    lease = await desk.claimed(worker=WorkerId("gone"))
    await janitor.sweep(POLICY)
    run = await desk.run(lease.run_id)
    assert (run.status, run.error_kind) == (RunStatus.PENDING, ErrorKind.WORKER_LOST)
    assert run.error_message == "The attempt was lost: its worker is gone."


async def test_the_run_of_a_silent_worker_goes_back_as_hung(desk: Desk, janitor: Janitor) -> None:
    lease = await desk.claimed(worker=US)
    await janitor.sweep(POLICY)
    assert await desk.status(lease.run_id) is RunStatus.PROCESSING
    desk.clock.advance(31)
    await janitor.sweep(POLICY)
    run = await desk.run(lease.run_id)
    assert (run.status, run.error_kind) == (RunStatus.PENDING, ErrorKind.HUNG)


async def test_a_run_that_was_being_cancelled_ends_as_cancelled(
    desk: Desk, janitor: Janitor
) -> None:
    lease = await desk.claimed(worker=WorkerId("gone"))
    await desk.cancel(lease.run_id)
    await janitor.sweep(POLICY)
    assert await desk.status(lease.run_id) is RunStatus.CANCELLED


async def test_what_a_dead_worker_left_running_is_ended(desk: Desk, janitor: Janitor) -> None:
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    lease = await desk.claimed(worker=WorkerId("gone"))
    began = processes.started(left.pid)
    await desk.sql("UPDATE runs SET pid = ?, pid_started = ?", left.pid, began)
    await janitor.sweep(POLICY)
    assert await asyncio.to_thread(left.wait, 10) == -9
    assert await desk.status(lease.run_id) is RunStatus.PENDING


async def test_a_process_that_merely_has_the_number_is_left_alone(
    desk: Desk, janitor: Janitor
) -> None:
    bystander = subprocess.Popen(["sleep", "600"], start_new_session=True)
    await desk.claimed(worker=WorkerId("gone"))
    await desk.sql("UPDATE runs SET pid = ?, pid_started = 'another time'", bystander.pid)
    await janitor.sweep(POLICY)
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


async def test_dead_workers_leave_the_register_once_their_runs_are_rescued(
    desk: Desk, janitor: Janitor
) -> None:
    await desk.register(WorkerId("gone"), os.getpid(), "another time")
    await desk.claimed(worker=WorkerId("gone"))
    await janitor.sweep(POLICY)
    assert await desk.sql("SELECT worker_id FROM workers") == [("us",)]


async def test_only_the_eldest_keeps_house(desk: Desk, janitor: Janitor) -> None:
    began = processes.started(os.getpid()) or ""
    desk.clock.advance(1)
    await desk.register(WorkerId("younger"), os.getpid(), began)
    await desk.completed()
    desk.clock.advance(20)
    ttl = Policy(ttl_completed=10)
    await Janitor(desk.store, desk.clock, WorkerId("younger")).sweep(ttl)
    assert await desk.sql("SELECT count(*) FROM runs") == [(1,)]
    await janitor.sweep(ttl)
    assert await desk.sql("SELECT count(*) FROM runs") == [(0,)]


async def test_old_runs_go_and_their_folders_follow_after_the_grace(
    desk: Desk, janitor: Janitor
) -> None:
    run_id = await desk.completed()
    folder = desk.store.paths.attempt(run_id, 1)
    folder.mkdir(parents=True)
    (folder / "llms.txt").write_text("x")
    desk.clock.advance(10)
    policy = Policy(ttl_completed=10, prune_grace=60, stale_after=600)
    await janitor.sweep(policy)
    assert await desk.sql("SELECT count(*) FROM runs") == [(0,)]
    desk.clock.advance(59)
    await janitor.sweep(policy)
    assert folder.exists()
    desk.clock.advance(1)
    await janitor.sweep(policy)
    assert not folder.parent.exists()
    assert await desk.sql("SELECT count(*) FROM trash") == [(0,)]


async def test_what_was_brought_back_does_not_go_again_at_once(
    desk: Desk, janitor: Janitor
) -> None:
    run_id = await desk.completed()
    desk.clock.advance(10)
    policy = Policy(ttl_completed=10)
    await janitor.sweep(policy)
    back = await restore_runs(desk.store, desk.clock, [run_id], Actor(ActorKind.OPERATOR))
    await janitor.sweep(policy)
    assert (back, await desk.status(run_id)) == ((run_id,), RunStatus.COMPLETED)
    desk.clock.advance(10)
    await janitor.sweep(policy)
    assert await desk.sql("SELECT run_id FROM trash") == [(run_id,)]


async def test_the_folder_of_a_pruned_run_is_nobodys_only_once_the_trash_forgot_it(
    desk: Desk,
) -> None:
    """A crash after the row left the trash leaves a folder that the next search collects."""
    run_id = await desk.completed()
    folder = desk.store.paths.attempt(run_id, 1)
    folder.mkdir(parents=True)
    await prune_runs(desk.store, desk.clock, [run_id], Actor(ActorKind.OPERATOR))
    await collect_quarantine(desk.store)
    assert folder.exists()
    await desk.store.write(lambda db: trash.forget(db, [run_id]))
    await collect_quarantine(desk.store)
    assert not folder.exists()


def words_of(desk: Desk, run_id: RunId, *words: bytes) -> Path:
    """The folder in which words of a run's calls are kept."""
    for said in words:
        Cache(desk.store.paths.calls).put(said, run_id, said.decode())
    return desk.store.paths.calls / run_id


async def test_what_was_said_in_calls_goes_with_its_run(desk: Desk) -> None:
    kept = words_of(desk, await desk.completed(), b"kept")
    thrown = await desk.completed("/other")
    waits = words_of(desk, thrown, b"waits in the trash")
    gone = words_of(desk, RunId("gone"), b"gone")
    await prune_runs(desk.store, desk.clock, [thrown], Actor(ActorKind.OPERATOR))
    await collect_calls(desk.store, 1_000_000)
    assert (kept.exists(), waits.exists(), gone.exists()) == (True, True, False)
    desk.clock.advance(8 * 86_400)
    await empty_trash(desk.store, desk.clock, POLICY, 10)
    assert (kept.exists(), waits.exists()) == (True, False)


async def test_no_more_is_kept_of_calls_than_the_policy_says(desk: Desk, janitor: Janitor) -> None:
    folder = words_of(desk, await desk.completed(), b"one", b"two")
    await janitor.sweep(replace(POLICY, calls_mb=0))
    assert list(folder.iterdir()) == []


async def test_a_lowered_maximum_is_reached_by_the_next_sweep(desk: Desk, janitor: Janitor) -> None:
    runs = [await desk.completed(f"/{number}") for number in range(5)]
    await janitor.sweep(Policy(max_runs=2))
    assert await desk.sql("SELECT run_id FROM runs ORDER BY seq") == [(run,) for run in runs[3:]]
    assert await desk.sql("SELECT count(*) FROM trash") == [(3,)]


async def test_much_to_prune_does_not_keep_rescues_waiting(
    desk: Desk, janitor: Janitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.janitor.RUNS_AT_ONCE", 2)
    for number in range(5):
        await desk.completed(f"/{number}")
    desk.clock.advance(10)
    policy = Policy(ttl_completed=10, prune_grace=0)
    left: list[tuple[object, ...]] = []
    for _ in range(3):
        await janitor.sweep(policy)
        left += await desk.sql("SELECT count(*), (SELECT count(*) FROM trash) FROM runs")
    assert left == [(3, 0), (1, 0), (0, 0)]


async def test_events_about_the_store_do_not_pile_up(
    desk: Desk, janitor: Janitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_OF_STORE", 3)
    run_id = await desk.completed()
    for number in range(5):
        said = f"{number}"
        await desk.store.write(
            lambda db, said=said: events.append(db, desk.stamp, OPERATOR, "x", said)  # type: ignore[misc] # a default of a lambda
        )
    before = await desk.event_kinds(run_id)
    await janitor.sweep(POLICY)
    assert await desk.sql("SELECT message FROM events WHERE run_seq IS NULL ORDER BY seq") == [
        ("2",), ("3",), ("4",),
    ]  # fmt: skip
    assert await desk.event_kinds(run_id) == before


async def test_a_folder_that_can_be_no_runs_holds_the_search_for_strays_up_no_more(
    desk: Desk,
) -> None:
    stray = desk.store.paths.attempt(RunId("never-heard-of"), 1)
    stray.mkdir(parents=True)
    for folder in (desk.store.paths.bundles, desk.store.paths.calls):
        os.makedirs(os.path.join(os.fsencode(folder), b"\xff", b"1"))
    await collect_quarantine(desk.store)
    await collect_calls(desk.store, 1_000_000)
    assert not stray.exists()


async def test_folders_that_no_row_points_at_are_collected(desk: Desk) -> None:
    published = await desk.completed("/a")
    working = await desk.claimed("/b")
    kept = [desk.store.paths.attempt(published, 1), desk.store.paths.attempt(working.run_id, 1)]
    stray = [
        desk.store.paths.attempt(published, 9),
        desk.store.paths.attempt(RunId("never-heard-of"), 1),
    ]
    for folder in [*kept, *stray]:
        folder.mkdir(parents=True)
    await collect_quarantine(desk.store)
    assert [folder.exists() for folder in kept] == [True, True]
    assert [folder.exists() for folder in stray] == [False, False]


async def test_removing_runs_leaves_live_ones(desk: Desk) -> None:
    ended, live = await desk.completed("/a"), await desk.enqueue("/b")
    actor = Actor(ActorKind.OPERATOR)
    assert await prune_runs(desk.store, desk.clock, [live, ended], actor) == (ended,)
    assert await desk.sql("SELECT run_id FROM runs") == [(live,)]


class SlowClock(FakeClock):
    """By this clock whatever is timed takes a second, and nobody waits."""

    def now(self) -> Instant:
        self.advance(1)
        return super().now()

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


async def test_pruning_takes_small_steps_where_a_step_takes_long(desk: Desk) -> None:
    least, first, _ = CHUNKS
    run_ids = [await desk.completed() for _ in range(first + least + 1)]
    await prune_runs(desk.store, SlowClock(), run_ids, OPERATOR)
    said = await desk.sql("SELECT message FROM events WHERE kind = 'pruned' ORDER BY seq")
    assert said == [(f"Pruned {first} runs.",), (f"Pruned {least} runs.",), ("Pruned 1 run.",)]


async def test_pruning_much_begins_the_write_ahead_log_anew_on_the_way(desk: Desk) -> None:
    def beginnings() -> int:
        # Source: sqlite.org/fileformat2.html, the checkpoint sequence number of the log's header.
        return int.from_bytes(Path(f"{desk.store.paths.database}-wal").read_bytes()[12:16])

    least, first, _ = CHUNKS
    run_ids = [await desk.completed() for _ in range(first + CHUNKS_IN_LOG * least)]
    before = beginnings()
    await prune_runs(desk.store, SlowClock(), run_ids, OPERATOR)
    assert beginnings() == before + 1


async def test_starting_and_stopping_are_idempotent(desk: Desk, janitor: Janitor) -> None:
    def loops() -> int:
        return sum(task.get_name() == "janitor" for task in asyncio.all_tasks())

    for _ in range(3):
        janitor.start()
    assert loops() == 1
    for _ in range(2):
        await janitor.stop()
    assert loops() == 0
    janitor.start()
    assert loops() == 1
    await janitor.stop()


async def test_a_persistent_failure_is_logged_rarely_and_its_end_is_logged(
    desk: Desk,
    janitor: Janitor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sweeps = 0

    async def fail(policy: Policy) -> None:
        nonlocal sweeps
        sweeps += 1
        if sweeps <= 20:
            raise StoreError("The disk is full.")

    monkeypatch.setattr(janitor, "sweep", fail)
    caplog.set_level(logging.WARNING)
    janitor.start()
    while sweeps < 22:
        desk.clock.advance(5)
        await desk.sql("SELECT 1")
    await janitor.stop()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 6
    assert said[0] == "Maintenance failed: The disk is full."
    assert said[-1] == "Maintenance works again after 20 failures"


async def test_the_health_of_maintenance_is_on_the_register(
    desk: Desk, janitor: Janitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(policy: Policy) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(janitor, "sweep", fail)
    janitor.start()
    reported: list[tuple[object, ...]] = [(None,)]
    while reported == [(None,)]:
        reported = await desk.sql("SELECT sweep_error FROM workers")
    await janitor.stop()
    assert reported == [("The disk is full.",)]


async def test_a_stray_file_among_the_bundles_does_no_harm(desk: Desk, janitor: Janitor) -> None:
    (desk.store.paths.bundles / ".DS_Store").write_text("x")
    folder = desk.store.paths.attempt(RunId("never-heard-of"), 1)
    folder.mkdir(parents=True)
    await janitor.sweep(POLICY)
    assert [entry.name for entry in desk.store.paths.bundles.iterdir()] == [".DS_Store"]
