"""Which processes are still there, told apart from others that reuse their number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

_STARTED_FIELD: Final = 19
"""Index of `starttime` after the command's closing parenthesis: proc(5), field 22."""


def started(pid: int) -> str | None:
    """When the process began, as an opaque text; None when there is no such process.

    A number and this text name one process for as long as the machine runs. It does not depend on
    the wall clock.
    """
    if sys.platform == "linux":
        return _started_linux(pid)
    listing = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, since = listing.stdout.strip().partition(" ")
    return None if not since or state.startswith("Z") else since.strip()


def _started_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else fields[_STARTED_FIELD].decode("ascii")


def is_same(pid: int, began: str) -> bool:
    """The process with this number is still the one that began then."""
    return started(pid) == began


def kill_group(pid: int, began: str, number: signal.Signals = signal.SIGKILL) -> bool:
    """Signal the process and the group it leads; False when nothing of them is left.

    What a process has started may outlive it, so that a leader that is gone is no reason to stop;
    a number that another process bears by now is.
    """
    if started(pid) not in (None, began):
        return False
    for send in (os.killpg, os.kill):
        try:
            send(pid, number)
        except ProcessLookupError:
            continue
        return True
    return False
