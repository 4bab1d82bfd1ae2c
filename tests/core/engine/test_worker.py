from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
import rehearsal
from offspring import back_to, holdings
from shift import PATIENCE, Shift

from llmsdeck import processes
from llmsdeck.engine import supervisor
from llmsdeck.engine.child import Attempt
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.heart import Heart
from llmsdeck.engine.messages import BeatMessage
from llmsdeck.engine.publish import seal
from llmsdeck.job import Job
from llmsdeck.model import Artifact, ArtifactName, Run, RunId
from llmsdeck.states import TERMINAL, CancelState, ErrorKind, Outcome, Phase, RunStatus


def collecting(run: Run) -> bool:
    return run.phase is Phase.COLLECT and run.pid is not None


async def test_a_run_is_worked_on_in_its_own_process_and_published(shift: Shift) -> None:
    run_id = await shift.start("succeed")
    await shift.worker(rehearsal.succeed).run()
    run = await shift.run(run_id)
    assert (run.status, run.outcome, run.score) == (RunStatus.COMPLETED, Outcome.GOOD, 90)
    (artifact,) = run.artifacts
    content = Path(artifact.path).read_bytes()
    assert artifact.size_bytes == len(content)
    assert artifact.hash_sha256 == hashlib.sha256(content).hexdigest()
    assert [(w.kind, w.count) for w in run.warnings] == [("files", 2)]


@pytest.mark.parametrize(
    ("behaviour", "kind", "message"),
    [
        ("raise", ErrorKind.INTERNAL, "ValueError: no such luck"),
        ("bad-source", ErrorKind.SOURCE, "The folder is empty."),
        ("hoard-memory", ErrorKind.INTERNAL, "The run needed more than 4 GiB of memory."),
    ],
)
async def test_an_exception_ends_the_run_with_its_reason(
    shift: Shift, behaviour: str, kind: ErrorKind, message: str
) -> None:
    run_id = await shift.start(behaviour)
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind) == (RunStatus.FAILED, kind)
    assert message in (run.error_message or "")


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("exit", "ended with exit code 3"),
        ("kill-itself", "was killed by SIGKILL"),
        ("close-the-link", "fell silent and was killed by SIGKILL"),
    ],
)
async def test_a_process_that_is_lost_is_tried_again_and_then_fails(
    shift: Shift, behaviour: str, message: str
) -> None:
    await shift.set_policy(stale_after=60)
    run_id = await shift.start(behaviour)
    await shift.store.write(lambda db: db.execute("UPDATE runs SET max_attempts = 2"))
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind, run.attempt) == (
        RunStatus.FAILED,
        ErrorKind.WORKER_LOST,
        2,
    )
    assert message in (run.error_message or "")


async def test_a_process_killed_from_outside_is_said_and_retried(shift: Shift) -> None:
    run_id = await shift.start("wait")
    async with shift.working():
        run = await shift.until(run_id, collecting, "collecting")
        assert run.pid is not None
        os.kill(run.pid, signal.SIGKILL)
        run = await shift.until(run_id, lambda run: run.attempt == 2, "in its second attempt")
        said = [event.message for event in await shift.events(run_id)]
        assert "The run process was killed by SIGKILL. Attempt 2 follows in 1 s." in said


async def test_a_second_attempt_can_succeed(shift: Shift) -> None:
    run_id = await shift.start("die-once")
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.attempt, run.error_kind) == (RunStatus.COMPLETED, 2, None)


@pytest.mark.parametrize(
    "behaviour",
    [
        "wait",
        "lingering-thread",
        "refuse-to-stop",
        "ignore-sigterm",
        "block-the-loop",
        "hold-the-gil",
    ],
)
async def test_a_cancel_stops_whatever_the_attempt_does(shift: Shift, behaviour: str) -> None:
    await shift.set_policy(stale_after=60)
    run_id = await shift.start(behaviour)
    async with shift.working():
        run = await shift.until(run_id, collecting, "collecting")
        assert run.pid is not None
        began = processes.started(run.pid)
        assert (await shift.cancel(run_id)).verdict == "requested"
        ended = await shift.ended(run_id)
    assert ended.status is RunStatus.CANCELLED
    assert ended.cancel is not None
    assert (ended.cancel.state, ended.cancel.verdict) == (CancelState.STOPPED, "cancelled")
    assert ended.artifacts == ()
    assert list(shift.store.paths.bundles.glob("*/*")) == []
    assert began is None or not processes.is_same(run.pid, began)


