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
    """The committed files below the folder that are worth reading, in reading order.

    Without their sizes, for which git would have to open each of them.
    """
    found: list[Entry] = []
    seen = 0
    listing = records(repository.folder, "ls-tree", "-r", "-z", commit, patience=limits.git_seconds)
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
    return tuple(sorted(found, key=lambda entry: reading_order(entry.path)))


def _entry(record: bytes, limits: Limits) -> Entry | Skip:
    """One line of `git ls-tree`: mode, type, object id, tab, path."""
    facts, _, raw_path = record.partition(b"\t")
    mode, _, object_id = facts.decode("ascii").split()
    path = raw_path.decode(errors="surrogateescape")
    if mode in _MODES:
        return _MODES[mode]
    if reason := verdict(path, tracked=True, limits=limits):
        return reason
    return Entry(path, object_id)


class _Reader:
    """Committed texts: from disk where the bytes are the committed ones, else from git."""

    def __init__(self, repository: Repository, limits: Limits, skipped: Counter[Skip]) -> None:
        self._repository = repository
        self._limits = limits
        self._skipped = skipped
        self._room = limits.total_bytes
        self._git: Git | None = None
        self.differing = 0

    def read_all(self, entries: Sequence[Entry]) -> Steps[tuple[SourceFile, ...]]:
        files: list[SourceFile] = []
        try:
            with Root(str(self._repository.folder)) as root:
                for done, entry in enumerate(entries, start=1):
                    if len(files) == self._limits.files:
                        self._skipped[Skip.TOO_MANY] += len(entries) - done + 1
                        break
                    data = self._on_disk(root, entry)
                    if data is None:
                        data = yield from self._committed(entry)
                    file = data if isinstance(data, Skip) else as_text(entry.path, data)
                    if isinstance(file, Skip):
                        self._skipped[file] += 1
                    else:
                        files.append(file)
                        self._room -= len(data)
                    yield Progress(done, len(entries))
        finally:
            self._close()
        return tuple(sorted(files, key=lambda file: file.path))

    def _on_disk(self, root: Root, entry: Entry) -> bytes | Skip | None:
        """The file's bytes when they are the committed ones, apart from line ends."""
        data = root.read(entry.path, 2 * min(self._limits.file_bytes, self._room) + 1)
        if isinstance(data, Skip):
            return None
        if self._object_id(data) != entry.object_id:
            data = data.replace(b"\r\n", b"\n")
            if self._object_id(data) != entry.object_id:
                return None
        return self._excess(len(data)) or data

    def _excess(self, size: int) -> Skip | None:
        """Why a file of this size is left out, if it is."""
        if size > self._limits.file_bytes:
            return Skip.TOO_LARGE
        return Skip.TOO_MANY if size > self._room else None

    def _object_id(self, data: bytes) -> str:
        """The id git gives to these bytes as a file."""
        digest = hashlib.new(self._repository.object_format, usedforsecurity=False)
        digest.update(b"blob %d\0" % len(data))
        digest.update(data)
        return digest.hexdigest()

    def _committed(self, entry: Entry) -> Steps[bytes | Skip]:
        """The file's bytes from git, which checks nothing out and runs no filter."""
        if self._git is None:
            self._git = Git(self._repository.folder, ("cat-file", "--batch"), conversation=True)
        self._git.ask(entry.object_id)
        answer = b""
        while b"\n" not in answer:
            answer += yield from self._answer(self._git)
        head, _, body = answer.partition(b"\n")
        size = _size(head)
        if reason := self._excess(size):
            self._close()  # which takes less than hearing git out
            return reason
        self.differing += 1
        while len(body) <= size:
            body += yield from self._answer(self._git)
        return body[:size]

    def _answer(self, git: Git) -> Steps[bytes]:
        """What git says next."""
        while (piece := git.receive(self._limits.git_seconds)) is None:
            yield Progress()
        if not piece:
            raise SourceError(_UNREADABLE)
        yield Progress()
        return piece

    def _close(self) -> None:
        """End git, if it was asked anything."""
        if self._git is not None:
            self._git.close()
            self._git = None


_UNREADABLE: Final = "git could not read a file of the commit; run git fsck."


def _size(head: bytes) -> int:
    """The size in the first line of an answer, `<id> blob <size>`; raises SourceError."""
    match head.split():
        case [_, b"blob", size]:
            return int(size)
        case _:
            raise SourceError(_UNREADABLE)
