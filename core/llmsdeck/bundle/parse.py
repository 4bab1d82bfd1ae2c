"""Reading an llms.txt back: always an answer, and every departure from the strict form named."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_ITEM: Final = re.compile(r"- \[([^\[\]]{1,300})\]\(([^()\s]{1,2000})\)(?:: (\S.*))?")
_LOOSE_ITEM: Final = re.compile(r"\s*[-*+] +\[([^\[\]]*)\]\(([^()]*)\)(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLink:
    """One entry as it was read."""

    title: str
    url: str
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Parsed:
    """What a reader of the format understands, and what it would stumble over."""

    title: str = ""
    summary: str = ""
    info: list[str] = field(default_factory=list[str])
    sections: list[tuple[str, list[ParsedLink]]] = field(
        default_factory=list[tuple[str, list[ParsedLink]]]
    )
    problems: list[str] = field(default_factory=list[str])
    """Sentences with a line number, in order; empty for the strict form."""


def parse(text: str) -> Parsed:
    """Read leniently: never raises, whatever the text is."""
    parsed = Parsed()
    lines = text.split("\n")
    _check_frame(text, lines, parsed)
    for number, line in enumerate(lines, start=1):
        if line.startswith("## "):
            _start_section(line, number, parsed)
        elif line.startswith("#") and number > 1:
            parsed.problems.append(f"Line {number}: a heading other than a section's.")
        elif parsed.sections:
            _read_item(line, number, parsed)
        elif number > 1:
            _read_head(line, number, parsed)
    if parsed.sections and not parsed.sections[-1][1]:
        parsed.problems.append(f"Section {parsed.sections[-1][0]!r} is empty.")
    if not parsed.summary:
        parsed.problems.append("There is no summary in a quote below the heading.")
    if not parsed.info:
        parsed.problems.append("There is no text between the summary and the first section.")
    return parsed


def _check_frame(text: str, lines: list[str], parsed: Parsed) -> None:
    if lines[0].startswith("# ") and lines[0][2:].strip():
        parsed.title = lines[0][2:].strip()
    else:
        parsed.problems.append("Line 1: not a first-level heading with a name.")
    if not text.endswith("\n") or text.endswith("\n\n"):
        parsed.problems.append("The text does not end in exactly one line feed.")


def _start_section(line: str, number: int, parsed: Parsed) -> None:
    name = line[3:].strip()
    if parsed.sections:
        last, links = parsed.sections[-1]
        if not links:
            parsed.problems.append(f"Section {last!r} is empty.")
        if last == "Optional":
            parsed.problems.append(f"Line {number}: a section after Optional.")
    if name != line[3:] or not name or not name[-1].isalnum():
        parsed.problems.append(f"Line {number}: a section's name with marks or blanks around it.")
    if any(name == known for known, _ in parsed.sections):
        parsed.problems.append(f"Line {number}: a second section {name!r}.")
    parsed.sections.append((name, []))


def _read_head(line: str, number: int, parsed: Parsed) -> None:
    if not line.startswith(">"):
        if line.strip():
            if not parsed.summary:
                parsed.problems.append(f"Line {number}: text before the summary.")
            parsed.info.append(line)
    elif parsed.summary:
        parsed.problems.append(f"Line {number}: a second line of quote.")
    else:
        parsed.summary = line[1:].strip()


def _read_item(line: str, number: int, parsed: Parsed) -> None:
    if not line.strip():
        return
    links = parsed.sections[-1][1]
    if strict := _ITEM.fullmatch(line):
        links.append(ParsedLink(title=strict[1], url=strict[2], note=strict[3] or ""))
        return
    parsed.problems.append(f"Line {number}: not a list item with a link and a note.")
    if loose := _LOOSE_ITEM.fullmatch(line):
        links.append(ParsedLink(title=loose[1], url=loose[2], note=loose[3].strip(" :-")))
