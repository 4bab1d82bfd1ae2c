"""Programs that run beside the measuring: started, looked at from outside, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Generator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program that ran to its end has cost."""

    seconds: float
    memory_mb: float
    """Resident at its peak, of the largest process."""


def cost(command: list[str], variables: dict[str, str], folder: Path) -> Cost:
    """Run a program in a folder to its end; raises RuntimeError when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=variables,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(time.perf_counter() - began, usage.ru_maxrss / _KILOBYTES)


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / _KILOBYTES


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used: proc(5), fields 14 and 15 of `stat`."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
