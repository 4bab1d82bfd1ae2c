"""Unified text of two versions, in linear time but for one sort; for texts of strangers.

The classic algorithm takes quadratic time on texts that repeat themselves. Here lines that occur
once in both versions are the anchors, and equal lines next to an anchor belong to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

_CONTEXT: Final = 3
_LINE_CHARACTERS: Final = 400

Pair = tuple[int, int]
"""Index of a line in the first and in the second version."""


def unified(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Hunks of changed lines with three lines around them; nothing for equal texts."""
    for group in _groups(_changes(before, after)):
        yield from _hunk(before, after, group)


def longest_rise(numbers: Sequence[int]) -> list[int]:
    """Indices of a longest strictly rising subsequence."""
    tops: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect_left(tops, number)
        previous.append(ends[place - 1] if place else -1)
        tops[place : place + 1], ends[place : place + 1] = [number], [index]
    rise: list[int] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        rise.append(index)
        index = previous[index]
    return rise[::-1]


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[Pair]:
    """Lines that both versions share, rising in both."""
    done: Pair = (0, 0)
    for anchor in [*_anchors(before, after), (len(before), len(after))]:
        yield from _within(before, after, done, anchor)
        if anchor[0] < len(before):
            yield anchor
        done = (anchor[0] + 1, anchor[1] + 1)


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    counts, other_counts = Counter(before), Counter(after)
    places = {line: index for index, line in enumerate(after)}
    unique = [
        (index, places[line])
        for index, line in enumerate(before)
        if counts[line] == 1 and other_counts[line] == 1
    ]
    return [unique[index] for index in longest_rise([place for _, place in unique])]


def _within(before: Sequence[str], after: Sequence[str], start: Pair, end: Pair) -> Iterator[Pair]:
    """Equal lines at both ends of a gap between two anchors."""
    (left, right), (left_end, right_end) = start, end
    while left < left_end and right < right_end and before[left] == after[right]:
        yield left, right
        left, right = left + 1, right + 1
    tail = 0
    most = min(left_end - left, right_end - right)
    while tail < most and before[left_end - 1 - tail] == after[right_end - 1 - tail]:
        tail += 1
    yield from ((left_end - n, right_end - n) for n in range(tail, 0, -1))


Range = tuple[int, int, int, int]
"""Lines of the first version from, up to, and of the second from, up to."""


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Range]:
    fixed = [(-1, -1), *_pairs(before, after), (len(before), len(after))]
    for (left, right), (next_left, next_right) in pairwise(fixed):
        if next_left - left > 1 or next_right - right > 1:
            yield left + 1, next_left, right + 1, next_right


def _groups(changes: Iterator[Range]) -> Iterator[list[Range]]:
    """Changes whose surroundings touch go into one hunk."""
    group: list[Range] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(before: Sequence[str], after: Sequence[str], group: Sequence[Range]) -> Iterator[str]:
    lead = min(_CONTEXT, group[0][0], group[0][2])
    trail = min(_CONTEXT, len(before) - group[-1][1], len(after) - group[-1][3])
    left, right = group[0][0] - lead, group[0][2] - lead
    left_end, right_end = group[-1][1] + trail, group[-1][3] + trail
    yield f"@@ -{left + 1},{left_end - left} +{right + 1},{right_end - right} @@"
    for start, end, other_start, other_end in group:
        yield from (f" {_short(line)}" for line in before[left:start])
        yield from (f"-{_short(line)}" for line in before[start:end])
        yield from (f"+{_short(line)}" for line in after[other_start:other_end])
        left = end
    yield from (f" {_short(line)}" for line in before[left:left_end])


def _short(line: str) -> str:
    return line if len(line) <= _LINE_CHARACTERS else line[: _LINE_CHARACTERS - 1] + "…"
