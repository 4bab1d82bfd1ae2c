"""Programs that run beside the measuring: started, looked at from outside, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KILOBYTES: Final = 1024
"""In a megabyte: the unit of proc(5)'s `VmRSS`."""
_STOP_PATIENCE: Final = 20


@contextlib.contextmanager
def running(command: list[str], variables: dict[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """A program without a terminal; asked to stop at the end, and killed when it does not."""
    process = subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / _KILOBYTES


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used: proc(5), fields 14 and 15 of `stat`."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
