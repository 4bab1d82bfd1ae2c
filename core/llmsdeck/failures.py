"""Failed runs in groups of the same cause: their kind and what their messages have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from llmsdeck.model import RunId
from llmsdeck.states import ErrorKind

MOST_FAILURES: Final = 10_000
"""The newest failed runs that are looked at."""
MOST_SOURCES: Final = 5
"""Sources of a group that are named."""
GAP: Final = "*"
"""Stands in a pattern for what differs from message to message."""
_READ: Final = 400
"""Characters of a message that make its pattern."""
_VARIES: Final = re.compile(
    r"""[a-z][a-z0-9+.-]*://\S+"""
    r"""|(?<!\w)'[^']*'(?!\w)|"[^"]*"|`[^`]*`"""
    r"""|(?<![\w.])[~.]{0,2}/\S+"""
    r"""|\b(?=[a-z]*\d)[0-9a-f]{7,}\b|\b\d[\w.,:]*"""
    r"""|[^\S ]\s*| \s+""",
    re.IGNORECASE,
)
"""Addresses, quotations, paths, hashes, figures and all blanks but single spaces."""
_PARTS: Final = 6
_LEAST_PART: Final = 4
_LONGEST_PART: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed run."""

    run_id: RunId
    source: str
    kind: ErrorKind
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failed runs of one kind whose messages read alike."""

    kind: ErrorKind
    pattern: str
    """What the messages have in common, with GAP for the rest; outside text."""
    count: int
    newest: Failure
    sources: tuple[str, ...]
    """Different ones, the last to fail first, at most MOST_SOURCES."""
    more_sources: int
    """Further ones that are not named."""

    @property
    def filter(self) -> str:
        """A line of the filter language that lets these runs through."""
        words = [f'"{part}"' for part in _literals(self.pattern)]
        return " ".join(["status:failed", f"error:{self.kind}", *words])


def pattern(message: str) -> str:
    """A message without what differs between runs that failed for the same reason."""
    return _VARIES.sub(GAP, message[:_READ]).strip()


def grouped(failures: Iterable[Failure]) -> tuple[FailureGroup, ...]:
    """Groups of failures that come newest first; the largest group comes first."""
    groups: dict[tuple[ErrorKind, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.kind, pattern(failure.message)), []).append(failure)
    found = [_group(kind, text, each) for (kind, text), each in groups.items()]
    return tuple(sorted(found, key=lambda group: -group.count))


def _group(kind: ErrorKind, text: str, failures: Sequence[Failure]) -> FailureGroup:
    sources = list(dict.fromkeys(failure.source for failure in failures))
    return FailureGroup(
        kind=kind,
        pattern=text,
        count=len(failures),
        newest=failures[0],
        sources=tuple(sources[:MOST_SOURCES]),
        more_sources=len(sources[MOST_SOURCES:]),
    )


def _literals(text: str) -> list[str]:
    """The longest pieces of a pattern that a filter can hold, in their order."""
    pieces = (
        piece.strip() for piece in re.split(r'[*"]|[^\x20-\uffff]|[\x7f-\x9f\ud800-\udfff]', text)
    )
    long = [piece[:_LONGEST_PART].strip() for piece in pieces if len(piece) >= _LEAST_PART]
    kept = set(sorted(long, key=len, reverse=True)[:_PARTS])
    return [piece for piece in dict.fromkeys(long) if piece in kept]
