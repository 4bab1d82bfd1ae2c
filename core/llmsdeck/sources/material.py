"""What a source yields: the text of a repository at one moment, and an account of what was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

from llmsdeck.model import Progress, RunWarning

Result = TypeVar("Result")
Steps: TypeAlias = Generator[Progress, None, Result]
"""Work in small steps: its driver may stop after any of them, and closing it frees everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a source is read; whatever is cut is counted and said."""

    files: int = 20_000
    """Files whose text is kept."""
    file_bytes: int = 1_000_000
    """Size of one kept file."""
    total_bytes: int = 256_000_000
    """Sum of all kept files."""
    entries: int = 200_000
    """Names looked at, kept or not."""
    depth: int = 64
    """Folders below the root."""
    path_bytes: int = 1024
    """Length of one path inside the source."""
    git_seconds: float = 30
    """Time that git may be silent before it counts as hung."""
    wire_bytes: int = 200_000_000
    """Length of a host's archive as it comes over the wire."""
    inflated_bytes: int = 1_000_000_000
    """Length of a host's archive once inflated; whatever is longer is not read to its end."""
    inflation: int = 200
    """How many times an archive may grow; texts grow about fourfold."""
    download_seconds: float = 300
    """Time that one download of an archive may take."""


LIMITS: Final = Limits()


class SourceKind(StrEnum):
    """How a source keeps its files."""

    GIT = "git"
    FOLDER = "folder"
    HOST = "host"


class Skip(StrEnum):
    """Why a file of the source is not part of the material."""

    LINK = "link"
    SUBMODULE = "submodule"
    LFS = "lfs"
    EXPORT = "export_ignored"
    SPECIAL = "special"
    NAME = "name"
    TWICE = "twice"
    DEPTH = "depth"
    VENDORED = "vendored"
    BINARY = "binary"
    OTHER = "other"
    ENCODING = "encoding"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"


SKIP_WARNINGS: Final[Mapping[Skip, str]] = {
    Skip.LINK: "Symbolic links are not followed.",
    Skip.SUBMODULE: "Submodules are not read.",
    Skip.LFS: "Files kept in Git LFS are not read.",
    Skip.EXPORT: "Rules in .gitattributes keep files out of the host's archive.",
    Skip.SPECIAL: "Pipes, sockets and devices are not read.",
    Skip.NAME: "Names that are not UTF-8, hold control characters or are too long are left out.",
    Skip.TWICE: "Names that occur twice, or differ in capitals only, are left out the second time.",
    Skip.DEPTH: "Folders nested too deeply are left out.",
    Skip.ENCODING: "Text files that are not UTF-8 are left out.",
    Skip.UNREADABLE: "Files or folders that may not be read are left out.",
    Skip.TOO_LARGE: "Files above the size limit are left out.",
    Skip.TOO_MANY: "Files beyond the limits for one source are left out.",
}
"""What people are told; binary, vendored and data files are expected and only counted."""


_REASONS: Final[Mapping[Skip, str]] = {
    Skip.LINK: "symbolic links",
    Skip.SUBMODULE: "submodules",
    Skip.LFS: "in Git LFS",
    Skip.EXPORT: "kept out of archives",
    Skip.SPECIAL: "pipes or devices",
    Skip.NAME: "with unusable names",
    Skip.TWICE: "with the same name",
    Skip.DEPTH: "nested too deeply",
    Skip.VENDORED: "vendored",
    Skip.BINARY: "binary",
    Skip.OTHER: "data",
    Skip.ENCODING: "not UTF-8",
    Skip.UNREADABLE: "without permission",
    Skip.TOO_LARGE: "too large",
    Skip.TOO_MANY: "beyond the limits",
}
"""How each reason reads after a number of files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One text file; line ends are LF and there is no byte order mark."""

    path: str
    """Relative to the source, with `/`, free of control characters."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worktree:
    """How the files on disk compare with the commit that was read; only files read are compared."""

    differing: int = 0
    """Changed or missing on disk, so that the committed text was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a host knows about a repository besides its files; empty when it does not say."""

    address: str
    """Where people look at it, under its present name."""
    description: str = ""
    homepage: str = ""
    topics: tuple[str, ...] = ()
    licence: str = ""
    """SPDX identifier."""
    archived: bool = False
    """Nobody may change it any more."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything that later phases know about a source."""

    kind: SourceKind
    name: str
    """Last part of the remote's address, else the folder's name."""
    commit: str | None = None
    link_base: str | None = None
    """Address that ends in `/`, to which a percent-encoded path is appended; None when unknown."""
    files: tuple[SourceFile, ...]
    """Ordered by path."""
    skipped: Mapping[Skip, int]
    worktree: Worktree | None = None
    about: About | None = None
    warnings: tuple[RunWarning, ...] = ()

    @cached_property
    def by_path(self) -> Mapping[str, SourceFile]:
        """The files by their path."""
        return {file.path: file for file in self.files}


def skip_warnings(skipped: Mapping[Skip, int]) -> tuple[RunWarning, ...]:
    """The warnings that a count of skipped files amounts to."""
    return tuple(
        RunWarning(kind="source", message=message, count=skipped[skip])
        for skip, message in SKIP_WARNINGS.items()
        if skipped.get(skip)
    )


def nothing_readable(skipped: Mapping[Skip, int]) -> str:
    """Why a source without a single readable file cannot be used."""
    counts = +Counter(skipped)
    if not counts.total():
        return "The folder is empty; there is nothing to read."
    reasons = ", ".join(f"{count} {_REASONS[skip]}" for skip, count in sorted(counts.items()))
    return f"None of its files is readable text: {reasons}."
