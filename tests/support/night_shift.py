"""A worker process of its own, with attempts that behave as their source says."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from pathlib import Path

from rehearsal import misbehave

from llmsdeck.clock import SystemClock
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.worker import Worker
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store


@contextlib.asynccontextmanager
async def on_night_shift(root: Path, slots: int) -> AsyncGenerator[Process]:
    """Such a process, killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(root), str(slots), stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def work(root: Path, slots: int) -> None:
    async with open_store(StorePaths(root)) as store:
        worker = Worker(store, SystemClock(), ProcessExecutor(misbehave), slots=slots)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain)
        await worker.run()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
