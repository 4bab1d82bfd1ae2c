"""Runs end to end: accepted in one process, executed in another, and on record as completed."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.errands import ERRAND
from bench.figures import Row, at_least, in_turns
from bench.lives import CLOCK, OPERATOR, ROOMY
from bench.marks import Marks
from bench.programs import running
from bench.setting import Setting, answer, environment, own
from llmsdeck.model import NO_MODEL, ArtifactName, RunId, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.store import intents
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store, open_store

AT_ONCE: Final = 10
_CALLERS: Final = 20


def throughput(setting: Setting) -> Iterator[Row]:
    """Errands per second, against Huey on the same file system with the same durability."""
    count = setting.pick(400, 1200)
    measures: dict[str, Callable[[], float]] = {
        "plain": partial(errands_per_second, setting, count),
        "beating": partial(errands_per_second, setting, count, 3),
    }
    python = setting.peers.package("huey")
    if python is not None:
        measures["huey"] = partial(_huey, setting, python, count)
    taken = in_turns(setting.rounds, measures)
    for name, key, least in (("", "plain", 3.0), (", 3 beats each", "beating", 1.6)):
        yield Row(
            name=f"runs/s end to end, FULL, {AT_ONCE} at once{name}",
            unit="/s",
            ours=taken[key],
            peer="Huey, SQLite, 10 threads",
            theirs=taken.get("huey", ()),
            target=at_least(least),
            note="ours writes and syncs one file a run",
        )


def errands_per_second(setting: Setting, count: int, beats: int = 0) -> float:
    """How many of our runs that do nothing come to their end in a second."""
    with setting.folder(kept=True) as folder, worker(folder, AT_ONCE, count, beats=beats):
        return count / asyncio.run(_fed(folder, count))


async def _fed(folder: Path, count: int) -> float:
    """Seconds from the first request until every run is on record as completed."""
    async with open_store(StorePaths(folder)) as store:
        began = time.monotonic()
        numbers = iter(range(count))

        async def caller() -> None:
            for number in numbers:
                await request(store, f"{ERRAND}{number}")

        await asyncio.gather(*(caller() for _ in range(_CALLERS)))
        while await completed(store) < count:
            await store.changed(1)
        return time.monotonic() - began


async def request(store: Store, source: str, model: str = NO_MODEL) -> RunId:
    """Accept a run of a source, durably."""
    stamp = Stamp.of(CLOCK)
    asked = RunRequest(source=source, artifacts=(ArtifactName.LLMS,), model=model, force=True)
    run_id, _ = await store.write(lambda db: intents.enqueue(db, stamp, asked, OPERATOR, ROOMY))
    return run_id


async def cancel(store: Store, run_id: RunId) -> None:
    """Ask for the cancel of a run, durably."""
    stamp = Stamp.of(CLOCK)
    await store.write(lambda db: intents.cancel(db, stamp, run_id, OPERATOR))


async def completed(store: Store) -> int:
    """How many runs have completed."""
    return await store.read(
        lambda db: int(db.execute("SELECT n FROM counters WHERE name = 'completed'").fetchone()[0])
    )


@contextlib.contextmanager
def worker(
    folder: Path, slots: int, count: int, *, beats: int = 0
) -> Generator[subprocess.Popen[bytes]]:
    """A worker of errands that has registered; drained at the end."""
    with running(own("errands", folder, slots, beats, count), environment()) as process:
        asyncio.run(_registered(folder))
        yield process


async def _registered(folder: Path) -> None:
    async with open_store(StorePaths(folder)) as store:
        while not await store.read(
            lambda db: db.execute("SELECT count(*) FROM workers").fetchone()[0]
        ):
            await store.changed(0.1)


@contextlib.contextmanager
def huey_worker(python: Path, folder: Path, count: int) -> Generator[subprocess.Popen[bytes]]:
    """Huey's consumer as its documentation starts it, ready to work."""
    consumer = python.parent / "huey_consumer"
    command = [str(consumer), "bench.huey_worker.huey", "-w", str(AT_ONCE), "-k", "thread"]
    with running(command, huey_environment(folder, count)) as process:
        Marks(folder / "marks", count)
        huey_errands(python, folder, count, 0, 1)
        Marks(folder / "marks", count).wait_for(0)
        yield process


def huey_errands(python: Path, folder: Path, count: int, first: int, end: int) -> list[int]:
    """Enqueue errands with Huey; when it began and when each was accepted, in nanoseconds."""
    # Not `-m`: under another name, the module's task would be another one than the consumer's.
    enqueue = "from bench.huey_worker import main; main()"
    command = [str(python), "-c", enqueue, str(first), str(end)]
    told = answer(command, huey_environment(folder, count))
    return [int(told["began"]), *map(int, told["accepted"])]


def huey_environment(folder: Path, count: int) -> dict[str, str]:
    """What the peer's programs are told."""
    return {**environment(), "BENCH_FOLDER": str(folder), "BENCH_COUNT": str(count)}


def _huey(setting: Setting, python: Path, count: int) -> float:
    with setting.folder(kept=True) as folder, huey_worker(python, folder, count + 1):
        began = huey_errands(python, folder, count + 1, 1, count + 1)[0] / 1e9
        return count / (Marks(folder / "marks", count + 1).last() - began)
