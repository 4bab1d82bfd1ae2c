"""What a drill breaks, and what must hold all the same; each returns what it saw as a sentence."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.drill.ground import ACTOR, PATIENCE, BrokenError, Ground, ground, must, whole
from llmsdeck.errors import QueueFullError
from llmsdeck.model import ArtifactName, RunId
from llmsdeck.pruning import PruneRule
from llmsdeck.snapshot import Window
from llmsdeck.states import ErrorKind, RunStatus
from llmsdeck.verdict import Profile

_LOCKED_S: Final = 1.5
_TIMEOUT_S: Final = 2 * PATIENCE


async def _runs(here: Ground) -> str:
    await here.deck.ensure_worker()
    run = await here.ended(await here.start(here.small))
    whole(run)
    verdict = await here.deck.check(run.run_id, Profile.V1)
    must(verdict.passed, "The bundle does not pass its gates.")
    return f"{len(run.artifacts)} files, all as recorded; score {run.score}."


async def _full_queue(here: Ground) -> str:
    await here.deck.set_policy({"queue_cap": "1"}, ACTOR)
    first = await here.start(here.small)
    refused = (await here.ask(here.small)).error
    await here.deck.set_policy({"queue_cap": "default"}, ACTOR)
    must(isinstance(refused, QueueFullError), "A queue that was full took one more run.")
    (answer,) = await here.deck.cancel([first], ACTOR)
    must(answer.verdict == "cancelled", "A pending run could not be cancelled at once.")
    return "A full queue refuses aloud; a pending run is cancelled at once."


async def _killed_run_process(here: Ground) -> str:
    run_id, pid = await here.caught()
    here.signal(pid, signal.SIGKILL)
    run = await here.ended(run_id)
    whole(run)
    must(run.attempt > 1, "No further attempt was made.")
    return f"Attempt {run.attempt} completed it."


async def _killed_worker(here: Ground) -> str:
    run_id, _ = await here.caught()
    here.signal((await here.worker_of(run_id)).pid, signal.SIGKILL)
    await here.relieved()
    run = await here.ended(run_id)
    whole(run)
    return f"Another worker took the run over; attempt {run.attempt} completed it."


async def _hung_run(here: Ground) -> str:
    run_id, _ = await here.caught()
    lost = await here.until(run_id, lambda run: run.error_kind is not None, "that it is found")
    must(lost.error_kind is ErrorKind.HUNG, f"It was taken for {lost.error_kind}.")
    run = await here.ended(run_id)
    whole(run)
    return f"It was ended by force; attempt {run.attempt} completed it."


async def _stopped_worker(here: Ground) -> str:
    """A worker that sleeps through its own replacement must not publish when it wakes up."""
    run_id, _ = await here.caught()
    sleeper = (await here.worker_of(run_id)).pid
    here.signal(sleeper, signal.SIGSTOP)
    await here.until(run_id, lambda run: run.stale or run.orphan, "that it is stale")
    await here.relieved()
    run = await here.ended(run_id)
    whole(run)
    here.signal(sleeper, signal.SIGCONT)
    await _awake(here, sleeper)
    await _settled(here, run_id)
    again = await here.deck.find(run_id)
    whole(again)
    must(again.token == run.token, "The run changed after its end.")
    return "A worker that slept meanwhile published nothing when it woke up."


async def _awake(here: Ground, pid: int) -> None:
    """Until the worker beats again, or has found that it is not wanted any more."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while any(w.pid == pid and w.heartbeat_age_s > 1 for w in await here.deck.workers()):
        must(asyncio.get_running_loop().time() < deadline, "The worker did not wake up.")
        await asyncio.sleep(0.1)


