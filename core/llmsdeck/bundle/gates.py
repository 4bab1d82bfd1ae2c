"""The gates that any llms.txt can be held against: the text alone decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from llmsdeck.bundle.hygiene import HARMFUL
from llmsdeck.bundle.parse import Parsed, ParsedLink
from llmsdeck.bundle.reference import Reading, read
from llmsdeck.verdict import Finding, Gate, Profile

MOST_CHARACTERS: Final = 100_000
"""Beyond this no reader takes a file in whole; half of it is the usual limit."""
_MOST_FINDINGS: Final = 20
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_QUOTED: Final = 60
"""Characters of outside text that a sentence quotes."""


def gate(name: str, findings: Iterable[Finding]) -> Gate:
    """A gate with its first findings."""
    return Gate(name=name, findings=tuple(islice(findings, _MOST_FINDINGS)))


def quoted(text: str) -> str:
    """Outside text as a sentence quotes it: shortened, with escapes for what is invisible."""
    return repr(text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…")


def text_gates(text: str, parsed: Parsed, profile: Profile) -> Iterator[Gate]:
    """The gates of a profile; `parsed` is the same text as `parse` reads it."""
    if profile is Profile.V1:
        reading = read(text)
        yield gate("clean text", unclean(text))
        yield gate("reference parser", reading.refusals)
        if not reading.refusals:
            yield gate("nothing is lost", _losses(parsed, reading))
        yield gate("nothing twice", _repetitions(parsed))
    else:
        markdown = text.removeprefix("\ufeff").replace("\r\n", "\n")
        yield gate("clean text", unclean(markdown))
        yield gate("title", _untitled(parsed))
    yield gate("addresses", _unfetchable(parsed))
    yield gate("size", _too_long(text))


def unclean(text: str) -> Iterator[Finding]:
    """Characters that steer a terminal, hide from a reader or are no text, where each is first."""
    seen: set[str] = set()
    for match in HARMFUL.finditer(text):
        if match[0] not in seen:
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(message=f"holds {_named(match[0])}.", line=line)
            seen.add(match[0])


def _named(character: str) -> str:
    code = ord(character)
    if character == "\r":
        return "a carriage return; end lines with a line feed alone"
    if 0xDC80 <= code < 0xDD00:
        return "a byte that is not UTF-8"
    return f"the character U+{code:04X}"


def _untitled(parsed: Parsed) -> Iterator[Finding]:
    if not parsed.title:
        yield Finding(message="there is no title; start with a heading '# Name'.", line=1)


def _losses(parsed: Parsed, reading: Reading) -> Iterator[Finding]:
    """What stands in the text and the reference parser drops or takes for something else."""
    if parsed.title != reading.title.strip():
        message = f"the title is read as {quoted(reading.title)}."
        yield Finding(message=message, line=parsed.title_line or 1)
    if parsed.summary and reading.summary is None:
        message = "the summary is lost; put it right below the title and a paragraph below it."
        yield Finding(message=message, line=parsed.summary_line)
    elif parsed.summary and reading.summary and parsed.summary != reading.summary.strip():
        message = f"the summary is read as {quoted(reading.summary)}; keep the quote on one line."
        yield Finding(message=message, line=parsed.summary_line)
    yield from _lost_sections(parsed, reading)
    found = {link.line: link for links in reading.sections.values() for link in links}
    for link in parsed.links():
        if other := found.get(link.line):
            yield from _misread(link, other)


def _lost_sections(parsed: Parsed, reading: Reading) -> Iterator[Finding]:
    names = {section.name for section in parsed.sections}
    seen: set[str] = set()
    for section in parsed.sections:
        if section.name in seen:
            message = f"a second section {quoted(section.name)}; the links of the first are lost."
            yield Finding(message=message, line=section.line)
        elif section.name not in reading.sections:
            message = f"the section {quoted(section.name)} is read under another name, or not."
            yield Finding(message=message, line=section.line)
        seen.add(section.name)
    for name, links in reading.sections.items():
        if name.startswith("#") and name not in names:
            first = next(iter(links), None)
            message = f"a deeper heading is read as a section {quoted(name)} of its own."
            yield Finding(message=message, line=first.line if first else None)


def _misread(link: ParsedLink, other: ParsedLink) -> Iterator[Finding]:
    if other.url != link.url:
        message = f"the address is read as {quoted(other.url)}; percent-encode blanks and ')'."
        yield Finding(message=message, line=link.line)
    elif link.note and not other.note:
        message = "the note is lost; write ': ' between the link and the note."
        yield Finding(message=message, line=link.line)


def _repetitions(parsed: Parsed) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for link in parsed.links():
        if (first := seen.setdefault(link.url, link.line)) != link.line:
            message = f"the address {quoted(link.url)} is in line {first} already."
            yield Finding(message=message, line=link.line)
    for section in parsed.sections:
        titles: dict[str, int] = {}
        for link in section.links:
            if (first := titles.setdefault(link.title.lower(), link.line)) != link.line:
                message = f"the title {quoted(link.title)} is in line {first} already."
                yield Finding(message=message, line=link.line)


def _unfetchable(parsed: Parsed) -> Iterator[Finding]:
    for link in parsed.links():
        scheme = _SCHEME.match(link.url)
        if not link.url or any(map(str.isspace, link.url)):
            message = f"the address {quoted(link.url)} is empty or holds a blank."
            yield Finding(message=message, line=link.line)
        elif scheme and scheme[1].lower() not in {"http", "https"}:
            message = f"an address with {quoted(scheme[1])} cannot be fetched."
            yield Finding(message=message, line=link.line)


def _too_long(text: str) -> Iterator[Finding]:
    if len(text) > MOST_CHARACTERS:
        message = f"{len(text)} characters; at most {MOST_CHARACTERS} can be read in one go."
        yield Finding(message=message)
