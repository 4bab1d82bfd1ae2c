"""Long texts: lines that are safe from the start and become content only where they are shown."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, overload

from rich.cells import get_character_cell_size
from textual.content import Content, Span

from llmsdeck_tui.safe import plain

LINE_LIMIT: Final = 20_000
"""Characters that are shown of one line."""
MOST_LINES: Final = 200_000
"""Lines that are shown of one text."""
MOST_PER_CELL: Final = 8
"""Characters of a row for each of its cells: those without a width could be any number."""
Mark = tuple[int, int, str]
"""From this character to before that one, in this style."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text that is safe to show, with its styles; use `line`."""

    text: str
    marks: tuple[Mark, ...] = ()
    indent: int = 0
    """Cells before what does not fit on the first row."""

    def content(self, start: int, end: int, indent: int) -> Content:
        """A part of it as content."""
        moved = indent - start
        spans = [
            Span(max(first, start) + moved, min(last, end) + moved, style)
            for first, last, style in self.marks
            if first < end and last > start
        ]
        return Content(" " * indent + self.text[start:end], spans)


def line(text: str, style: str = "") -> Line:
    """A line of outside text, at most LINE_LIMIT characters of it."""
    shown = plain(text[: LINE_LIMIT + 1].removesuffix("\r").expandtabs(4), LINE_LIMIT)
    return Line(shown, ((0, len(shown), style),) if style else ())


def joined(*parts: tuple[str, str], indent: int = 0) -> Line:
    """Pieces of safe text, each with its style, as one line."""
    marks: list[Mark] = []
    length = 0
    for text, style in parts:
        if style:
            marks.append((length, length + len(text), style))
        length += len(text)
    return Line("".join(text for text, _ in parts), tuple(marks), indent)


def split(text: str) -> list[str]:
    """The lines of a text, at most MOST_LINES of them."""
    return text.split("\n", MOST_LINES)[:MOST_LINES]


class Page:
    """Lines that are folded to a width by arithmetic, without making content of any.

    Make and fold a long one beside the event loop; it keeps the last fold.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines: tuple[Line, ...] = tuple(lines)
        self._cells = tuple(_cells(each.text) for each in self.lines)
        self._folded: tuple[int, Rows] | None = None

    def fold(self, width: int) -> Rows:
        """The rows that the lines take at a width, broken between words where that is near."""
        if self._folded is None or self._folded[0] != width:
            self._folded = width, self._fold(width)
        return self._folded[1]

    def _fold(self, width: int) -> Rows:
        rows = Rows(self.lines, width // 2)
        for number, (each, cells) in enumerate(zip(self.lines, self._cells, strict=True)):
            text = each.text
            fits = (len(text) if cells is None else cells[-1]) <= width
            if fits and len(text) <= MOST_PER_CELL * width:
                rows.add(number, 0, len(text))
            else:
                indent = min(each.indent, width // 2)
                for start, end in _broken(text, width, cells, indent):
                    rows.add(number, start, end)
        return rows


class Rows(Sequence[Content]):
    """Parts of lines; each becomes content when it is asked for."""

    def __init__(self, lines: Sequence[Line], most_indent: int) -> None:
        self._lines, self._most_indent = lines, most_indent
        self._numbers, self._starts, self._ends = array("I"), array("I"), array("I")

    def add(self, number: int, start: int, end: int) -> None:
        """Go on with a part of the line with this number, from 0; numbers never fall."""
        self._numbers.append(number)
        self._starts.append(start)
        self._ends.append(end)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Content: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Content]: ...
    def __getitem__(self, index: int | slice) -> Content | Sequence[Content]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        line, start = self._lines[self._numbers[index]], self._starts[index]
        indent = min(line.indent, self._most_indent) if start else 0
        return line.content(start, self._ends[index], indent)

    def line_at(self, row: int) -> int:
        """Which line a row belongs to; the last one's where there are fewer."""
        return self._numbers[min(row, len(self) - 1)] if self._numbers else 0

    def row_of(self, number: int) -> int:
        """The first row of a line."""
        return bisect_left(self._numbers, number)


def uncut(lines: Sequence[Line]) -> Rows:
    """Each line as one row, as long as it is, for a list with a cursor."""
    rows = Rows(lines, 0)
    for number, each in enumerate(lines):
        rows.add(number, 0, len(each.text))
    return rows


def _cells(text: str) -> array[int] | None:
    """The cells before each character and after the last; None where each takes one."""
    if text.isascii():
        return None
    cells = array("I", accumulate(map(get_character_cell_size, text), initial=0))
    return None if cells[-1] == len(text) else cells


def _broken(
    text: str, width: int, cells: array[int] | None, indent: int
) -> Iterator[tuple[int, int]]:
    """Where a line is broken, with less room after the first row."""
    start = 0
    while True:
        end = _reach(start, width, cells)
        if end >= len(text):
            yield start, len(text)
            return
        space = text.rfind(" ", start + (end - start) // 2, end + 1)
        end = end if space < 0 else space + 1
        yield start, end
        start, width = end, width if start else width - indent


def _reach(start: int, width: int, cells: array[int] | None) -> int:
    """The end of what fits into `width` cells, at least one character."""
    if cells is None:
        return start + width
    end = bisect_right(cells, cells[start] + width) - 1
    return min(max(start + 1, end), start + MOST_PER_CELL * max(1, width))
