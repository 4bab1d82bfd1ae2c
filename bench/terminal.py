"""A program in a terminal of its own: what it paints and when, what it costs meanwhile."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Generator
from typing import Final

ROWS: Final = 40
COLUMNS: Final = 130
_PATIENCE: Final = 300.0
_CHUNK: Final = 65536
_CONTROL: Final = re.compile(
    rb"\x1b\[[0-9;?<=>$]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]|\x1b[\]P_][^\x07\x1b]*(?:\x07|\x1b\\)"
)
_ANSWERS: Final = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;c"}
"""What a terminal says when it is asked where the cursor is and what it is."""


class Terminal:
    """One program, and everything that it has printed so far."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor
        self._raw = b""

    def type(self, keys: bytes) -> None:
        """Press keys, and look at nothing that was painted before."""
        self._read(0)
        self._raw = b""
        os.write(self._descriptor, keys)

    def wait_for(self, *texts: str, within: float = _PATIENCE) -> float:
        """Until all of these are painted; the moment, on the performance counter."""
        wanted = {text.encode() for text in texts}
        deadline = time.perf_counter() + within
        while True:
            now = self._read(deadline - time.perf_counter())
            plain = _CONTROL.sub(b"", self._raw)
            if all(text in plain for text in wanted):
                return now
            if now > deadline:
                raise TimeoutError(f"not painted within {within:g} s: {texts}")

    def rest(self, seconds: float) -> None:
        """Let it paint for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, within: float) -> float:
        """Take what is painted, at most so long; when it came."""
        if not select.select([self._descriptor], [], [], max(0.0, within))[0]:
            return time.perf_counter()
        data = os.read(self._descriptor, _CHUNK)
        now = time.perf_counter()
        self._raw += data
        for question, told in _ANSWERS.items():
            if question in data:
                os.write(self._descriptor, told)
        return now


@contextlib.contextmanager
def opened(command: list[str], variables: dict[str, str]) -> Generator[Terminal]:
    """Run a program in a new terminal; killed at the end."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**variables, "TERM": "xterm-256color"})
    size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)
    try:
        yield Terminal(pid, descriptor)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(descriptor)
