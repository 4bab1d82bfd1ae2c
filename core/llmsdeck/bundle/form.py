"""The strict form: the one way of writing llms.txt that every known reader understands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llmsdeck.verdict import Finding

_ITEM: Final = re.compile(r"- \[[^\[\]]{1,300}\]\([^()\s]{1,2000}\)(?:: \S.*)?")


def departures(text: str) -> Iterator[Finding]:
    """Everything that our own writer would not have written, line by line."""
    inspector = _Inspector()
    lines = text.split("\n")
    if not (lines[0].startswith("# ") and lines[0][2:].strip()):
        yield Finding(message="not a first-level heading with a name.", line=1)
    for number, line in enumerate(lines[1:], start=2):
        for message in inspector.inspect(line):
            yield Finding(message=message, line=number)
    yield from inspector.finish()
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield Finding(message="The text does not end in exactly one line feed.")


class _Inspector:
    """What has been seen so far."""

    def __init__(self) -> None:
        self._quoted = False
        self._informed = False
        self._sections: dict[str, bool] = {}
        """Names in order, and whether a list item followed."""

    def inspect(self, line: str) -> Iterator[str]:
        """What is wrong with the next line."""
        if line.startswith("## "):
            yield from self._inspect_section(line[3:])
        elif line.startswith("#"):
            yield "a heading other than a section's."
        elif not line.strip():
            return
        elif self._sections:
            self._sections[self._last()] = True
            if not _ITEM.fullmatch(line):
                yield "not a list item with a link and a note."
        else:
            yield from self._inspect_head(line)

    def finish(self) -> Iterator[Finding]:
        """What is missing at the end."""
        for name, filled in self._sections.items():
            if not filled:
                yield Finding(message=f"Section {name!r} is empty.")
        if not self._quoted:
            yield Finding(message="There is no summary in a quote below the heading.")
        if not self._informed:
            message = "There is no text between the summary and the first section."
            yield Finding(message=message)

    def _last(self) -> str:
        return next(reversed(self._sections))

    def _inspect_section(self, heading: str) -> Iterator[str]:
        name = heading.strip()
        if self._sections and self._last() == "Optional":
            yield "a section after Optional."
        if name != heading or not name or not name[-1].isalnum():
            yield "a section's name with marks or blanks around it."
        if name in self._sections:
            yield f"a second section {name!r}."
        self._sections.setdefault(name, False)

    def _inspect_head(self, line: str) -> Iterator[str]:
        if line.startswith(">"):
            if self._quoted:
                yield "a second line of quote."
            self._quoted = True
            return
        if not self._quoted:
            yield "text before the summary."
        self._informed = True
