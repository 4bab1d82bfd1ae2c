"""Taking in the runs of an export: the whole file is judged before a run of it is believed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Final

from llmsdeck.answers import Imported
from llmsdeck.clock import Clock
from llmsdeck.engine import export_format as form
from llmsdeck.engine.export_reader import ExportReader
from llmsdeck.engine.folders import collect_strays
from llmsdeck.engine.locks import alone
from llmsdeck.errors import ExportError, RefusedError, StoreError, UsageError
from llmsdeck.model import Actor, RunId
from llmsdeck.store import transfer
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store
from llmsdeck.store.transfer import Cells, Whole

PATIENCE: Final = 10.0
"""Seconds to wait for another import, or for whoever clears folders away."""
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_SAME_NAME: Final = (
    *("run_id", "source", "ref", "model", "timeout_s", "priority", "parent_run", "max_attempts"),
    *("status", "token", "attempt", "phase", "outcome", "score", "error_kind", "error_message"),
)
"""Columns that take what the record has under the same name."""


async def import_runs(store: Store, clock: Clock, file: Path, actor: Actor) -> tuple[Imported, ...]:
    """Take in the runs of an export, each with its bundle, and skip those that are known here.

    Raises UsageError for a file that cannot be read, ExportError for one that is no whole export,
    and then nothing has been taken in.
    """
    with _opened(file) as opened:
        try:
            judged = await asyncio.to_thread(_judge, opened)
        except ExportError as error:
            raise ExportError(f"{error} Nothing was imported.") from error
        async with alone(store.paths.bundles_lock, PATIENCE) as mine:
            if not mine:
                raise StoreError("Another process is importing runs; try again after that.")
            return await _Importer(store, clock, actor, judged).take_in(opened)


@contextmanager
def _opened(path: Path) -> Generator[BufferedReader]:
    """A regular file; anything else could keep its reader waiting for ever."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UsageError(f"{path} is not a file.")
        descriptor = os.open(path, _READ)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no path"
        raise UsageError(f"{path} cannot be read: {reason}.") from error
    with open(descriptor, "rb") as file:
        yield file


def _judge(file: BufferedReader) -> Cells:
    """Read the file to its end and believe nothing; what is put on record of it.

    Raises ExportError for anything that an export would not hold.
    """
    reader = ExportReader(file)
    seen: set[RunId] = set()
    for part in reader.records():
        if part.run_id in seen:
            raise ExportError(f"It holds run {part.run_id} twice; it is no export of llmsdeck.")
        seen.add(part.run_id)
        reader.unpack(part, None)
    file.seek(0)
    return {"program": reader.program, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


class _Importer:
    """Takes in one run after the other; the lock on the bundles is held meanwhile."""

    def __init__(self, store: Store, clock: Clock, actor: Actor, origin: Cells) -> None:
        self._store = store
        self._clock = clock
        self._actor = actor
        self._origin = origin

    async def take_in(self, file: BufferedReader) -> tuple[Imported, ...]:
        """What became of each run of the file, which was judged before."""
        reader = await asyncio.to_thread(ExportReader, file)
        records = reader.records()
        answers: list[Imported] = []
        while (part := await asyncio.to_thread(next, records, None)) is not None:
            known = await self._store.read(partial(transfer.standing, run_id=part.run_id))
            if known is not None:
                await asyncio.to_thread(reader.unpack, part, None)
                answers.append(Imported(run_id=part.run_id, skipped=known))
            else:
                answers.append(await self._take(reader, part))
        return tuple(answers)

    async def _take(self, reader: ExportReader, part: form.RunPart) -> Imported:
        """The files first, then the row that points at them, as a run that was made here."""
        folder = await self._folder(part) if part.files else None
        try:
            await asyncio.to_thread(reader.unpack, part, folder)
            await self._admit(part)
        except RefusedError as error:
            await asyncio.to_thread(_remove, folder)
            if isinstance(error, ExportError):
                raise
            return Imported(run_id=part.run_id, error=error)
        except BaseException:
            await asyncio.to_thread(_remove, folder)
            raise
        return Imported(run_id=part.run_id)

    async def _folder(self, part: form.RunPart) -> Path:
        """A new folder for the bundle; raises StoreError rather than use one that is there."""
        folder = self._store.paths.attempt(part.run_id, part.token)
        try:
            await asyncio.to_thread(_make, folder)
        except FileExistsError:
            await collect_strays(self._store)
            try:
                await asyncio.to_thread(_make, folder)
            except FileExistsError as error:
                raise StoreError(
                    f"A folder of run {part.run_id} is still being removed; try again soon."
                ) from error
        return folder

    async def _admit(self, part: form.RunPart) -> None:
        stamp = Stamp.of(self._clock)
        arrived = _whole(part, stamp.wall_ms)
        await self._store.write(
            lambda db: transfer.admit(db, stamp, arrived, self._actor, self._origin)
        )


def _whole(part: form.RunPart, now_ms: int) -> Whole:
    """The rows of a run; no moment of it lies ahead of this machine's clock."""
    files = [file.model_dump(mode="json") for file in part.files]
    moments = {
        name: ms and min(ms, now_ms) for name, ms in part.model_dump(include=_MOMENTS).items()
    }
    cancel = part.cancel
    run = {
        **part.model_dump(mode="json", include=set(_SAME_NAME)),
        **moments,
        "artifacts_wanted": ",".join(part.artifacts_wanted),
        "fresh": 0,
        "done": 0,
        "total": 0,
        "requested_by": transfer.elsewhere(part.requested_by),
        "cancel_state": form.CANCELLED if cancel else None,
        "cancel_by": transfer.elsewhere(cancel.by) if cancel else None,
        "cancel_ms": min(cancel.at_ms, now_ms) if cancel else None,
        "commit_id": part.commit,
        "bundle_token": part.token if part.files else None,
        "bundle_bytes": sum(file.size_bytes for file in part.files),
        "artifacts": json.dumps(files),
        "warnings": json.dumps([each.model_dump() for each in part.warnings]),
    }
    told = [
        {**each.model_dump(), "at_ms": min(each.at_ms, now_ms), "data": json.dumps(dict(each.data))}
        for each in part.events
    ]
    return Whole(run, told, [each.model_dump(mode="json") for each in part.phases])


_MOMENTS: Final = {"created_ms", "started_ms", "updated_ms", "finished_ms"}


def _make(folder: Path) -> None:
    """Make the folder of a run and in it that of its bundle, neither of which may be there."""
    folder.parent.mkdir(mode=0o700)
    folder.mkdir(mode=0o700)


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder.parent, ignore_errors=True)
