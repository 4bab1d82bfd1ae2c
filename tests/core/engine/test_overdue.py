from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
import rehearsal
from shift import PATIENCE, Shift

from llmsdeck.engine import supervisor
from llmsdeck.engine.child import Attempt
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.messages import BeatMessage
from llmsdeck.job import Job
from llmsdeck.model import RunId
from llmsdeck.states import ErrorKind, Phase, RunStatus


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


async def test_an_attempt_obeys_a_time_limit_that_came_after_it(shift: Shift) -> None:
    run_id = await shift.start("wait")
    async with shift.working():
        await shift.until(run_id, lambda run: run.pid is not None, "processing")
        await shift.set_policy(run_timeout=0.1)
        run = await shift.ended(run_id)
    assert run.error_message == "It took longer than 0.1 s."


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
