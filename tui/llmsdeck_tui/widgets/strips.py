"""Safe content made into the strips that widgets paint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

SHORT: Final = 32
"""Characters from which a piece is ended before the next one that has a width."""
LONGEST: Final = 128
"""Characters of a piece without any such place; cutting a strip takes their square."""


def strip(content: Content, width: int, style: Style) -> Strip:
    """One line of content, cut or padded to so many cells, in the colours of the theme in force.

    Textual's own way wraps as well, and marks each piece with its place for selecting by mouse,
    so that no two pieces share a style: that costs several times as much.
    """
    content = content.truncate(width, pad=True)
    segments = [Segment(text, own.rich_style) for text, own in _pieces(content, style)]
    if len(content.plain) > width:  # some characters have no width, and there may be thousands
        segments = [Segment(part, each.style) for each in segments for part in _chopped(each.text)]
    return Strip(segments, width)


def _pieces(content: Content, style: Style) -> Iterable[tuple[str, Style]]:
    """Parts of the content with their styles; those that lie over each other take longer."""
    text, place = content.plain, 0
    pieces: list[tuple[str, Style]] = []
    for start, end, own in content.spans:
        if start < place:
            return content.render(style, end="", parse_style=_parsed)
        if start > place:
            pieces.append((text[place:start], style))
        if end > start:
            pieces.append((text[start:end], style + _parsed(own)))
        place = end
    if place < len(text):
        pieces.append((text[place:], style))
    return pieces


def _chopped(text: str) -> Iterator[str]:
    start = 0
    for place, char in enumerate(text):
        length = place - start
        if length >= LONGEST or (length >= SHORT and get_character_cell_size(char)):
            yield text[start:place]
            start = place
    yield text[start:]


def _parsed(style: str | Style) -> Style:
    return Style.parse(style) if isinstance(style, str) else style
