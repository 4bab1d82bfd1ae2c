"""What the process of the tests itself holds, its child processes among it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading


def children() -> frozenset[int]:
    """Numbers of the processes that this one has started and that are not reaped."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
    own = str(os.getpid())
    return frozenset(int(pid) for pid, parent, name in rows if parent == own and name != "ps")


def holdings() -> tuple[int, int, int, int]:
    """How many descriptors, tasks, threads and child processes this process has."""
    return (
        len(os.listdir("/dev/fd")),
        len(asyncio.all_tasks()),
        # The pool of `to_thread` may grow at any time, up to a fixed size.
        sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate()),
        len(children()),
    )


async def back_to(before: tuple[int, ...], patience: float = 30.0) -> None:
    """Wait until no more is held than before; what is being given up may take a moment."""
    async with asyncio.timeout(patience):
        while any(now > then for now, then in zip(holdings(), before, strict=True)):
            await asyncio.to_thread(children)
