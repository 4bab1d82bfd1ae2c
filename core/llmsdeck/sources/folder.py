"""A plain folder as a source: a walk that follows no link and never leaves the folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from llmsdeck.model import Progress
from llmsdeck.sources.files import Root, as_text
from llmsdeck.sources.material import (
    Limits,
    Material,
    Skip,
    SourceFile,
    SourceKind,
    Steps,
    skip_warnings,
)
from llmsdeck.sources.triage import folder_is_skipped, name_is_hostile, reading_order, verdict


def collect_folder(source: Path, limits: Limits) -> Steps[Material]:
    """Read every interesting text file of a folder; raises OSError when it cannot be opened."""
    skipped: Counter[Skip] = Counter()
    with Root(str(source)) as root:
        paths = yield from listing(root, limits, skipped)
        files = yield from _read_all(root, paths, limits, skipped)
    return Material(
        kind=SourceKind.FOLDER,
        name=source.name,
        files=files,
        skipped=skipped,
        warnings=skip_warnings(skipped),
    )


def listing(root: Root, limits: Limits, skipped: Counter[Skip]) -> Steps[tuple[str, ...]]:
    """Paths of the files worth reading, in reading order; everything else is counted."""
    paths: list[str] = []
    waiting: list[tuple[str, ...]] = [()]
    seen = 0
    while waiting and seen < limits.entries:
        folder = waiting.pop()
        names = _names(root, folder, limits.entries - seen, skipped)
        seen += len(names)
        waiting += sorted(_folders(names, folder, limits, skipped), reverse=True)
        paths += _files(names, folder, limits, skipped)
        yield Progress(len(paths))
    if waiting or seen >= limits.entries:
        skipped[Skip.TOO_MANY] += 1
    skipped[Skip.TOO_MANY] += max(0, len(paths) - limits.files)
    return tuple(sorted(paths, key=reading_order)[: limits.files])


def _names(
    root: Root, folder: tuple[str, ...], room: int, skipped: Counter[Skip]
) -> list[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(root.folder(folder)) as entries:
            return [(entry.name, entry) for entry, _ in zip(entries, range(room), strict=False)]
    except OSError:
        skipped[Skip.UNREADABLE] += 1
        return []


def _folders(
    names: Iterable[tuple[str, os.DirEntry[str]]],
    folder: tuple[str, ...],
    limits: Limits,
    skipped: Counter[Skip],
) -> Iterator[tuple[str, ...]]:
    for name, entry in names:
        if not entry.is_dir(follow_symlinks=False):
            continue
        if name_is_hostile(name):
            skipped[Skip.NAME] += 1
        elif folder_is_skipped(name, tracked=False):
            skipped[Skip.VENDORED] += 1
        elif len(folder) >= limits.depth:
            skipped[Skip.DEPTH] += 1
        else:
            yield (*folder, name)


def _files(
    names: Iterable[tuple[str, os.DirEntry[str]]],
    folder: tuple[str, ...],
    limits: Limits,
    skipped: Counter[Skip],
) -> Iterator[str]:
    for name, entry in names:
        if entry.is_dir(follow_symlinks=False):
            continue
        path = "/".join((*folder, name))
        if entry.is_symlink():
            skipped[Skip.LINK] += 1
        elif not entry.is_file(follow_symlinks=False):
            skipped[Skip.SPECIAL] += 1
        elif reason := verdict(path, tracked=False, limits=limits):
            skipped[reason] += 1
        else:
            yield path


def _read_all(
    root: Root, paths: Sequence[str], limits: Limits, skipped: Counter[Skip]
) -> Steps[tuple[SourceFile, ...]]:
    files: list[SourceFile] = []
    room = limits.total_bytes
    for done, path in enumerate(paths, start=1):
        data = root.read(path, min(limits.file_bytes, room))
        if data is Skip.TOO_LARGE and room < limits.file_bytes:
            data = Skip.TOO_MANY
        file = data if isinstance(data, Skip) else as_text(path, data)
        if isinstance(file, Skip):
            skipped[file] += 1
        else:
            files.append(file)
            room -= len(data)
        yield Progress(done, len(paths))
    return tuple(sorted(files, key=lambda file: file.path))
