from __future__ import annotations

import asyncio
from dataclasses import asdict

import pytest
import rehearsal
from shift import Shift

from llmsdeck.engine import lanes as probing
from llmsdeck.model import Run
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.states import RunStatus
from llmsdeck.store import picture, query

RUNS = 12


async def snapshot(shift: Shift) -> DeckSnapshot:
    stamp, paths = shift.stamp, shift.store.paths
    return await shift.store.read(
        lambda db: picture.snapshot(db, stamp, paths, Window(), None, read_only=False)
    )


async def test_a_model_that_is_down_is_one_incident_and_costs_no_attempt(
    shift: Shift, caplog: pytest.LogCaptureFixture
) -> None:
    """Twelve queued runs wait for the model, one without a model does not, and all end well."""
    await shift.set_policy(sweep_interval=0.1)
    flag = shift.store.paths.root / "model-is-up"
    held = [await shift.start(str(n), model="tiny") for n in range(RUNS)]

    async def probe(server: str) -> bool:
        assert server == rehearsal.MODEL_SERVER
        return flag.exists()

    worker = shift.worker(rehearsal.need_the_model, probe=probe)
    working = asyncio.create_task(worker.run())
    for run_id in held:
        run = await shift.until(run_id, is_held, "held")
        assert run.held == f"{rehearsal.MODEL_SERVER} cannot be reached."
    await shift.swept()
    picture = await snapshot(shift)
    assert (picture.held, picture.counts.pending) == (RUNS, RUNS)
    (lane,) = picture.lanes
    assert lane.down_since is not None
    flag.touch()
    await working
    runs = [await shift.run(run_id) for run_id in held]
    assert {run.status for run in runs} == {RunStatus.COMPLETED}
    assert {run.attempt for run in runs} == {1}
    (lane,) = (await snapshot(shift)).lanes
    assert (lane.model, lane.tokens_per_s, lane.down_since) == ("tiny", 12.5, None)
    events = await shift.store.read(lambda db: query.events_after(db, None, 0, 1000))
    assert [event.kind for event in events] == ["model_down", "model_up"]
    assert caplog.messages == []


def is_held(run: Run) -> bool:
    return run.status is RunStatus.PENDING and run.held is not None


async def test_runs_that_can_do_without_a_model_go_on(shift: Shift) -> None:
    await shift.set_policy(sweep_interval=0.1)

    async def probe(server: str) -> bool:
        return False

    needy = await shift.start("a", model="tiny")
    worker = shift.worker(rehearsal.need_the_model, until_idle=False, probe=probe)
    working = asyncio.create_task(worker.run())
    await shift.until(needy, is_held, "held")
    plain = await shift.start("b", model="none")
    assert (await shift.ended(plain)).status is RunStatus.COMPLETED
    answer = await shift.cancel(needy)
    assert answer.verdict == "cancelled"
    worker.drain()
    worker.drain()
    await working


async def test_every_call_to_a_model_is_on_the_runs_record(shift: Shift) -> None:
    (shift.store.paths.root / "model-is-up").touch()
    run_id = await shift.start("a", model="tiny")
    await shift.worker(rehearsal.need_the_model).run()
    (event,) = [each for each in await shift.events(run_id) if each.kind == "model_call"]
    assert event.message == (
        "summary: 812 tokens in, 96 out, 4.2 s, 23 tok/s; not used: It repeats the title."
    )
    told = asdict(rehearsal.CALL)
    del told["said"]
    assert event.data == {**told, "text": None}


async def test_a_server_that_hangs_is_still_down(shift: Shift) -> None:
    asked = asyncio.Event()

    async def probe(server: str) -> bool:
        asked.set()
        return await asyncio.Future()

    probing_it = asyncio.create_task(probing.answers("http://x/v1", probe, patience=0.01))
    await asked.wait()
    assert await probing_it is False
