"""Text from outside, made safe to show: what cannot be seen becomes a mark that can."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CONTROL_PICTURES: Final = 0x2400
_DELETE: Final = 0x7F
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e0fff]"
)
"""Printable, yet showing nothing: Unicode's Default_Ignorable_Code_Point, and blank braille."""


def visible(text: str, limit: int | None = None) -> str:
    """`text` on one line, without anything that could steer a terminal or hide from its reader.

    Control characters, line ends, lone surrogates, direction overrides and zero-width characters
    become marks such as `␛`, `\\x85` or `‹U+202E›`; odd spaces become a space. A result longer than
    `limit` characters (at least 1) is cut and ends in `…`.
    """
    cut = text if limit is None else text[: limit + 1]
    plain = cut.isascii() and cut.isprintable()
    shown = cut if plain else "".join(map(_visible_character, cut))
    if limit is None or len(shown) <= limit:
        return shown
    return shown[: limit - 1] + "…"


def visible_lines(text: str) -> str:
    """`text` with its line ends, each line made visible."""
    return "\n".join(visible(line.expandtabs()) for line in text.split("\n"))


def short_source(source: str) -> str:
    """A canonical source as people know it: `owner/name` on GitHub, no scheme on other hosts."""
    return source.removeprefix("https://github.com/").removeprefix("https://")


def _visible_character(character: str) -> str:
    """The character itself or its mark."""
    if character.isprintable() and not _BLANK.match(character):
        return character
    code = ord(character)
    if code < ord(" "):
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return "␡"
    match unicodedata.category(character):
        case "Zs":
            return " "
        case "Cc":
            return f"\\x{code:02x}"
        case _:
            return f"‹U+{code:04X}›"
