"""Text from outside, made visible and harmless: the only form in which widgets accept it.

Repositories, models, servers and file names may hold escape sequences, markup, direction overrides
or characters that show nothing. Textual passes escape bytes of a string on to the terminal and
reads markup in it; a `Content` built here carries neither.
"""

from __future__ import annotations

import re
from typing import Final

from textual.content import Content

from llmsdeck.text import visible

LIMIT: Final = 2_000
"""Characters that are shown of one string; a longer line would stall the screen."""

TEXT_LIMIT: Final = 64 * 1024
"""Characters that are shown of one text."""

_SHOWS_NOTHING: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Invisible although printable (Unicode's Default_Ignorable_Code_Point, and blank braille)."""


def plain(text: str, limit: int = LIMIT) -> str:
    """The text with every character that a reader cannot see replaced by a visible mark."""
    return visible(_SHOWS_NOTHING.sub(_mark, text[: limit + 1]), limit)


def safe(text: str, limit: int = LIMIT) -> Content:
    """One line of outside text, at most `limit` characters of it, as content without markup."""
    return Content(plain(text, limit))


def safe_lines(text: str, limit: int = TEXT_LIMIT) -> list[Content]:
    """The lines of a text, each safe; only the line feed ends a line, tabs become spaces."""
    return [safe(line.removesuffix("\r").expandtabs(4)) for line in text[:limit].split("\n")]


def _mark(found: re.Match[str]) -> str:
    return f"‹U+{ord(found[0]):04X}›"
