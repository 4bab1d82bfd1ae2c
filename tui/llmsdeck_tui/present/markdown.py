"""The text of an artifact: as it is, rendered, and as an outline.

Rendering changes how a line looks and never what it can do: nothing in it can be clicked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from textual.content import Content

from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import LINE_LIMIT, Line, Mark, joined, line, split
from llmsdeck_tui.safe import plain

TEXT_LIMIT: Final = 6_000_000
"""Characters of an artifact that are shown; more would make the screen wait."""
MOST_HEADINGS: Final = 5_000
_TITLE_LIMIT: Final = 200

_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(.*)")
_FENCE: Final = re.compile(r"\s{0,3}(```|~~~)")
_ITEM: Final = re.compile(r"(\s*)[-*+] ")
_RULE: Final = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*")
_INLINE: Final = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|!?\[(?P<link>[^\[\]]*)\]\([^()\s]*\)"
)
_STYLES: Final = {"code": words.LIVE, "strong": words.STRONG, "link": words.LINK}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, where it stands and how long what it heads is."""

    level: int
    title: str
    """Outside text."""
    line: int
    """From 0."""
    chars: int
    """Up to the next heading."""


def source(text: str) -> list[Line]:
    """The lines as they are, with their structure made easier to see."""
    return [line(each, _emphasis(each)) for each in split(text)]


def _emphasis(text: str) -> str:
    if text.startswith("#"):
        return words.STRONG
    return words.QUIET if text.startswith(">") else ""


def rendered(text: str) -> list[Line]:
    """The lines as Markdown means them, one for each line of the source."""
    return list(_rendered(split(text)))


def _rendered(lines: list[str]) -> Iterator[Line]:
    fence = ""
    for each in lines:
        match = _FENCE.match(each)
        if match and fence in ("", match[1]):
            fence = "" if fence else match[1]
            yield line("")
        elif fence:
            yield _prefixed("  ", line(each), words.LIVE)
        else:
            yield _block(each)


def _block(text: str) -> Line:
    shown = line(text)
    if match := _HEADING.fullmatch(shown.text):
        style = words.TITLE if len(match[1]) == 1 else words.STRONG
        return joined((match[2].rstrip(" #"), style))
    if _RULE.fullmatch(shown.text):
        return joined(("─" * 24, words.QUIET))
    if shown.text.startswith(">"):
        return _prefixed("▌ ", _inline(shown.text[1:].lstrip()), words.QUIET)
    if match := _ITEM.match(shown.text):
        return _prefixed(f"{match[1]}• ", _inline(shown.text[match.end() :]), "")
    return _inline(shown.text)


def _prefixed(prefix: str, rest: Line, style: str) -> Line:
    """The line behind a mark, in a style where it has none of its own."""
    moved = [(start + len(prefix), end + len(prefix), s) for start, end, s in rest.marks]
    whole = [(0, len(prefix) + len(rest.text), style)] if style else []
    return Line(prefix + rest.text, (*whole, *moved), len(prefix))


def _inline(text: str) -> Line:
    """Code, emphasis and the titles of links, without the signs that make them."""
    pieces: list[str] = []
    marks: list[Mark] = []
    place = length = 0
    for match in _INLINE.finditer(text):
        kind = match.lastgroup or "code"
        before, inside = text[place : match.start()], match[kind]
        length += len(before)
        marks.append((length, length + len(inside), _STYLES[kind]))
        length += len(inside)
        pieces += (before, inside)
        place = match.end()
    return Line("".join([*pieces, text[place:]]), tuple(marks))


def outline(text: str) -> list[Heading]:
    """The headings of a text outside of its code, at most MOST_HEADINGS."""
    heads = list(islice(_headings(text), MOST_HEADINGS))
    ends = [*(start for _, _, start, _ in heads[1:]), len(text)]
    return [
        Heading(level=level, title=title, line=number, chars=end - start)
        for (number, level, start, title), end in zip(heads, ends, strict=False)
    ]


def _headings(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Number of the line, level, place in the text, title."""
    fence, place = "", 0
    for number, each in enumerate(split(text)):
        match = _FENCE.match(each)
        if match and fence in ("", match[1]):
            fence = "" if fence else match[1]
        elif not fence and (match := _HEADING.fullmatch(each[:LINE_LIMIT])):
            yield number, len(match[1]), place, match[2].rstrip(" #\r")
        place += len(each) + 1


def outline_line(heading: Heading, width: int) -> Content:
    """One heading of an outline, indented, with the length of its part at the right."""
    extent = Content.assemble((words.tokens(heading.chars), words.QUIET))
    title = Content.assemble("  " * (heading.level - 1), plain(heading.title, _TITLE_LIMIT))
    return words.fit(title, max(1, width - extent.cell_length - 1)) + " " + extent
