"""Reading an llms.txt as its author meant it: leniently, always with an answer, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?!#)(.*)")
_UNDERLINE: Final = re.compile(r" {0,3}=+[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_BULLET: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)")
_LINK: Final = re.compile(
    r"\[((?:\\.|[^\[\]\\]|\[[^\[\]]*+\])*+)\]"
    r"\(\s*+(?:<([^<>]*+)>|((?:[^()\s]|\([^()\s]*+\))*+))(?:\s++(?:\"[^\"]*+\"|'[^']*+'))?+\s*+\)"
)
"""Possessive throughout, so that no line takes more than linear time."""
_LOOSE_LINK: Final = re.compile(r"\[([^\[\]]*+)\]\(([^()]*+)\)")
_CLOSING: Final = re.compile(r"(?:^|(?<=\s))#++$")
_NOTE_MARK: Final = re.compile(r"\s*+(?::|-|–|—)?\s*+")
_LONGEST: Final = 4000
"""Characters beyond which a quote or a note of several lines is not gathered further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLink:
    """One entry as it was read."""

    title: str
    url: str
    note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSection:
    """A section and all links below its heading, those in subsections included."""

    name: str
    line: int
    links: list[ParsedLink] = field(default_factory=list[ParsedLink])


@dataclass(slots=True, kw_only=True)
class Parsed:
    """What a patient reader understands."""

    title: str = ""
    title_line: int = 0
    summary: str = ""
    """The first quote, its lines joined."""
    summary_line: int = 0
    info: list[str] = field(default_factory=list[str])
    """The other lines between the title and the first section."""
    sections: list[ParsedSection] = field(default_factory=list[ParsedSection])

    def links(self) -> Iterator[ParsedLink]:
        """All links, in order."""
        for section in self.sections:
            yield from section.links


def parse(text: str) -> Parsed:
    """Read a text of any kind; never raises."""
    reader = _Reader()
    for number, line in enumerate(_lines(text), start=1):
        reader.read(number, line)
    return reader.parsed


def _lines(text: str) -> list[str]:
    """Lines without their ends; what stands before the text proper becomes blank."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() == "---" and (
        ends := [n for n, x in enumerate(lines[1:200]) if x == "---"]
    ):
        lines[: ends[0] + 2] = [""] * (ends[0] + 2)
    return lines


class _Reader:
    """Where reading stands."""

    def __init__(self) -> None:
        self.parsed = Parsed()
        self._fence = ""
        self._in_comment = False
        self._quoting = False
        self._previous = ""

    def read(self, number: int, line: str) -> None:
        previous, self._previous = self._previous, line.strip()
        if self._is_hidden(line):
            return
        heading = _HEADING.fullmatch(line)
        if heading:
            self._read_heading(number, len(heading[1]), heading[2])
        elif _UNDERLINE.fullmatch(line) and previous and not self.parsed.title:
            self.parsed.info = []
            self._read_heading(number - 1, 1, previous)
        elif self.parsed.sections:
            self._read_entry(number, line)
        else:
            self._read_head(number, line)

    def _is_hidden(self, line: str) -> bool:
        """Whether the line belongs to code or to a comment of several lines."""
        if self._in_comment or line.lstrip().startswith("<!--"):
            self._in_comment = "-->" not in line
            return True
        if fence := _FENCE.match(line):
            if not self._fence:
                self._fence = fence[1]
            elif fence[1].startswith(self._fence) and not line[fence.end() :].strip():
                self._fence = ""
            return True
        return bool(self._fence)

    def _read_heading(self, number: int, level: int, text: str) -> None:
        name = _CLOSING.sub("", text.strip()).rstrip()
        if level == 1 and not self.parsed.title:
            self.parsed.title, self.parsed.title_line = name, number
        elif level == 2:
            self.parsed.sections.append(ParsedSection(name=name, line=number))

    def _read_head(self, number: int, line: str) -> None:
        stripped = line.strip()
        quoted = stripped.startswith(">")
        if quoted and (self._quoting or not self.parsed.summary):
            self.parsed.summary_line = self.parsed.summary_line or number
            self.parsed.summary = _joined(self.parsed.summary, stripped[1:].strip())
        elif stripped:
            self.parsed.info.append(line)
        self._quoting = quoted

    def _read_entry(self, number: int, line: str) -> None:
        links = self.parsed.sections[-1].links
        if bullet := _BULLET.fullmatch(line):
            if link := _read_link(bullet[1], number):
                links.append(link)
        elif line.startswith((" ", "\t")) and line.strip() and links:
            links[-1] = replace(links[-1], note=_joined(links[-1].note, line.strip()))


def _read_link(item: str, number: int) -> ParsedLink | None:
    """The link that a list item starts with, and the rest of the item as its note."""
    if link := _LINK.match(item):
        url = link[3] if link[2] is None else link[2]
    elif link := _LOOSE_LINK.match(item):
        url = link[2].strip()
    else:
        return None
    note = _NOTE_MARK.sub("", item[link.end() :].rstrip(), count=1)
    return ParsedLink(title=link[1].strip(), url=url, note=note, line=number)


def _joined(text: str, more: str) -> str:
    return f"{text} {more}".strip() if len(text) < _LONGEST else text
