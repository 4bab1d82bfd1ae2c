"""Safe content made into the strips that widgets paint."""

from __future__ import annotations

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.style import Style


def strip(content: Content, width: int, style: Style) -> Strip:
    """One line of content, cut or padded to so many cells, in the colours of the theme in force.

    Textual's own way wraps as well, and marks each piece with its place for selecting by mouse,
    so that no two pieces share a style: that costs several times as much.
    """
    pieces = content.truncate(width, pad=True).render(style, end="", parse_style=_parsed)
    return Strip([Segment(text, (style + own).rich_style) for text, own in pieces], width)


def _parsed(style: str | Style) -> Style:
    return Style.parse(style) if isinstance(style, str) else style
