"""The child processes of the tests themselves."""

from __future__ import annotations

import os
import subprocess


def children() -> frozenset[int]:
    """Numbers of the processes that this one has started and that are not reaped."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
    own = str(os.getpid())
    return frozenset(int(pid) for pid, parent, name in rows if parent == own and name != "ps")
