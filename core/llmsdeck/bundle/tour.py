"""What every author's tour through the documentation is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from llmsdeck.sources import SourceFile

Files: TypeAlias = Mapping[str, SourceFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One page on the author's tour."""

    path: str
    label: str = ""
    """What the navigation calls it; empty leaves it to the page."""
    group: str = ""
    """Label of the outermost group it stands in."""
    depth: int = 0
    """Groups around it."""


def normal(path: str) -> str:
    """A path inside the source without `.` and `..`; what leads outside is cut at the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in {"", ".", ".."}:
            parts.append(part)
    return "/".join(parts)
