"""Locks between the processes of one store; the kernel lets go of them when a process dies."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

_LOOK_AGAIN: Final = 0.05


@contextlib.asynccontextmanager
async def alone(file: Path, patience: float) -> AsyncGenerator[bool]:
    """Hold a lock; False when another process has held it for `patience` seconds."""
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield await _locked(descriptor, time.monotonic() + patience)
    finally:
        os.close(descriptor)


async def _locked(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(_LOOK_AGAIN)
        else:
            return True
