"""The events of a run: one line each, and those that match with the lines around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from llmsdeck.model import RunEvent
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Line, joined
from llmsdeck_tui.safe import LIMIT, plain

CONTEXT: Final = (0, 2, 5, 10)
"""How many lines around a match can be kept."""
_INDENT: Final = 30
"""Where the message begins."""
BREAK: Final = joined(("⋯", words.QUIET))
"""Stands for lines that are left out."""


def line(event: RunEvent) -> Line:
    """When, what and who."""
    return joined(
        (f"{words.clock(event.at)}  ", words.QUIET),
        (f"{plain(event.kind, 18):<18}  ", ""),
        (plain(event.message, LIMIT), ""),
        (f"  {plain(str(event.actor), 40)}", words.QUIET),
        indent=_INDENT,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The lines to show, and how many of them match."""

    lines: tuple[Line, ...]
    matches: int


def find(lines: Sequence[Line], needle: str, around: int) -> Found:
    """Lines that contain the needle, with `around` lines before and after each.

    A to Z are the same as a to z. Without a needle, all lines.
    """
    if not needle:
        return Found(lines=tuple(lines), matches=0)
    wanted = re.compile(re.escape(needle), re.IGNORECASE)
    matching = [number for number, each in enumerate(lines) if wanted.search(each.text)]
    kept = sorted(
        {
            near
            for number in matching
            for near in range(max(0, number - around), min(len(lines), number + around + 1))
        }
    )
    shown: list[Line] = []
    last = -1
    for number in kept:
        if number > last + 1:
            shown.append(BREAK)
        shown.append(_highlighted(lines[number], wanted))
        last = number
    if matching and last < len(lines) - 1:
        shown.append(BREAK)
    return Found(lines=tuple(shown), matches=len(matching))


def _highlighted(line: Line, wanted: re.Pattern[str]) -> Line:
    marks = [(match.start(), match.end(), words.MATCH) for match in wanted.finditer(line.text)]
    return Line(line.text, (*line.marks, *marks), line.indent)


def heading(total: int, found: Found, needle: str, around: int, *, following: bool) -> Content:
    """How many events there are, how many match, and whether new ones are followed."""
    parts = [Content(words.counted(total, "event"))]
    if needle:
        said = f"{words.number(found.matches)} contain "
        parts.append(Content.assemble(said, (plain(needle, 60), words.STRONG)))
        parts.append(Content(f"{words.counted(around, 'line')} around each"))
    follow = ("following", words.LIVE) if following else ("f follows the newest", words.QUIET)
    return Content.assemble((" · ", words.QUIET)).join([*parts, Content.assemble(follow)])