async def _settled(here: Ground, run_id: RunId) -> None:
    """Until nothing but the run's own bundle is left of its attempts."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while len(here.bundles_of(run_id)) > 1:
        must(asyncio.get_running_loop().time() < deadline, "Folders of lost attempts are left.")
        await asyncio.sleep(0.1)


async def _cancel(here: Ground) -> str:
    run_id, _ = await here.caught()
    await here.deck.cancel([run_id], ACTOR)
    run = await here.ended(run_id)
    must(run.status is RunStatus.CANCELLED, f"The run that was cancelled is {run.status}.")
    must(not run.artifacts, "A cancelled run has published something.")
    (again,) = await here.deck.cancel([run_id], ACTOR)
    must(again.run == run, "A second cancel changed something.")
    return "A run process that does not listen is ended by force, and nothing is published."


async def _prune(here: Ground) -> str:
    await here.deck.ensure_worker()
    run = await here.ended(await here.start(here.small))
    before = await here.deck.read_artifact(run.run_id, ArtifactName.LLMS)
    plan = await here.deck.plan_prune(PruneRule(run_ids=(run.run_id,)))
    await here.deck.apply_prune(plan, ACTOR)
    must(not await here.deck.runs([run.run_id]), "A pruned run is still listed.")
    (back,) = await here.deck.restore([run.run_id], ACTOR)
    must(back.error is None, f"The run could not be brought back: {back.error}")
    whole(await here.deck.find(run.run_id))
    after = await here.deck.read_artifact(run.run_id, ArtifactName.LLMS)
    must(after == before, "The bundle that was brought back is another one.")
    return "A pruned run was brought back as it was."


async def _locked_store(here: Ground) -> str:
    with here.locked():
        starting = asyncio.create_task(here.start(here.small))
        await asyncio.sleep(_LOCKED_S)
        must(not starting.done(), "A write went through a lock of the store.")
    run_id = await starting
    await here.deck.ensure_worker()
    whole(await here.ended(run_id))
    return f"A start waited {_LOCKED_S:g} s for another program's lock and was accepted."


async def _counts(here: Ground) -> str:
    counts = (await here.deck.snapshot(Window(size=0))).counts
    must(counts.submitted == counts.kept + counts.pruned, "Runs are missing from the counts.")
    must(not counts.processing, "A run is still being processed.")
    return f"{counts.submitted} runs were accepted and {counts.kept} are there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One thing to break."""

    name: str
    guarantees: tuple[str, ...]
    """The numbers in docs/guarantees.md of what it shows."""
    show: Callable[[Ground], Awaitable[str]]


EXERCISES: Final = (
    # Before there is a worker, which would empty the queue.
    Exercise(name="full queue", guarantees=("I6", "I7"), show=_full_queue),
    Exercise(name="a run completes", guarantees=("I2",), show=_runs),
    Exercise(name="killed run process", guarantees=("I4", "I5"), show=_killed_run_process),
    Exercise(name="killed worker", guarantees=("I4", "I5"), show=_killed_worker),
    Exercise(name="hung run process", guarantees=("I5",), show=_hung_run),
    Exercise(name="worker that slept", guarantees=("I2", "I3"), show=_stopped_worker),
    Exercise(name="cancel by force", guarantees=("I3", "I6"), show=_cancel),
    Exercise(name="prune and restore", guarantees=("I1",), show=_prune),
    Exercise(name="locked store", guarantees=("I4",), show=_locked_store),
    Exercise(name="counts", guarantees=("I20",), show=_counts),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an exercise has shown."""

    name: str
    guarantees: tuple[str, ...]
    passed: bool
    seconds: float
    message: str
    """What was seen, or how the promise was broken."""


async def drill(
    exercises: Sequence[Exercise] = EXERCISES, clock: Clock | None = None
) -> AsyncIterator[Shown]:
    """Show each exercise in turn, on one throwaway store of which nothing is left at the end."""
    clock = clock or SystemClock()
    async with ground() as here:
        for exercise in exercises:
            began = clock.now()
            passed, message = await _shown(exercise, here)
            yield Shown(
                name=exercise.name,
                guarantees=exercise.guarantees,
                passed=passed,
                seconds=clock.now().seconds_since(began) or 0.0,
                message=message,
            )


async def _shown(exercise: Exercise, here: Ground) -> tuple[bool, str]:
    """Whether the promise held; whatever else goes wrong is a broken promise too."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return True, await exercise.show(here)
    except BrokenError as broken:
        return False, str(broken)
    except TimeoutError:
        return False, f"It took longer than {_TIMEOUT_S:.0f} s."
    except Exception as error:
        return False, f"An unexpected {type(error).__name__}: {error}"
