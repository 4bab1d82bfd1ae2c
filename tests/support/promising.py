"""Writes to a store and tells what it was promised, while a test looks on; a program of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from desk import Desk

from llmsdeck.model import RunId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.store.leases import Claim
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

TOGETHER = 3
"""Runs that are submitted at once, so that they share commits."""


def say(what: str, run_id: RunId) -> None:
    os.write(sys.stdout.fileno(), f"{what} {run_id}\n".encode())


async def submit(desk: Desk) -> None:
    say("pending", await desk.enqueue())


async def complete(desk: Desk, claim: Claim) -> None:
    await desk.complete(claim.lease)
    say("completed", claim.lease.run_id)


async def cancel(desk: Desk) -> None:
    run_id = await desk.enqueue()
    await desk.cancel(run_id)
    say("cancelled", run_id)


async def main(root: Path, turns: int) -> None:
    async with open_store(StorePaths(root)) as store:
        desk = Desk(store, FakeClock())
        desk.policy = Policy(queue_cap=10**6)
        for turn in range(turns):
            await asyncio.gather(*[submit(desk) for _ in range(TOGETHER)], cancel(desk))
            claims = await desk.claim(free=TOGETHER - 1)
            await asyncio.gather(*[complete(desk, claim) for claim in claims])
            if turn % 5 == 4:
                await store.checkpoint()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
