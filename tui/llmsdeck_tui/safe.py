"""Text from outside, made visible and harmless: the only form in which widgets accept it.

Repositories, models, servers and file names may hold escape sequences, markup, direction overrides
or characters that show nothing. Textual passes escape bytes of a string on to the terminal and
reads markup in it; a `Content` built here carries neither.
"""

from __future__ import annotations

import re
from typing import Final

from textual.content import Content

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
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(map(_visible, cut))


def safe(text: str, limit: int = LIMIT) -> Content:
    """One line of outside text, at most `limit` characters of it, as content without markup."""
    return Content(plain(text, limit))


def safe_lines(text: str, limit: int = TEXT_LIMIT) -> list[Content]:
    """The lines of a text, each safe; only the line feed ends a line, tabs become spaces."""
    return [safe(line.removesuffix("\r").expandtabs(4)) for line in text[:limit].split("\n")]


def _visible(char: str) -> str:
    if char.isprintable() and not _SHOWS_NOTHING.match(char):
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if char.isspace() and code not in (0x85, 0x2028, 0x2029):
        return " "
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
