"""The wall clock is set forward and back under live workers: nothing is taken for lost."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from rounds import rounds
from shift import Shift

from llmsdeck.model import Run, RunId
from llmsdeck.states import Phase, RunStatus

HOUR = 3600.0
STEPS = (HOUR, -HOUR, 24 * HOUR, -24 * HOUR)


@pytest.fixture
def step_wall(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the wall clock of this process; what it reads from the machine is only moved."""
    offset = 0.0
    seconds, nanoseconds = time.time, time.time_ns

    def step(by: float) -> None:
        nonlocal offset
        offset += by

    monkeypatch.setattr(time, "time", lambda: seconds() + offset)
    monkeypatch.setattr(time, "time_ns", lambda: nanoseconds() + int(offset * 1e9))
    return step


def collecting(run: Run) -> bool:
    return run.phase is Phase.COLLECT and run.pid is not None


async def no_age_is_negative(shift: Shift, run_id: RunId) -> None:
    run = await shift.run(run_id)
    ages = (run.heartbeat_age_s, run.moved_age_s)
    assert all(age is not None and 0 <= age < 60 for age in ages), ages


async def test_a_step_of_the_wall_clock_rescues_nothing(
    shift: Shift, step_wall: Callable[[float], None], record_property: Callable[[str, object], None]
) -> None:
    count = rounds(1, per_thousand=5)
    working = await shift.start("wait")
    async with shift.working():
        await shift.until(working, collecting, "collecting")
        for _ in range(count):
            for seconds in STEPS:
                step_wall(seconds)
                await shift.swept()
                await shift.swept()
                await no_age_is_negative(shift, working)
        quick = await shift.start("succeed")
        assert (await shift.ended(quick)).status is RunStatus.COMPLETED
        run = await shift.run(working)
        assert (run.status, run.attempt, run.token) == (RunStatus.PROCESSING, 1, 1)
        kinds = [event.kind for event in await shift.events(working)]
        assert kinds == ["accepted", "claimed", "phase"]
    record_property("steps of the wall clock under a live worker, 0 false rescues", count * 4)
