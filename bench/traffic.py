"""A worker's register entry and its running attempts, beating as often as told."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from bench.lives import CLOCK, OPERATOR, ROOMY
from llmsdeck import processes
from llmsdeck.model import RunRequest, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.states import Phase
from llmsdeck.store import intents, leases, workers
from llmsdeck.store.leases import Beat, Claim
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import open_store
from llmsdeck.store.workers import Registration

RUNNING: Final = 50
_TOTAL: Final = 480
_WORKER: Final = WorkerId("bench")
_OWN_BEAT: Final = 2.0


async def _main(folder: Path, running: int, hertz: float) -> None:
    """Go on until killed; the first line of output says that everything is set up."""
    async with open_store(StorePaths(folder)) as store:
        claims = await store.write(partial(_begin, running=running))
        print("ready", flush=True)
        for number in itertools.count():
            await store.beat(partial(_beat, claims=claims if hertz else (), done=number % _TOTAL))
            await asyncio.sleep(1 / hertz if hertz else _OWN_BEAT)


def _begin(db: Connection, running: int) -> tuple[Claim, ...]:
    stamp = Stamp.of(CLOCK)
    started = processes.started(os.getpid()) or ""
    who = Registration(
        worker_id=_WORKER, pid=os.getpid(), pid_started=started, slots=max(1, running)
    )
    workers.register(db, stamp, who)
    for number in range(running):
        request = RunRequest(source=f"/traffic/{number}", force=True)
        intents.enqueue(db, stamp, request, OPERATOR, ROOMY)
    claims = leases.claim(db, stamp, _WORKER, running)
    for claim in claims:
        leases.enter_phase(db, stamp, claim.lease, _WORKER, Phase.WRITE)
    return claims


def _beat(db: Connection, claims: tuple[Claim, ...], done: int) -> None:
    now = CLOCK.now()
    workers.beat(db, _WORKER, now, RUNNING)
    signs = [
        Beat(lease=claim.lease, at=now, moved=now, done=done, total=_TOTAL) for claim in claims
    ]
    leases.beat(db, signs)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