async def test_the_ladder_is_on_record(shift: Shift) -> None:
    run_id = await shift.start("wait")
    async with shift.working():
        await shift.until(run_id, collecting, "collecting")
        await shift.cancel(run_id)
        await shift.ended(run_id)
    kinds = [event.kind for event in await shift.events(run_id)]
    assert kinds[-4:] == ["cancel_requested", "cancel_seen", "cancel_stopping", "cancelled"]


async def test_a_run_that_takes_too_long_fails_as_timeout(shift: Shift) -> None:
    run_id = await shift.start("wait", timeout_s=0.2)
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind) == (RunStatus.FAILED, ErrorKind.TIMEOUT)
    assert run.error_message == "It took longer than 0.2 s."


async def test_a_phase_that_takes_too_long_fails_as_timeout(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.supervisor.PHASE_TIMEOUTS", {Phase.COLLECT: 0.2})
    run_id = await shift.start("wait")
    await shift.worker().run()
    assert (await shift.run(run_id)).error_message == "Its phase collect took longer than 0.2 s."


@pytest.mark.parametrize("behaviour", ["block-the-loop", "hold-the-gil"])
async def test_a_hung_loop_is_noticed_although_its_process_lives(
    shift: Shift, behaviour: str
) -> None:
    run_id = await shift.start(behaviour)
    await shift.store.write(lambda db: db.execute("UPDATE runs SET max_attempts = 1"))
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind) == (RunStatus.FAILED, ErrorKind.HUNG)


async def test_a_run_process_that_hangs_with_nobody_left_to_end_it_ends_itself(
    tmp_path: Path,
) -> None:
    job = Job(run_id=RunId("hangs"), source="hold-the-gil", ref=None, artifacts=(), model="none")
    attempt = Attempt(job=job, folder=tmp_path / "out", heartbeat_interval=0.1, silence_limit=0.5)
    execution = await ProcessExecutor(rehearsal.misbehave).start(attempt)
    try:
        async with asyncio.timeout(PATIENCE):
            assert await execution.ended() == "was killed by SIGALRM"
    finally:
        execution.signal(signal.SIGKILL)


async def test_beats_keep_a_run_process_from_ending_itself(tmp_path: Path) -> None:
    job = Job(run_id=RunId("waits"), source="wait", ref=None, artifacts=(), model="none")
    attempt = Attempt(job=job, folder=tmp_path / "out", heartbeat_interval=0.05, silence_limit=4.0)
    execution = await ProcessExecutor(rehearsal.misbehave).start(attempt)
    beats = 0
    async with asyncio.timeout(PATIENCE):
        async for message in execution.messages():
            beats += isinstance(message, BeatMessage)
            if beats == 90:
                execution.cancel()
        assert await execution.ended() == "ended with exit code 0"


async def test_an_attempt_that_leaves_a_link_instead_of_a_file_is_rejected(shift: Shift) -> None:
    run_id = await shift.start("link")
    await shift.worker(rehearsal.promise_a_link).run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind) == (RunStatus.FAILED, ErrorKind.REJECTED)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"force": False}, "a bundle, what is kept"),
        ({"force": False, "fresh": True}, "no bundle, nothing is kept"),
        ({"force": True}, "no bundle, nothing is kept"),
    ],
)
async def test_an_attempt_is_told_whether_earlier_runs_count(
    shift: Shift, asked: dict[str, bool], told: str
) -> None:
    await shift.start("src")
    await shift.worker(rehearsal.succeed).run()
    run_id = await shift.start("src", **asked)
    await shift.worker(rehearsal.tell_what_may_be_used).run()
    said = [event.message for event in await shift.events(run_id) if event.kind == "told"]
    assert said == [told]


async def test_no_more_runs_than_slots_are_worked_on(shift: Shift) -> None:
    runs = [await shift.start("wait") for _ in range(4)]
    async with shift.working():
        for run_id in runs[:2]:
            await shift.until(run_id, collecting, "collecting")
        statuses = [(await shift.run(run_id)).status for run_id in runs]
    assert statuses == [RunStatus.PROCESSING] * 2 + [RunStatus.PENDING] * 2


async def test_a_drained_worker_gives_its_runs_back_uncounted(shift: Shift) -> None:
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    worker.drain()
    worker.drain()
    await task
    run = await shift.run(run_id)
    assert (run.status, run.attempt) == (RunStatus.PENDING, 0)
    assert (await shift.events(run_id))[-1].kind == "released"


