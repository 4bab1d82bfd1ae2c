"""Servers that some peers keep their tasks in, started for one measure and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

from bench.programs import running

_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 30.0
_UNPRIVILEGED: Final = "postgres"
"""Who PostgreSQL runs as where the suite runs as root, which it refuses."""


@contextlib.contextmanager
def redis(program: Path, folder: Path) -> Generator[str]:
    """Redis as a task queue usually has it: in memory, nothing synced; its address."""
    port = _free_port()
    keeping = ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    command = [str(program), "--bind", _HOST, "--port", str(port), *keeping]
    with running(command, dict(os.environ)):
        _wait_for(port)
        yield f"redis://{_HOST}:{port}/0"


@contextlib.contextmanager
def postgres(program: Path) -> Generator[str]:
    """PostgreSQL as it comes, which syncs each commit; its address."""
    folder = Path(tempfile.mkdtemp(prefix="llmsdeck-bench-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, _UNPRIVILEGED)
        prefix = ["setpriv", f"--reuid={_UNPRIVILEGED}", "--clear-groups"]
    try:
        port = _free_port()
        made = [str(program.with_name("initdb")), "-D", str(folder), "-U", "bench", "-A", "trust"]
        subprocess.run([*prefix, *made], check=True, capture_output=True, cwd=folder)
        listening = ["-h", _HOST, "-p", str(port), "-k", str(folder)]
        command = [*prefix, str(program), "-D", str(folder), *listening]
        with running(command, dict(os.environ)):
            _wait_for(port)
            yield f"postgresql://bench@{_HOST}:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection((_HOST, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
