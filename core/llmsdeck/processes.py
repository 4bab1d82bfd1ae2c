"""Which processes are still there, told apart from others that reuse their number."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Final

_STARTED_FIELD: Final = 19
"""Index of `starttime` after the command's closing parenthesis: proc(5), field 22."""

_LOCK_FIELDS: Final = 8
"""Words in a line of `/proc/locks` about a lock that is held; one that is waited for has more."""


def started(pid: int) -> str | None:
    """When the process began, as an opaque text; None when there is no such process.

    A number and this text name one process for as long as the machine runs. It does not depend on
    the wall clock.
    """
    if sys.platform == "linux":
        return _started_linux(pid)
    import subprocess  # so that a look at a store does not load it

    listing = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, since = listing.stdout.strip().partition(" ")
    return None if not since or state.startswith("Z") else since.strip()


def _started_linux(pid: int) -> str | None:
    fields = _stat_linux(pid)
    return None if fields[:1] in ([], [b"Z"], [b"X"]) else fields[_STARTED_FIELD].decode("ascii")


def _stat_linux(pid: int) -> list[bytes]:
    """What follows the command in proc(5)'s `stat`, its state first; nothing without a process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return stat[stat.rindex(b")") + 2 :].split()


def is_stopped(pid: int) -> bool:
    """The process was stopped by a signal and goes on only when it is continued; Linux only."""
    return _stat_linux(pid)[:1] in ([b"T"], [b"t"])


def lock_holder(file: Path, byte: int) -> int | None:
    """Who may write to this byte of a file because it has locked it; None where nobody can tell.

    Source of the format: proc_locks(5).
    """
    try:
        found = file.stat()
        locks = Path("/proc/locks").read_text("ascii").splitlines()
    except OSError:
        return None
    name = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for _, kind, _, mode, pid, where, first, _ in (
        fields for line in locks if len(fields := line.split()) == _LOCK_FIELDS
    ):
        if (kind, mode, where, first) == ("POSIX", "WRITE", name, str(byte)) and int(pid) > 0:
            return int(pid)
    return None


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
