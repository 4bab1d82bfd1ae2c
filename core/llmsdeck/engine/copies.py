"""Copies of bundles at a stable path under an output folder, brought up to date from the rows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.engine.locks import alone
from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind, ArtifactName
from llmsdeck.paths import StorePaths
from llmsdeck.store import events
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

COPY_PATIENCE: Final = 10.0
"""Seconds to wait for another process that brings copies up to date."""


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


async def refresh_copies(store: Store, clock: Clock) -> tuple[str, ...]:
    """Bring every copy that is behind its row up to date; safe to repeat after any crash.

    Returns a sentence for each copy that could not be made; each is an event of its run too, and is
    tried again the next time.
    """
    failures = [await _refresh(store, clock, target) for target in await store.read(_behind)]
    return tuple(failure for failure in failures if failure is not None)


async def _refresh(store: Store, clock: Clock, target: str) -> str | None:
    async with _sole_copier(store.paths):
        copy = await store.read(partial(_wanted, target=target, paths=store.paths))
        if copy is None:
            return None
        try:
            await asyncio.to_thread(_copy, copy)
        except OSError as error:
            said = f"The bundle could not be copied to {target}: {error.strerror}."
            await store.write(partial(_not_copied, stamp=Stamp.of(clock), copy=copy, error=said))
            return said
        await store.write(partial(_copied, copy=copy))
    return None


@contextlib.asynccontextmanager
async def _sole_copier(paths: StorePaths) -> AsyncGenerator[None]:
    """One process copies at a time, so that an older bundle never overwrites a newer one."""
    async with alone(paths.root / "copies.lock", COPY_PATIENCE) as mine:
        if not mine:
            raise StoreError("Another process is still copying bundles.")
        yield


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
        "UPDATE copies SET done = 1, error = NULL WHERE target = ? AND run_seq = ?",
        (copy.target, copy.run_seq),
    )


def _not_copied(connection: sqlite3.Connection, stamp: Stamp, copy: _Copy, error: str) -> None:
    """Put a failure on record, once for each reason."""
    news = connection.execute(
        "UPDATE copies SET error = ? WHERE target = ? AND run_seq = ? AND error IS NOT ?",
        (error, copy.target, copy.run_seq, error),
    )
    if news.rowcount:
        actor = Actor(ActorKind.JANITOR)
        events.append(connection, stamp, actor, "copy_failed", error, run_seq=copy.run_seq)


def _copy(copy: _Copy) -> None:
    Path(copy.target).mkdir(parents=True, exist_ok=True)
    with _folder(copy.target) as folder:
        for name in copy.names:
            _replace(copy.bundle / name, name, folder)
        for name in _artifacts_in(folder) - set(copy.names):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
        os.fsync(folder)


def _artifacts_in(folder: int) -> set[ArtifactName]:
    """What earlier bundles may have left there; files of any other name are not ours."""
    found: set[ArtifactName] = set()
    for name in os.listdir(folder):
        with contextlib.suppress(ValueError):
            found.add(ArtifactName(name))
    return found


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
    # A fixed name, so that a crash leaves at most one; the lock keeps others away.
    temporary = f".{name}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with (
        os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as origin,
        os.fdopen(os.open(temporary, flags, 0o644, dir_fd=folder), "wb") as copy,
    ):
        shutil.copyfileobj(origin, copy)
        copy.flush()
        os.fsync(copy.fileno())
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
