"""How words of the command line are read: mistakes are raised, and numbers have bounds."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NoReturn

from llmsdeck.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_NARROW: Final = 80
"""Columns where no terminal says how wide it is."""
_LAST_PORT: Final = 65535
_DIGITS: Final = 9
"""More than any limit, priority or width needs, and far from what a store cannot hold."""


class Parser(argparse.ArgumentParser):
    """Raises what argparse would print, so that it can be reported as JSON too."""

    def error(self, message: str) -> NoReturn:
        """Raise it as a UsageError."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.")


class Verb(Parser):
    """Takes options first and then names, so that options may stand between names."""

    _is_within = False

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride] # has overloads
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Called by argparse twice from within itself; it cannot do this for what follows `--`."""
        words = list(args or ())
        if self._is_within or "--" in words:
            return super().parse_known_args(words, namespace)
        self._is_within = True
        return self.parse_known_intermixed_args(words, namespace)


def columns() -> int:
    """The width of the terminal.

    argparse would load shutil for that, and ask anew for each argument.
    """
    chosen = os.environ.get("COLUMNS", "")
    if chosen.isdecimal() and len(chosen) <= _DIGITS and int(chosen):
        return int(chosen)
    try:
        return os.get_terminal_size().columns or _NARROW
    except OSError:
        return _NARROW


def path(text: str) -> Path:
    """A path."""
    from pathlib import Path  # here, because help does without

    return Path(text)


def duration(text: str) -> float:
    """Seconds, from such as `90s` or `14d`; raises UsageError."""
    from llmsdeck.settings import parse_duration

    return parse_duration(text)


def address(text: str) -> tuple[str, int]:
    """Host and port, from such as `127.0.0.1:8765` or `[::1]:8765`."""
    host, colon, last = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and last.isdecimal()) or number(last) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:8765")
    return host, int(last)


def port(text: str) -> int:
    """A port, 0 for any that is free."""
    if number(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is at most {_LAST_PORT}")
    return int(text)


def number(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal() or len(text) > _DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number below 10 ** {_DIGITS}")
    return int(text)


def priority(text: str) -> int:
    """A whole number, also below 0."""
    sign = -1 if text.startswith("-") else 1
    return sign * number(text.removeprefix("-"))


def count(text: str) -> int:
    """A whole number from 1."""
    if number(text) < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return int(text)
