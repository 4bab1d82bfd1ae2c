"""How two bundles differ: frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from llmsdeck.model import ArtifactName


class Change(StrEnum):
    """What happened to something between two bundles."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    RETITLED = "retitled"
    RENOTED = "renoted"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """A title, a summary or a block of facts that reads differently."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChange:
    """A section that only one of the bundles has."""

    change: Change
    name: str
    links: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """One thing that happened to a link; a link may occur once for each kind of change."""

    change: Change
    title: str
    """As it is after the change; as it was for a removed link."""
    url: str
    before: str = ""
    """The section of a moved or removed link, else the old title or note."""
    after: str = ""
    """The section of a moved or added link, else the new title or note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file inside llms-full.txt that differs; sizes in characters, None where it is absent."""

    change: Change
    path: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChange:
    """An artifact and its sizes in bytes, None where it is absent."""

    name: ArtifactName
    before: int | None
    after: int | None
    same: bool
    """Byte for byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that differs between two bundles, from the first to the second."""

    before: str
    after: str
    """The runs or files that were compared."""
    scores: tuple[int, int]
    texts: tuple[TextChange, ...]
    sections: tuple[SectionChange, ...]
    links: tuple[LinkChange, ...]
    kept: int
    """Links that both have."""
    files: tuple[FileChange, ...]
    sizes: tuple[SizeChange, ...]
    lines: tuple[str, ...]
    """Unified text, bounded; the last line says how much is left out."""

    @property
    def equal(self) -> bool:
        """Whether every artifact is the same, byte for byte; accounts of how it was made aside."""
        return all(s.same for s in self.sizes if s.name != ArtifactName.MANIFEST)
