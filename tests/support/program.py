"""The installed program as tests use it: as a child process, and in a terminal of its own."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

INSTALLED = Path(sys.executable).parent / "llmsdeck"
PATIENCE_S = 30.0
_CONTROL = re.compile(
    rb"\x1b\[[0-9;?<=>]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]|\x1b\][^\x07\x1b]*\x07"
)

Found = TypeVar("Found")


def until(look: Callable[[], Found | None], what: str, within: float = PATIENCE_S) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {within:g} s: {what}")


@dataclass(frozen=True)
class Program:
    """`llmsdeck` over a store and a home folder that belong to one test."""

    home: Path
    store: Path
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the environment, besides the usual ones."""

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.home),
            "LLMSDECK_HOME": str(self.store),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            **self.variables,
        }

    def run(
        self, *arguments: str | Path, patience: float = 2 * PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, without a terminal."""
        return subprocess.run(
            [INSTALLED, *arguments],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=patience,
            check=False,
        )

    def json(self, *arguments: str | Path) -> Any:
        """The one document on stdout."""
        return json.loads(self.run(*arguments, "--json").stdout)

    @contextlib.contextmanager
    def spawn(
        self,
        *arguments: str | Path,
        stderr: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
    ) -> Generator[subprocess.Popen[bytes]]:
        """Run beside the test; killed at its end if need be."""
        child = subprocess.Popen(
            [INSTALLED, *arguments],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        try:
            yield child
        finally:
            child.kill()
            child.communicate(timeout=PATIENCE_S)

    @contextlib.contextmanager
    def terminal(
        self,
        *arguments: str | Path,
        columns: int = 120,
        rows: int = 36,
        program: Path = INSTALLED,
    ) -> Generator[Terminal]:
        """Run in a terminal."""
        pid, descriptor = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(program, [str(program), *map(str, arguments)], self.environment)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)
        terminal = Terminal(pid, descriptor)
        try:
            yield terminal
        finally:
            terminal.close()


class Terminal:
    """What a person at the keyboard can do and see."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.raw = b""
        self._pid = pid
        self._descriptor = descriptor
        self._code: int | None = None

    @property
    def text(self) -> str:
        """Everything printed so far, without what steers the terminal."""
        return _CONTROL.sub(b"", self.raw).decode("utf-8", "replace")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._descriptor, keys.encode())

    def wait_for(self, text: str, within: float = PATIENCE_S) -> None:
        """Until the text has been printed after the last call."""
        start = len(self.text)
        until(lambda: self._read() and text in self.text[start:], f"{text!r} on the screen", within)

    def wait_for_bytes(self, sequence: bytes) -> None:
        """Until the sequence has been sent to the terminal."""
        until(lambda: self._read() and sequence in self.raw, f"{sequence!r} sent to the terminal")

    def drain(self, quiet_s: float = 0.06) -> None:
        """Take in what is printed until nothing has been for a while."""
        until(lambda: not self._read_within(quiet_s), "a pause of the program")

    def _read_within(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        return bool(ready) and self._read()

    def send(self, number: signal.Signals) -> None:
        """Signal the program."""
        os.kill(self._pid, number)

    def wait_until_stopped(self) -> None:
        """Wait until the process is stopped, since a signal to go on that comes sooner is lost."""

        def is_stopped() -> bool:
            pid, status = os.waitpid(self._pid, os.WUNTRACED | os.WNOHANG)
            return pid != 0 and os.WIFSTOPPED(status)

        until(is_stopped, "a stopped process")

    def hang_up(self, within: float = PATIENCE_S) -> int:
        """Take the terminal away, as a closed window does; the exit code."""
        os.close(self._descriptor)
        self._descriptor = os.open(os.devnull, os.O_RDONLY)
        until(self._has_ended, "end of the program", within)
        assert self._code is not None
        return self._code

    def _has_ended(self) -> bool:
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self._code = os.waitstatus_to_exitcode(status)
        return pid != 0

    def end(self, within: float = PATIENCE_S) -> int:
        """The exit code, once the program has ended."""
        until(lambda: not self._read() or None, "end of the program", within)
        _, status = os.waitpid(self._pid, 0)
        self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def close(self) -> None:
        """End the program, however it is."""
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._descriptor)

    def _read(self) -> bool:
        """Take in what was printed; False when nothing will ever come."""
        ready, _, _ = select.select([self._descriptor], [], [], 0.05)
        if not ready:
            return True
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError:  # how Linux says that the other end is closed
            piece = b""
        self.raw += piece
        return bool(piece)
