"""The doorbell: a writer rings after each commit, so that readers need not poll."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_SUFFIX: Final = ".bell"


def ring(folder: Path) -> None:
    """Wake every listener; one that is gone is removed, one that is already rung is left alone.

    Best effort by design: a reader that misses the bell still sees the change when it next looks.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        if name.endswith(_SUFFIX):
            _ring_one(folder / name)


def _ring_one(bell: Path) -> None:
    try:
        descriptor = os.open(bell, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            with suppress(OSError):
                bell.unlink()
        return
    try:
        os.write(descriptor, b"!")
    except OSError:
        return
    finally:
        os.close(descriptor)


class Listener:
    """One process's bell: a FIFO, which has no length limit on its path as a socket has."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._path = folder / f"{name}{_SUFFIX}"
        self._rung = asyncio.Event()
        # Made under another name, so that no ringer finds it before somebody listens.
        hidden = folder / name
        os.mkfifo(hidden, 0o600)
        self._descriptor = os.open(hidden, os.O_RDWR | os.O_NONBLOCK)
        hidden.rename(self._path)
        asyncio.get_running_loop().add_reader(self._descriptor, self._hear)

    def _hear(self) -> None:
        os.read(self._descriptor, 4096)
        self._rung.set()

    async def wait(self, within: float) -> bool:
        """True as soon as the bell has rung since the last call; False after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True

    def close(self) -> None:
        """Stop listening and take the bell down."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._path.unlink(missing_ok=True)
