"""The bundle's table of contents, before it is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class SectionName(StrEnum):
    """The sections of llms.txt, in the order they stand in."""

    DOCS = "Docs"
    API = "API"
    EXAMPLES = "Examples"
    DEVELOPMENT = "Development"
    OPTIONAL = "Optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One entry: a file of the material, what it is called, and what it says."""

    title: str
    path: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A named list of links."""

    name: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Everything llms.txt says."""

    title: str
    summary: str
    paragraph: str = ""
    """What the project is, in its own words; empty when the summary says it all."""
    facts: tuple[str, ...]
    """Bullets below the summary; at least one, or readers of the format lose the summary."""
    sections: tuple[Section, ...]

    def links(self) -> Iterator[Link]:
        """All links, in order."""
        for section in self.sections:
            yield from section.links
