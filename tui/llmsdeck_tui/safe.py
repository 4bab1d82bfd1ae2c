"""Text from outside, made visible and harmless: the only form in which widgets accept it.

Repositories, models, servers and file names may hold escape sequences, markup, direction overrides
or characters that show nothing. Textual passes escape bytes of a string on to the terminal and
reads markup in it; a `Content` built here carries neither.
"""

from __future__ import annotations

from typing import Final

from textual.content import Content

from llmsdeck.text import visible

LIMIT: Final = 2_000
"""Characters that are shown of one string; a longer line would stall the screen."""

TEXT_LIMIT: Final = 64 * 1024
"""Characters that are shown of one text."""


def plain(text: str, limit: int = LIMIT) -> str:
    """Like `safe`, for a piece of a longer content."""
    return visible(text, limit)


def safe(text: str, limit: int = LIMIT) -> Content:
    """One line of outside text, at most `limit` characters of it, as content without markup."""
    return Content(plain(text, limit))


def safe_lines(text: str, limit: int = TEXT_LIMIT) -> list[Content]:
    """The lines of a text, each safe; only the line feed ends a line, tabs become spaces."""
    return [safe(line.removesuffix("\r").expandtabs(4)) for line in text[:limit].split("\n")]


def printable(text: str) -> str:
    """The lines of what somebody pasted, without what a terminal would obey or not show."""
    return "\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines())
