"""A worker process as whoever starts it sees it; the worker itself is not loaded for that."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from llmsdeck.errors import StoreError
from llmsdeck.paths import StorePaths

LOG_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a worker's log file; a longer one is begun anew when a worker starts."""
STOP_PATIENCE: Final = 15.0
"""Seconds a worker may take to stop before it is killed."""


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
