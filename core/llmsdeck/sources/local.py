"""Local checkouts: from what somebody typed to the material of a folder or a git worktree."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from pathlib import Path
from typing import Final

from llmsdeck.answers import Preflight
from llmsdeck.errors import SourceError
from llmsdeck.sources.files import Root, as_text
from llmsdeck.sources.folder import collect_folder, listing
from llmsdeck.sources.git import Repository, commit_of, refs_of, repository_of
from llmsdeck.sources.material import (
    LIMITS,
    Limits,
    Material,
    Result,
    Skip,
    Steps,
    nothing_readable,
)
from llmsdeck.sources.worktree import collect_worktree, tracked

_GLANCE: Final = Limits(entries=50_000, git_seconds=5)
_GLANCED_FILES: Final = 64
_SHORT_COMMIT: Final = 7


def locate_folder(source: str, base: Path) -> str:
    """The absolute path of a folder that somebody typed, without links and relative to `base`.

    Raises SourceError with the reason when it is not a folder that can be read.
    """
    if not source.strip():
        raise SourceError("No source was given; give a folder, an address or owner/name.")
    if "\0" in source or not _is_utf8(source):
        raise SourceError("The path is not valid UTF-8 text; rename the folder and try again.")
    found = _resolved(source, base)
    if not _is_utf8(str(found)):
        raise SourceError("The path is not valid UTF-8 text; rename the folder and try again.")
    effective = os.access in os.supports_effective_ids
    if not os.access(found, os.R_OK | os.X_OK, effective_ids=effective):
        raise SourceError(f"There is no permission to read the folder {source!r}.")
    return str(found)


def _resolved(source: str, base: Path) -> Path:
    try:
        found = (base / os.path.expanduser(source)).resolve(strict=True)
        mode = found.stat().st_mode
    except FileNotFoundError as error:
        raise SourceError(f"There is no folder {source!r}.") from error
    except (OSError, RuntimeError) as error:
        raise SourceError(_unusable(source, error)) from error
    if not stat.S_ISDIR(mode):
        raise SourceError(f"{source!r} is a file; give the folder of a repository.")
    return found


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unusable(source: str, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"There is no permission to read the folder {source!r}."
    if isinstance(error, NotADirectoryError):
        return f"{source!r} leads through a file; give the folder of a repository."
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "a loop of links"
    return f"{source!r} cannot be read: {reason}."


def collect(source: str, ref: str | None, limits: Limits = LIMITS) -> Steps[Material]:
    """Read a located folder; raises SourceError when nothing in it can be used."""
    folder = Path(source)
    try:
        repository = yield from _tracking(folder, ref, limits)
        if repository is None:
            material = yield from collect_folder(folder, limits)
        else:
            material = yield from collect_worktree(repository, ref, limits)
    except OSError as error:
        raise SourceError(_unusable(folder.name, error)) from error
    if not material.files:
        raise SourceError(nothing_readable(material.skipped))
    return material


def _tracking(folder: Path, ref: str | None, limits: Limits) -> Steps[Repository | None]:
    """The repository to read the folder from; None when it is to be read as a plain folder.

    A folder that lies inside a worktree without one committed file, an unpacked archive for
    example, is a plain folder.
    """
    repository = yield from repository_of(folder, limits.git_seconds)
    if repository is not None and repository.prefix and ref is None:
        commit = yield from commit_of(repository, ref, limits.git_seconds)
        first = Limits(entries=1, git_seconds=limits.git_seconds)
        skipped: Counter[Skip] = Counter()
        if not (yield from tracked(repository, commit, first, skipped)) and not skipped.total():
            return None
    if repository is None and ref is not None:
        raise SourceError(
            "This folder is not a git worktree, so it has no refs; leave the ref out."
        )
    return repository


def inspect(source: str, ref: str | None) -> Preflight:
    """What a run of this located folder would find, looked up within a few seconds."""
    try:
        return Preflight(ok=True, message=_finish(_glance(Path(source), ref)))
    except SourceError as error:
        return Preflight(ok=False, message=str(error))
    except OSError as error:
        return Preflight(ok=False, message=_unusable(Path(source).name, error))


def refs(source: str) -> tuple[str, ...]:
    """Branches and tags of a located folder, newest first; none where that cannot be told."""
    try:
        return _finish(_refs(Path(source)))
    except (SourceError, OSError):
        return ()


def _refs(folder: Path) -> Steps[tuple[str, ...]]:
    repository = yield from repository_of(folder, _GLANCE.git_seconds)
    if repository is None:
        return ()
    return (yield from refs_of(repository, _GLANCE.git_seconds))


def _finish(steps: Steps[Result]) -> Result:
    with contextlib.closing(steps):
        while True:
            try:
                next(steps)
            except StopIteration as end:
                result: Result = end.value
                return result


def _glance(folder: Path, ref: str | None) -> Steps[str]:
    repository = yield from _tracking(folder, ref, _GLANCE)
    skipped: Counter[Skip] = Counter()
    with Root(str(folder)) as root:
        if repository is None:
            paths = yield from listing(root, _GLANCE, skipped)
            what, noun = "Folder", "files"
        else:
            commit = yield from commit_of(repository, ref, _GLANCE.git_seconds)
            entries = yield from tracked(repository, commit, _GLANCE, skipped)
            paths = tuple(entry.path for entry in entries)
            what, noun = f"Git worktree at {commit[:_SHORT_COMMIT]}", "tracked files"
        if not paths or (repository is None and not _has_text(root, paths, skipped)):
            raise SourceError(nothing_readable(skipped))
    total = len(paths) + skipped.total() - skipped[Skip.TOO_MANY]
    if total == 1:
        noun = noun.removesuffix("s")
    more = "more than " if skipped[Skip.TOO_MANY] else ""
    return f"{what}, {more}{total} {noun}."


def _has_text(root: Root, paths: tuple[str, ...], skipped: Counter[Skip]) -> bool:
    for path in paths[:_GLANCED_FILES]:
        data = root.read(path, LIMITS.file_bytes)
        file = data if isinstance(data, Skip) else as_text(path, data)
        if not isinstance(file, Skip):
            return True
        skipped[file] += 1
    return len(paths) > _GLANCED_FILES
