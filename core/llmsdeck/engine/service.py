"""A worker as a process: signals, the tether, logging."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import sys
import threading
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.worker import Worker
from llmsdeck.store.store import Store

LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
EXIT_BOUND: Final = 14.0
"""Seconds after the first signal in which the process is gone, whatever hangs."""
_HUNG: Final = (
    f"The worker hung while it was to stop, so that it was ended after {EXIT_BOUND:g} s; "
    "what it held goes on with another worker.\n"
)


async def serve(
    store: Store, clock: Clock, *, slots: int | None, until_idle: bool, tether: bool
) -> None:
    """Run a worker in this process until it is told to stop.

    The first SIGTERM, SIGINT or SIGHUP drains it, the second ends its attempts at once. With
    `tether` it finishes the queue and stops once standard input is closed, which happens however
    the process that started it ends.
    """
    logging.basicConfig(format=LOG_FORMAT, level=logging.INFO)
    worker = Worker(store, clock, ProcessExecutor(), slots=slots, until_idle=until_idle)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, _drain, worker)
    rope = asyncio.create_task(_hold(worker), name="tether") if tether else None
    try:
        await worker.run()
    finally:
        if rope is not None:
            rope.cancel()


def _drain(worker: Worker) -> None:
    """Ask the worker to stop, and see to it that the process ends even when a thread hangs."""
    worker.drain()
    last_resort = threading.Timer(EXIT_BOUND, _end)
    last_resort.daemon = True
    last_resort.start()


def _end() -> None:
    """End the process from a thread that waits for nothing, not even for a lock of the log."""
    os.write(sys.stderr.fileno(), _HUNG.encode())
    os._exit(1)


async def _hold(worker: Worker) -> None:
    """Wait for the end of standard input; a file or device that holds nobody has none to await."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or sys.stdin.isatty()):
        worker.finish()
        return
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        while await reader.read(1024):
            continue
    finally:
        transport.close()
    worker.finish()
