"""What the reference parser of the format, llms-txt 0.0.7, makes of a text; in linear time.

Its regular expressions take quadratic time on hostile text, so that its results are reproduced
line by line instead. They differ only for a first-level heading without a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from llmsdeck.bundle.parse import ParsedLink
from llmsdeck.verdict import Finding

_SECTION: Final = re.compile(r"^##\s*(.*?)$", re.MULTILINE)
_TITLE: Final = re.compile(r"^#\s*+(?=.)", re.MULTILINE)
_ITEM_START: Final = re.compile(r"-\s*+\[")
_BREAK: Final = re.compile(r"\n+")
_QUOTE: Final = re.compile(r">\s*+([^\n]+)\n+")
_NOTE: Final = re.compile(r":\s*+(.*)")


@dataclass(slots=True, kw_only=True)
class Reading:
    """The parser's result, and everything that would make it raise."""

    title: str = ""
    summary: str | None = None
    info: str = ""
    sections: dict[str, list[ParsedLink]] = field(default_factory=dict[str, list[ParsedLink]])
    """By name; of two sections with one name the later one."""
    refusals: list[Finding] = field(default_factory=list[Finding])
    """In order; the parser raises at any of them and gives no result at all."""


def read(text: str) -> Reading:
    """Read as the reference parser does, but go on where it raises."""
    reading = Reading()
    headings = [*_SECTION.finditer(text)]
    _read_start(text[: headings[0].start()] if headings else text, reading)
    ends = [*(heading.start() for heading in headings), len(text)][1:]
    line, counted = 1, 0
    bodies: dict[str, tuple[int, str]] = {}
    for heading, end in zip(headings, ends, strict=True):
        line, counted = line + text.count("\n", counted, heading.end()), heading.end()
        bodies[heading[1]] = line, text[heading.end() : end]
    for name, (first, body) in bodies.items():
        reading.sections[name] = [*_links(body, first, reading.refusals)]
    return reading


def _links(body: str, first: int, refusals: list[Finding]) -> Iterator[ParsedLink]:
    """The links of a section; every line that is not blank must hold one."""
    for number, line in enumerate(body.split("\n"), start=first):
        if link := _link(line, number):
            yield link
        elif line.strip():
            message = "not a list item with a link, '- [title](address): note'."
            refusals.append(Finding(message=message, line=number))


def _link(item: str, number: int) -> ParsedLink | None:
    """The first thing in the line that looks like `- [title](address)`, wherever it is."""
    begin = 0
    while (end := item.find("](", begin)) >= 0:
        start = _ITEM_START.search(item, max(begin, item.rfind("]", begin, end) + 1), end)
        begin = end + 1
        if start is None or start.end() == end:
            continue
        close = item.find(")", end + 2)
        if close < 0:
            return None
        if close > end + 2:
            note = _NOTE.match(item, close + 1)
            title, url = item[start.end() : end], item[end + 2 : close]
            return ParsedLink(title=title, url=url, note=note[1] if note else "", line=number)
    return None


def _read_start(text: str, reading: Reading) -> None:
    """Title, summary and info: everything before the first section."""
    start = text.strip()
    heading = _TITLE.search(start)
    if heading is None:
        message = "there is no first-level heading, '# Name', before the sections."
        reading.refusals.append(Finding(message=message, line=1))
        return
    place = start.find("\n", heading.end())
    while place >= 0:
        after = _BREAK.match(start, place)
        assert after is not None
        if quote := _QUOTE.match(start, after.end()):
            reading.summary = quote[1]
        if quote or len(after[0]) > 1:
            reading.title = start[heading.end() : place]
            reading.info = start[(quote or after).end() :].lstrip("\n")
            return
        place = start.find("\n", after.end())
    message = "nothing stands between the title and the first section; add a paragraph."
    if "\r" in start:
        message = "the line ends are not plain line feeds."
    line = 1 + text.count("\n", 0, text.index(start) + heading.start())
    reading.refusals.append(Finding(message=message, line=line))
