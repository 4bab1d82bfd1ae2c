"""Runs that only live: accepted, claimed, three beats, completed; each step waits for the disk."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Final, TypeVar

from bench.plain import BEATS
from llmsdeck.clock import SystemClock
from llmsdeck.errors import StoreBusyError
from llmsdeck.model import Actor, ActorKind, Artifact, ArtifactName, RunRequest, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import Outcome
from llmsdeck.store import endings, intents, leases
from llmsdeck.store.endings import Completion
from llmsdeck.store.leases import Beat
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store, open_store

Result = TypeVar("Result")

CLOCK: Final = SystemClock()
OPERATOR: Final = Actor(ActorKind.OPERATOR, "bench")
ROOMY: Final = Policy(queue_cap=100_000)
SWEEP: Final = 1.0
"""Seconds between two checkpoints; a worker's janitor takes five times as long."""
MADE: Final = Completion(
    commit="0" * 40,
    outcome=Outcome.GOOD,
    score=93,
    artifacts=(
        Artifact(name=ArtifactName.LLMS, path="", size_bytes=4096, hash_sha256="0" * 64),
        Artifact(name=ArtifactName.LLMS_FULL, path="", size_bytes=65536, hash_sha256="0" * 64),
    ),
    warnings=(),
)


class Lives:
    """Callers of one process, each with one run after the other."""

    def __init__(self, store: Store, worker: str = "bench") -> None:
        self._store = store
        self._worker = WorkerId(worker)
        self._numbers = itertools.count()
        self.waits: list[float] = []
        """Seconds that each step took."""
        self.busy = 0
        """Steps that ended because another process held the lock for too long."""

    async def live(self, runs: int, callers: int) -> None:
        """Live so many runs, some at a time."""
        numbers = iter(range(runs))

        async def caller() -> None:
            for _ in numbers:
                await self._live_one()

        await asyncio.gather(*(caller() for _ in range(callers)))

    async def _live_one(self) -> None:
        write, beat = self._store.write, self._store.beat
        request = RunRequest(source=f"/{self._worker}/{next(self._numbers)}", force=True)
        await self._step(write, lambda db: intents.enqueue(db, _stamp(), request, OPERATOR, ROOMY))
        (claim,) = await self._step(write, lambda db: leases.claim(db, _stamp(), self._worker, 1))
        for done in range(BEATS):
            now = CLOCK.now()
            sign = Beat(lease=claim.lease, at=now, moved=now, done=done, total=BEATS)
            await self._step(beat, partial(leases.beat, beats=[sign]))
        await self._step(
            write,
            lambda db: endings.complete(db, _stamp(), claim.lease, self._worker, MADE, None),
        )

    async def _step(
        self,
        write: Callable[[Callable[[Connection], Result]], Awaitable[Result]],
        operation: Callable[[Connection], Result],
    ) -> Result:
        began = time.perf_counter()
        try:
            return await write(operation)
        except StoreBusyError:
            self.busy += 1
            raise
        finally:
            self.waits.append(time.perf_counter() - began)


def _stamp() -> Stamp:
    return Stamp.of(CLOCK)


async def sweep(store: Store) -> None:
    """Checkpoint now and then, as the elected worker does, until cancelled."""
    while True:
        await asyncio.sleep(SWEEP)
        await store.checkpoint()


async def _main(folder: Path, runs: int, callers: int, start: float, elected: bool) -> None:
    async with open_store(StorePaths(folder)) as store:
        lives = Lives(store, f"bench-{start}-{id(store)}")
        await asyncio.sleep(max(0.0, start - time.monotonic()))
        began = time.monotonic()
        sweeper = asyncio.create_task(sweep(store)) if elected else None
        await lives.live(runs, callers)
        if sweeper is not None:
            sweeper.cancel()
            await store.checkpoint()
        end = time.monotonic()
    told = {"seconds": end - began, "end": end, "waits": lives.waits, "busy": lives.busy}
    print(json.dumps(told))


if __name__ == "__main__":
    path, runs, callers, start, elected = sys.argv[1:6]
    asyncio.run(_main(Path(path), int(runs), int(callers), float(start), elected == "elected"))
