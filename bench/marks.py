"""Moments that one process notes and another reads, in a file that both have mapped."""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path
from typing import Final

_FORMAT: Final = struct.Struct("q")
_PAUSE: Final = 0.001
_PATIENCE: Final = 60.0


class Marks:
    """One moment per number, on the clock that all processes share; zero until it is noted."""

    def __init__(self, path: Path, count: int) -> None:
        with path.open("a+b") as file:
            file.truncate(count * _FORMAT.size)
            self._map = mmap.mmap(file.fileno(), count * _FORMAT.size)
        self._count = count

    def note(self, number: int) -> None:
        """It happened now."""
        _FORMAT.pack_into(self._map, number * _FORMAT.size, time.monotonic_ns())

    def when(self, number: int) -> int:
        """Nanoseconds; zero when it has not happened."""
        return int(_FORMAT.unpack_from(self._map, number * _FORMAT.size)[0])

    def last(self) -> float:
        """Wait until all have happened; when the last did, in seconds."""
        for number in range(self._count):
            self.wait_for(number)
        return max(self.when(number) for number in range(self._count)) / 1e9

    def wait_for(self, number: int) -> int:
        """Wait until it has happened; when, in nanoseconds."""
        deadline = time.monotonic() + _PATIENCE
        while not self.when(number):
            if time.monotonic() > deadline:
                raise TimeoutError(f"number {number} did not happen within {_PATIENCE:g} s")
            time.sleep(_PAUSE)
        return self.when(number)
