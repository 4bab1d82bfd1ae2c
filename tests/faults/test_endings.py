"""A worker that stops, and a cancel that arrives at the worst moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inline import InlineExecutor
from shift import BRISK, Shift

from llmsdeck.engine.heart import Heart
from llmsdeck.engine.janitor import Janitor
from llmsdeck.engine.publish import seal
from llmsdeck.engine.supervisor import Supervisor
from llmsdeck.engine.worker import Worker
from llmsdeck.model import Artifact, ArtifactName, Run
from llmsdeck.states import Phase, RunStatus


def collecting(run: Run) -> bool:
    return run.phase is Phase.COLLECT and run.pid is not None


async def test_the_beat_is_the_last_thing_that_a_worker_stops(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    def note_the_end(owner: type[Any], name: str, label: str) -> None:
        wrapped = getattr(owner, name)

        async def run(self: object) -> None:
            try:
                await wrapped(self)
            finally:
                stopped.append(label)

        monkeypatch.setattr(owner, name, run)

    note_the_end(Heart, "run", "beat")
    note_the_end(Supervisor, "run", "attempt")
    note_the_end(Janitor, "stop", "maintenance")
    run_id = await shift.start("wait")
    working = asyncio.create_task(Worker(shift.store, shift.clock, InlineExecutor()).run())
    await shift.until(run_id, collecting, "collecting")
    working.cancel()
    await asyncio.wait([working])
    assert stopped == ["attempt", "maintenance", "beat"]


async def test_a_drain_that_takes_longer_than_a_lease_loses_nothing(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.worker.DRAIN_GRACE", 60)
    run_id = await shift.start("linger-once")
    draining = shift.worker(until_idle=False)
    task = asyncio.create_task(draining.run())
    await shift.until(run_id, collecting, "collecting")
    async with shift.working():
        draining.drain()
        ended = asyncio.create_task(shift.ended(run_id))
        await asyncio.wait([ended], timeout=2 * BRISK["stale_after"])
        assert (await shift.run(run_id)).attempt == 1
        (shift.store.paths.root / "go").touch()
        run = await ended
    await task
    assert (run.status, run.attempt, run.worker) == (RunStatus.COMPLETED, 1, draining.worker_id)


async def test_a_cancel_between_the_last_file_and_publication_wins(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await shift.start("anything")
    loop = asyncio.get_running_loop()

    def cancel_then_seal(folder: Path, names: Sequence[ArtifactName]) -> tuple[Artifact, ...]:
        cancelled = asyncio.run_coroutine_threadsafe(shift.cancel(run_id), loop)
        assert cancelled.result(10).verdict == "requested"
        return seal(folder, names)

    monkeypatch.setattr("llmsdeck.engine.record.seal", cancel_then_seal)
    await Worker(shift.store, shift.clock, InlineExecutor(), slots=1, until_idle=True).run()
    run = await shift.run(run_id)
    assert (run.status, run.artifacts) == (RunStatus.CANCELLED, ())
    assert list(shift.store.paths.bundles.glob("*/*")) == []
