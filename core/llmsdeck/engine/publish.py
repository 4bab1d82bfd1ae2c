"""From an attempt's folder to published artifacts, and to copies at a stable path."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from llmsdeck.errors import RejectedError, StoreError
from llmsdeck.model import Artifact, ArtifactName
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import Store

_READ_ONLY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
COPY_PATIENCE: Final = 10.0
"""Seconds to wait for another process that brings copies up to date."""


def seal(folder: Path, names: Sequence[ArtifactName]) -> tuple[Artifact, ...]:
    """Put the attempt's files on disk for good and take their sizes and hashes.

    The run process said that they are there; what it says is checked. Raises RejectedError.
    """
    artifacts = tuple(_seal_one(folder, name) for name in names)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return artifacts


def _seal_one(folder: Path, name: ArtifactName) -> Artifact:
    path = folder / name
    try:
        descriptor = os.open(path, _READ_ONLY)
    except OSError as error:
        raise RejectedError(f"The attempt did not leave {name}: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RejectedError(f"The attempt left something that is no file as {name}.")
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        os.fsync(descriptor)
    return Artifact(name=name, path=str(path), size_bytes=size, hash_sha256=digest)


def copy_target(output_dir: str | None, source: str) -> str | None:
    """The stable folder that mirrors the newest bundle of a source; None without an output."""
    if output_dir is None:
        return None
    return str(Path(output_dir) / (Path(source).name or "repository"))


@dataclass(frozen=True, slots=True)
class _Copy:
    target: str
    run_seq: int
    bundle: Path
    names: tuple[ArtifactName, ...]


async def refresh_copies(store: Store) -> None:
    """Bring every copy that is behind its row up to date; safe to repeat after any crash."""
    for target in await store.read(_behind):
        async with _sole_copier(store.paths):
            copy = await store.read(partial(_wanted, target=target, paths=store.paths))
            if copy is None:
                continue
            await asyncio.to_thread(_copy, copy)
            await store.write(partial(_copied, copy=copy))


@contextlib.asynccontextmanager
async def _sole_copier(paths: StorePaths) -> AsyncGenerator[None]:
    """One process copies at a time, so that an older bundle never overwrites a newer one."""
    descriptor = os.open(paths.root / "copies.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        await _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


async def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + COPY_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise StoreError("Another process is still copying bundles.") from error
            await asyncio.sleep(0.05)


def _behind(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute("SELECT target FROM copies WHERE done = 0 ORDER BY target").fetchall()
    return tuple(row["target"] for row in rows)


def _wanted(connection: sqlite3.Connection, target: str, paths: StorePaths) -> _Copy | None:
    row = connection.execute(
        "SELECT run_seq, run_id, bundle_token, (SELECT group_concat(value ->> 'name')"
        " FROM json_each(artifacts)) AS names FROM copies JOIN runs ON runs.seq = copies.run_seq"
        " WHERE target = ? AND copies.done = 0",
        (target,),
    ).fetchone()
    if row is None:
        return None
    names = tuple(ArtifactName(name) for name in row["names"].split(","))
    return _Copy(target, row["run_seq"], paths.attempt(row["run_id"], row["bundle_token"]), names)


def _copied(connection: sqlite3.Connection, copy: _Copy) -> None:
    connection.execute(
        "UPDATE copies SET done = 1 WHERE target = ? AND run_seq = ?", (copy.target, copy.run_seq)
    )


def _copy(copy: _Copy) -> None:
    Path(copy.target).mkdir(parents=True, exist_ok=True)
    with _folder(copy.target) as folder:
        for name in copy.names:
            _replace(copy.bundle / name, name, folder)
        os.fsync(folder)


@contextlib.contextmanager
def _folder(path: str) -> Generator[int]:
    """The folder itself, not what a link at its place points to."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _replace(source: Path, name: str, folder: int) -> None:
    """Replace one file whole; a reader sees the old or the new one, never a part."""
    temporary = f".{name}.{os.getpid()}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with (
        open(source, "rb") as origin,
        os.fdopen(os.open(temporary, flags, 0o644, dir_fd=folder), "wb") as copy,
    ):
        shutil.copyfileobj(origin, copy)
        copy.flush()
        os.fsync(copy.fileno())
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
