"""A worker process of its own, with attempts that behave as their source says."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path

from rehearsal import misbehave

from llmsdeck.clock import SystemClock
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.worker import Worker
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store


async def work(root: Path, slots: int) -> None:
    async with open_store(StorePaths(root)) as store:
        worker = Worker(store, SystemClock(), ProcessExecutor(misbehave), slots=slots)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain)
        await worker.run()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
