"""A worker as a process: signals, the tether, logging, and starting one from another process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.worker import Worker
from llmsdeck.errors import StoreError
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import Store

LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
LOG_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a worker's log file; a longer one is begun anew when a worker starts."""
EXIT_BOUND: Final = 14.0
"""Seconds after the first signal in which the process is gone, whatever hangs."""
_HUNG: Final = (
    f"The worker hung while it was to stop, so that it was ended after {EXIT_BOUND:g} s; "
    "what it held goes on with another worker.\n"
)
STOP_PATIENCE: Final = 15.0
"""Seconds a worker may take to stop before it is killed."""


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


class Companion:
    """A worker process that this process has started and whose tether it holds."""

    def __init__(self, process: subprocess.Popen[bytes], log_file: Path) -> None:
        self._process = process
        self.log_file = log_file

    @classmethod
    def start(cls, paths: StorePaths) -> Companion:
        """Start a worker on a store, detached from this terminal; raises StoreError."""
        log_file = paths.logs / "worker.log"
        # -P: a repository that is the current folder must not be where modules come from.
        command = [sys.executable, "-P", "-m", "llmsdeck", "worker", "--tether", "--store"]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        try:
            with open(os.open(log_file, flags, 0o600), "ab") as log:
                if log.tell() > LOG_LIMIT:
                    log.truncate(0)
                process = subprocess.Popen(
                    [*command, str(paths.root)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd=paths.root,
                    start_new_session=True,
                )
        except OSError as error:
            raise StoreError(f"A worker could not be started: {error}.") from error
        return cls(process, log_file)

    @property
    def running(self) -> bool:
        """The worker process has not ended."""
        return self._process.poll() is None

    def failure(self) -> StoreError:
        """Why the worker ended before it was of use, as far as its log tells."""
        lines = self.log_file.read_text("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else f"it ended with exit code {self._process.returncode}"
        return StoreError(f"The worker did not start: {last} (see {self.log_file}).")

    def let_go(self) -> None:
        """Let the worker finish the queue by itself and then end."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        # It outlives us on purpose; the interpreter must not warn that nobody waited for it.
        self._process.returncode = self._process.poll() or 0

    async def stop(self) -> None:
        """Drain the worker, and kill it when it does not stop in time."""
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self.let_go()