async def test_a_draining_worker_still_obeys_a_cancel(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.worker.DRAIN_GRACE", 60)
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    worker.drain()
    await shift.cancel(run_id)
    assert (await shift.ended(run_id)).status is RunStatus.CANCELLED
    await task


async def test_a_worker_leaves_no_process_thread_or_descriptor_behind(shift: Shift) -> None:
    async def work() -> None:
        await shift.start("succeed")
        await shift.worker(rehearsal.succeed).run()

    await work()
    before = holdings()
    for _ in range(3):
        await work()
    await back_to(before)


async def test_a_stopped_worker_is_off_the_register(shift: Shift) -> None:
    async with shift.working() as worker:
        run_id = await shift.start("succeed")
        await shift.ended(run_id)
        registered = await shift.store.read(
            lambda db: db.execute("SELECT worker_id FROM workers").fetchall()
        )
        assert [row["worker_id"] for row in registered] == [worker.worker_id]
    rows = await shift.store.read(lambda db: db.execute("SELECT * FROM workers").fetchall())
    assert rows == []


async def test_text_in_any_script_reaches_the_row(shift: Shift) -> None:
    warned = await shift.start("warn-in-any-script")
    failed = await shift.start("bad-source-in-any-script")
    await shift.worker().run()
    assert (await shift.run(warned)).warnings[0].message == "Café \U0001f600.md was skipped."
    run = await shift.run(failed)
    assert (run.error_kind, run.error_message) == (
        ErrorKind.SOURCE,
        "The folder '/tmp/\U0001f600' is empty.",
    )


async def test_a_bundle_without_what_was_asked_for_is_not_published(shift: Shift) -> None:
    run_id = await shift.start("nothing")
    await shift.store.write(lambda db: db.execute("UPDATE runs SET max_attempts = 1"))
    await shift.worker(rehearsal.leave_nothing).run()
    assert (await shift.run(run_id)).status is RunStatus.FAILED
    full = await shift.start("succeed", artifacts=(ArtifactName.LLMS, ArtifactName.LLMS_FULL))
    await shift.worker().run()
    run = await shift.run(full)
    assert (run.error_kind, run.error_message) == (
        ErrorKind.REJECTED,
        "The attempt did not leave llms-full.txt.",
    )


async def test_phases_only_go_forward(shift: Shift) -> None:
    run_id = await shift.start("go-back-and-forth")
    await shift.worker().run()
    said = [event.message for event in await shift.events(run_id) if event.kind == "phase"]
    assert said == ["Began to collect.", "Began to analyse.", "Began to write."]


@pytest.mark.parametrize("behaviour", ["leave-a-process-and-wait", "leave-a-process-and-die"])
async def test_what_the_run_process_started_goes_with_it(shift: Shift, behaviour: str) -> None:
    run_id = await shift.start(behaviour)
    await shift.store.write(lambda db: db.execute("UPDATE runs SET max_attempts = 1"))
    async with shift.working():
        await shift.until(
            run_id, lambda run: run.phase is Phase.ANALYSE or run.status in TERMINAL, "analysing"
        )
        await shift.cancel(run_id)
        await shift.ended(run_id)
    left = int((shift.store.paths.root / "left").read_text())
    async with asyncio.timeout(PATIENCE):
        while processes.started(left) is not None:
            await shift.store.changed(0.05)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


async def test_the_fork_server_outlives_signals_meant_for_its_worker(shift: Shift) -> None:
    run_id = await shift.start("wait")
    async with shift.working():
        run = await shift.until(run_id, collecting, "collecting")
        assert run.pid is not None
        server = parent(run.pid)
        for number in (signal.SIGTERM, signal.SIGHUP):
            os.kill(server, number)
        await shift.ended(await shift.start("succeed"))
        assert parent(run.pid) == server


async def test_a_cancel_ends_the_run_although_the_fork_server_died(shift: Shift) -> None:
    run_id = await shift.start("refuse-to-stop")
    async with shift.working():
        run = await shift.until(run_id, collecting, "collecting")
        assert run.pid is not None
        os.kill(parent(run.pid), signal.SIGKILL)
        await shift.cancel(run_id)
        ended = await shift.ended(run_id)
    assert ended.status is RunStatus.CANCELLED
    assert processes.started(run.pid) is None


async def test_a_cancel_while_the_bundle_is_sealed_publishes_nothing(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await shift.start("succeed")
    loop = asyncio.get_running_loop()

    def seal_slowly(folder: Path, names: Sequence[ArtifactName]) -> tuple[Artifact, ...]:
        asyncio.run_coroutine_threadsafe(shift.cancel(run_id), loop).result(PATIENCE)
        return seal(folder, names)

    monkeypatch.setattr("llmsdeck.engine.record.seal", seal_slowly)
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.artifacts) == (RunStatus.CANCELLED, ())


async def test_a_draining_worker_says_so(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmsdeck.engine.worker.DRAIN_GRACE", 60)
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    worker.drain()
    async with asyncio.timeout(PATIENCE):
        while await shift.worker_states() != ["draining"]:
            await shift.store.changed(0.1)
    worker.drain()
    await task


async def test_a_worker_that_was_struck_off_registers_again(shift: Shift) -> None:
    async with shift.working():
        async with asyncio.timeout(PATIENCE):
            while await shift.worker_states() != ["running"]:
                await shift.store.changed(0.1)
            await shift.store.write(lambda db: db.execute("DELETE FROM workers"))
            while await shift.worker_states() != ["running"]:
                await shift.store.changed(0.1)


async def test_a_worker_does_not_go_on_without_its_heart(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(heart: Heart) -> None:
        raise RuntimeError("no more")

    monkeypatch.setattr(Heart, "run", fail)
    with pytest.raises(RuntimeError, match="no more"):
        await shift.worker(until_idle=False).run()
    assert await shift.worker_states() == []


async def test_a_worker_obeys_a_change_of_slots_while_it_works(shift: Shift) -> None:
    runs = [await shift.start("wait") for _ in range(3)]
    await shift.set_policy(slots=1)
    async with shift.working(slots=None):
        await shift.until(runs[0], lambda run: run.pid is not None, "processing")
        assert (await shift.run(runs[1])).status is RunStatus.PENDING
        await shift.set_policy(slots=2)
        await shift.until(runs[1], lambda run: run.pid is not None, "processing")
        assert (await shift.run(runs[2])).status is RunStatus.PENDING


async def test_an_attempt_obeys_a_time_limit_that_came_after_it(shift: Shift) -> None:
    run_id = await shift.start("wait")
    async with shift.working():
        await shift.until(run_id, lambda run: run.pid is not None, "processing")
        await shift.set_policy(run_timeout=0.1)
        run = await shift.ended(run_id)
    assert run.error_message == "It took longer than 0.1 s."


async def test_a_cancel_obeys_a_grace_that_came_after_the_attempt(shift: Shift) -> None:
    await shift.set_policy(cancel_grace=3600)
    run_id = await shift.start("refuse-to-stop")
    async with shift.working():
        await shift.until(run_id, lambda run: run.phase is not None, "processing")
        await shift.set_policy(cancel_grace=0.1)
        await shift.cancel(run_id)
        assert (await shift.ended(run_id)).status is RunStatus.CANCELLED


async def test_a_change_of_policy_ends_long_waits(shift: Shift) -> None:
    """A worker that beats and sweeps once an hour begins to do so often within a second."""
    await shift.set_policy(heartbeat_interval=3600, sweep_interval=3600, stale_after=36000)
    async with shift.working():
        await shift.until_worker(lambda worker: worker.sweep_age_s is not None)
        await shift.until_worker(lambda worker: worker.heartbeat_age_s > 0.3)
        await shift.set_policy(heartbeat_interval=0.1, sweep_interval=0.1)
        await shift.until_worker(
            lambda worker: worker.heartbeat_age_s < 0.2 and (worker.sweep_age_s or 9) < 0.2
        )


async def test_a_run_process_beats_often_however_long_the_interval(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later, shorter `stale_after` must not find a healthy attempt silent."""
    monkeypatch.setattr(supervisor, "SLOWEST_BEAT", 0.05)
    await shift.set_policy(heartbeat_interval=60, stale_after=600)
    await shift.start("wait")
    beats: set[int] = set()
    async with shift.working(), asyncio.timeout(PATIENCE):
        while len(beats) < 6:
            rows = await shift.store.read(
                lambda db: db.execute("SELECT beat_ns FROM runs").fetchall()
            )
            beats.add(rows[0]["beat_ns"])
            await shift.store.changed(0.1)
