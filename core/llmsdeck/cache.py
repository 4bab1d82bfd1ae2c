"""Results that a later attempt may use again, kept by the hash of what they were made from."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 64 * 1024 * 1024
"""Size of one kept result, packed; a larger one is not kept."""
MOST_UNPACKED: Final = 512 * 1024 * 1024
_DIGEST: Final = hashlib.sha256().digest_size
_ABANDONED: Final = 3600
"""Seconds after which a half-written file belongs to nobody any more."""
_UNFINISHED: Final = ".part"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of results; any number of processes may read and write it at once."""

    folder: Path
    fresh: bool = False
    """Nothing that is there counts; results are made and kept anew."""

    def get(self, kind: str, *made_from: str) -> bytes | None:
        """The result, or None when it is not there, or not as it was left; it counts as used."""
        found = None if self.fresh else self.peek(kind, *made_from)
        if found is not None:
            with suppress(OSError):
                os.utime(self._path(kind, made_from))
        return found

    def peek(self, kind: str, *made_from: str) -> bytes | None:
        """The same without a change to anything, so that it does not count as used."""
        path = self._path(kind, made_from)
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                kept = file.read(MOST_BYTES + 1)
        except OSError:
            return None
        packed = kept[_DIGEST:]
        if len(kept) > MOST_BYTES or hashlib.sha256(packed).digest() != kept[:_DIGEST]:
            return None
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(packed, MOST_UNPACKED)
        return data if unpacking.eof else None

    def holds(self, kind: str, *made_from: str) -> bool:
        """Something is kept under this name, in whatever state."""
        return self._path(kind, made_from).is_file()

    def put(self, data: bytes, kind: str, *made_from: str) -> None:
        """Keep a result, whole or not at all; raises OSError when the disk does not take it."""
        packed = zlib.compress(data, level=1)
        if len(packed) + _DIGEST > MOST_BYTES or len(data) > MOST_UNPACKED:
            return
        path = self._path(kind, made_from)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_UNFINISHED}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(unfinished, flags, 0o600), "wb") as file:
                file.write(hashlib.sha256(packed).digest() + packed)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def forget(self, kind: str, *made_from: str) -> None:
        """Keep this result no longer."""
        with suppress(OSError):
            self._path(kind, made_from).unlink()

    def trim(self, most_bytes: int) -> int:
        """Remove the results used longest ago until the rest fits; bytes removed."""
        kept = sorted(self._files(), key=lambda entry: entry.used, reverse=True)
        total = removed = 0
        for entry in kept:
            total += entry.size
            if total > most_bytes or entry.abandoned:
                with suppress(FileNotFoundError):
                    entry.path.unlink()
                    removed += entry.size
        return removed

    def _path(self, kind: str, made_from: tuple[str, ...]) -> Path:
        digest = hashlib.sha256()
        for part in made_from:
            text = part.encode("utf-8", "surrogatepass")
            digest.update(f"{len(text)}:".encode() + text)
        return self.folder / kind / digest.hexdigest()

    def _files(self) -> Iterator[_Entry]:
        with suppress(FileNotFoundError), os.scandir(self.folder) as kinds:
            for kind in kinds:
                if kind.is_dir(follow_symlinks=False):
                    yield from _entries(Path(kind))


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    size: int
    used: float

    @property
    def abandoned(self) -> bool:
        return self.path.suffix == _UNFINISHED and time.time() - self.used > _ABANDONED


def _entries(folder: Path) -> Iterator[_Entry]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                yield _Entry(Path(entry), facts.st_size, facts.st_mtime)
