from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from shift import PATIENCE, Shift, collecting

from llmsdeck import processes
from llmsdeck.engine.publish import seal
from llmsdeck.model import Artifact, ArtifactName
from llmsdeck.states import TERMINAL, CancelState, Phase, RunStatus


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


async def test_a_cancel_obeys_a_grace_that_came_after_the_attempt(shift: Shift) -> None:
    await shift.set_policy(cancel_grace=3600)
    run_id = await shift.start("refuse-to-stop")
    async with shift.working():
        await shift.until(run_id, lambda run: run.phase is not None, "processing")
        await shift.set_policy(cancel_grace=0.1)
        await shift.cancel(run_id)
        assert (await shift.ended(run_id)).status is RunStatus.CANCELLED
