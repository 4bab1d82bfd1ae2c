"""Colours on a terminal that wants them; everything can be read without."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TextIO, TypeAlias

from llmsdeck.model import Run
from llmsdeck.states import Outcome, RunStatus
from llmsdeck.text import visible

_PLAIN: Final = "\x1b[0m"


class Tone(StrEnum):
    """How a piece of a line is set off, as the terminal is told (ECMA-48, SGR)."""

    GOOD = "\x1b[32m"
    WARN = "\x1b[33m"
    BAD = "\x1b[31m"
    LIVE = "\x1b[36m"
    QUIET = "\x1b[2m"


class Toned(str):
    """Text with a tone; on anything but a terminal it is text like any other."""

    __slots__ = ("tone",)

    tone: Tone | None

    def __new__(cls, text: str, tone: Tone | None) -> Toned:
        """The text, to be set off."""
        made = super().__new__(cls, text)
        made.tone = tone
        return made

    def padded(self, width: int) -> Toned:
        """The same, as wide as a column."""
        return Toned(self.ljust(width), self.tone)


Line: TypeAlias = str | tuple[str, ...]
"""A line for people: text, or pieces of it of which some have a tone."""


def wanted(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether colours go there: to a terminal, unless it or its user wants none (no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def drawn(line: Line, *, colours: bool) -> str:
    """A line without anything that steers a terminal, but for the tones of its pieces."""
    if isinstance(line, str):
        return _drawn(line, colours)
    return "".join(_drawn(piece, colours) for piece in line).rstrip()


def _drawn(piece: str, colours: bool) -> str:
    text, tone = visible(piece), piece.tone if isinstance(piece, Toned) else None
    return f"{tone}{text}{_PLAIN}" if colours and tone and text.strip() else text


def tone_of(run: Run) -> Tone | None:
    """How a run's status is set off, as the dashboard does."""
    if run.stale or run.orphan or run.held:
        return Tone.WARN
    match run.status:
        case RunStatus.PENDING | RunStatus.CANCELLED:
            return Tone.QUIET
        case RunStatus.PROCESSING:
            return Tone.LIVE
        case RunStatus.FAILED:
            return Tone.BAD
        case RunStatus.COMPLETED:
            return Tone.WARN if run.outcome is Outcome.DEGRADED else Tone.GOOD
