"""A git worktree as a source: exactly what a commit holds, whatever the worktree looks like."""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.errors import SourceError
from llmsdeck.model import Progress, RunWarning
from llmsdeck.sources.files import Root, as_text
from llmsdeck.sources.forge import known_forge
from llmsdeck.sources.git import Git, Repository, commit_of, is_published, records, remote_of
from llmsdeck.sources.material import (
    Limits,
    Material,
    Skip,
    SourceFile,
    SourceKind,
    Steps,
    Worktree,
    skip_warnings,
)
from llmsdeck.sources.triage import reading_order, verdict

_SEARCH_SECONDS: Final = 3
"""Patience with the search through history for a mere warning."""
_MODES: Final = {"120000": Skip.LINK, "160000": Skip.SUBMODULE}


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed file worth reading."""

    path: str
    object_id: str
    size: int


def collect_worktree(repository: Repository, ref: str | None, limits: Limits) -> Steps[Material]:
    """Read every interesting text file of HEAD, or of `ref`; raises SourceError."""
    commit = yield from commit_of(repository, ref, limits.git_seconds)
    skipped: Counter[Skip] = Counter()
    entries = yield from tracked(repository, commit, limits, skipped)
    reader = _Reader(repository, limits, skipped)
    files = yield from reader.read_all(entries)
    forge = known_forge((yield from remote_of(repository, limits.git_seconds)))
    warnings = list(skip_warnings(skipped))
    if reader.differing:
        warnings.append(_worktree_warning(reader.differing))
    if forge and not (yield from is_published(repository, commit, _SEARCH_SECONDS)):
        warnings.append(_UNPUBLISHED)
    return Material(
        kind=SourceKind.GIT,
        name=_name(repository, forge.name if forge else ""),
        commit=commit,
        link_base=forge.link_base(commit, repository.prefix) if forge else None,
        files=files,
        skipped=skipped,
        worktree=Worktree(differing=reader.differing),
        warnings=tuple(warnings),
    )


def _name(repository: Repository, remote_name: str) -> str:
    """The folder's own name for a part of a repository, the remote's name for the whole."""
    return remote_name if remote_name and not repository.prefix else repository.folder.name


_UNPUBLISHED: Final = RunWarning(
    kind="links",
    message="No branch of origin is known to hold this commit; push it, or the links will not "
    "resolve.",
)


def _worktree_warning(differing: int) -> RunWarning:
    return RunWarning(
        kind="worktree",
        message="Files on disk differ from the commit or are missing; the committed text was used.",
        count=differing,
    )


def tracked(
    repository: Repository, commit: str, limits: Limits, skipped: Counter[Skip]
) -> Steps[tuple[Entry, ...]]:
    """The committed files below the folder that are worth reading, in reading order."""
    found: list[Entry] = []
    seen = 0
    listing = records(
        repository.folder, "ls-tree", "-r", "-z", "--long", commit, patience=limits.git_seconds
    )
    with contextlib.closing(listing):
        for record in listing:
            if record is None:
                yield Progress(len(found))
                continue
            if seen == limits.entries:
                skipped[Skip.TOO_MANY] += 1
                break
            seen += 1
            entry = _entry(record, limits)
            if isinstance(entry, Skip):
                skipped[entry] += 1
            else:
                found.append(entry)
            if seen % 500 == 0:
                yield Progress(len(found))
    found.sort(key=lambda entry: reading_order(entry.path))
    skipped[Skip.TOO_MANY] += max(0, len(found) - limits.files)
    return tuple(found[: limits.files])


def _entry(record: bytes, limits: Limits) -> Entry | Skip:
    """One line of `git ls-tree --long`: mode, type, object id, size, tab, path."""
    facts, _, raw_path = record.partition(b"\t")
    mode, _, object_id, size = facts.decode("ascii").split()
    path = raw_path.decode(errors="surrogateescape")
    if mode in _MODES:
        return _MODES[mode]
    if reason := verdict(path, tracked=True, limits=limits):
        return reason
    if int(size) > limits.file_bytes:
        return Skip.TOO_LARGE
    return Entry(path, object_id, int(size))


class _Reader:
    """Committed texts: from disk where the bytes are the committed ones, else from git."""

    def __init__(self, repository: Repository, limits: Limits, skipped: Counter[Skip]) -> None:
        self._repository = repository
        self._limits = limits
        self._skipped = skipped
        self._git: Git | None = None
        self.differing = 0

    def read_all(self, entries: Sequence[Entry]) -> Steps[tuple[SourceFile, ...]]:
        files: list[SourceFile] = []
        room = self._limits.total_bytes
        try:
            with Root(str(self._repository.folder)) as root:
                for done, entry in enumerate(entries, start=1):
                    if entry.size > room:
                        self._skipped[Skip.TOO_MANY] += 1
                        continue
                    data = self._on_disk(root, entry)
                    if data is None:
                        data = yield from self._committed(entry)
                    file = as_text(entry.path, data)
                    if isinstance(file, Skip):
                        self._skipped[file] += 1
                    else:
                        files.append(file)
                        room -= entry.size
                    yield Progress(done, len(entries))
        finally:
            if self._git is not None:
                self._git.close()
        return tuple(sorted(files, key=lambda file: file.path))

    def _on_disk(self, root: Root, entry: Entry) -> bytes | None:
        """The file's bytes when they are the committed ones, apart from line ends."""
        data = root.read(entry.path, 2 * entry.size + 1)
        if isinstance(data, bytes):
            if self._object_id(data) == entry.object_id:
                return data
            with_our_line_ends = data.replace(b"\r\n", b"\n")
            if self._object_id(with_our_line_ends) == entry.object_id:
                return with_our_line_ends
        self.differing += 1
        return None

    def _object_id(self, data: bytes) -> str:
        """The id git gives to these bytes as a file."""
        digest = hashlib.new(self._repository.object_format, usedforsecurity=False)
        digest.update(b"blob %d\0" % len(data))
        digest.update(data)
        return digest.hexdigest()

    def _committed(self, entry: Entry) -> Steps[bytes]:
        """The file's bytes from git, which checks nothing out and runs no filter."""
        if self._git is None:
            self._git = Git(self._repository.folder, ("cat-file", "--batch"), conversation=True)
        self._git.ask(entry.object_id)
        expected = len(f"{entry.object_id} blob {entry.size}\n") + entry.size + 1
        answer = b""
        while len(answer) < expected:
            piece = self._git.receive(self._limits.git_seconds)
            if piece == b"" or answer.endswith(b" missing\n"):
                raise SourceError("git could not read a file of the commit; run git fsck.")
            answer += piece or b""
            yield Progress()
        return answer[-entry.size - 1 : -1]
