"""Parts of what may be too long to have at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmsdeck.model import ArtifactName, Run


@dataclass(frozen=True, slots=True)
class ValueCount:
    """One value of a filter's key, and how many runs have it."""

    value: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A keyset page of runs, newest first."""

    runs: tuple[Run, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactText:
    """A piece of an artifact; offset and totals count characters."""

    name: ArtifactName
    content: str
    offset: int
    total_chars: int

    @property
    def truncated(self) -> bool:
        """There is more text after this piece."""
        return self.offset + len(self.content) < self.total_chars
