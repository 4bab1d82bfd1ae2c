"""Taking in the runs of an export: the whole file is judged before a run of it is believed."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from llmsdeck.clock import Clock
from llmsdeck.engine import export_format as form
from llmsdeck.engine.folders import collect_strays
from llmsdeck.engine.locks import alone
from llmsdeck.errors import ExportError, RefusedError, StoreError, UsageError
from llmsdeck.model import Actor, Imported, RunId
from llmsdeck.store import transfer
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store
from llmsdeck.store.transfer import Cells, Whole

PATIENCE: Final = 10.0
"""Seconds to wait for another import, or for whoever clears folders away."""
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_MOST_HEAD_BYTES: Final = 4096
_MOST_PADDING: Final = 2**16
"""Zeros that end a tar, at most; tar programs write ten or twenty kilobytes."""
_SAME_NAME: Final = (
    *("run_id", "source", "ref", "model", "timeout_s", "priority", "parent_run", "max_attempts"),
    *("status", "token", "attempt", "phase", "outcome", "score", "error_kind", "error_message"),
)
"""Columns that take what the record has under the same name."""

Part = TypeVar("Part", bound=BaseModel)


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


class ExportReader:
    """An export, read from front to back; every size is bounded before it is read.

    Its methods raise ExportError.
    """

    def __init__(self, file: BufferedReader) -> None:
        file.seek(0)
        self._stream = gzip.GzipFile(fileobj=file, mode="rb")
        self._left = form.MOST_BYTES
        self.program = self._head()

    def _head(self) -> str:
        head = _read_as(form.Head, self._member(form.HEAD, _MOST_HEAD_BYTES))
        if head.format > form.FORMAT:
            raise ExportError(
                f"It was written by a newer llmsdeck ({head.program[:40]}, format {head.format}); "
                "update this one to import it."
            )
        if head.format != form.FORMAT:
            raise ExportError(f"Format {head.format} is none that llmsdeck ever wrote.")
        return head.program

    def records(self) -> Iterator[form.RunPart]:
        """Each run's record; its files must be unpacked before the next one is asked for."""
        runs = 0
        while True:
            name, size = self._next()
            content = self._body(size, form.MOST_RECORD_BYTES)
            if name == form.END:
                break
            part = _read_as(form.RunPart, content)
            if name != form.record_name(part.run_id):
                raise _no_export(f"{name!r} is not where the record of run {part.run_id} belongs")
            runs += 1
            if runs > form.MOST_RUNS:
                raise _no_export("it holds too many runs")
            yield part
        if _read_as(form.End, content).runs != runs:
            raise _no_export("the number of its runs is not what it says")
        self._finish()

    def _finish(self) -> None:
        """Read to the end, where gzip keeps its checksum; only the zeros of a tar may follow."""
        padding = self._read(_MOST_PADDING)
        if padding.strip(b"\0") or self._read(1):
            raise _no_export("something follows its end")

    def unpack(self, part: form.RunPart, folder: Path | None) -> None:
        """Check the files of a run against its record and, given a folder, write them there."""
        for file in part.files:
            content = self._member(form.file_name(part.run_id, file.name), file.size_bytes)
            if len(content) != file.size_bytes:
                raise _no_export(f"{file.name} of run {part.run_id} is not as long as recorded")
            if hashlib.sha256(content).hexdigest() != file.hash_sha256:
                raise _no_export(f"{file.name} of run {part.run_id} is not what was recorded")
            if folder is not None:
                _write(folder / file.name, content)
        if folder is not None:
            _settle(folder)

    def _member(self, name: str, most: int) -> bytes:
        """The content of the next member, which must have this name."""
        found, size = self._next()
        if found != name:
            raise _no_export(f"{found!r} is where {name} belongs")
        return self._body(size, most)

    def _next(self) -> tuple[str, int]:
        """Name and size of the next member; nothing but plain files is known here."""
        try:
            entry = tarfile.TarInfo.frombuf(self._take(tarfile.BLOCKSIZE), "ascii", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise _no_export("what should be the head of a file is none") from error
        if entry.type != tarfile.REGTYPE or entry.linkname or entry.size < 0:
            raise _no_export(f"{entry.name!r} is no plain file")
        return entry.name, entry.size

    def _body(self, size: int, most: int) -> bytes:
        if size > most:
            raise _no_export(f"a file of {size} bytes is in it where {most} are the most")
        content = self._take(size)
        self._take(-size % tarfile.BLOCKSIZE)
        return content

    def _take(self, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise _no_export(f"more than {form.MOST_BYTES} bytes come out of it")
        content = self._read(size)
        if len(content) != size:
            raise _no_export("it is cut off")
        return content

    def _read(self, most: int) -> bytes:
        try:
            return self._stream.read(most)
        except (OSError, EOFError, zlib.error) as error:
            raise _no_export("it is damaged or no gzip file") from error


class _Importer:
    """Takes in one run after the other; the lock on the bundles is held meanwhile."""

    def __init__(self, store: Store, clock: Clock, actor: Actor, origin: Cells) -> None:
        self._store = store
        self._clock = clock
        self._actor = actor
        self._origin = origin
        self._swept = False

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


def _read_as(model: type[Part], content: bytes) -> Part:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "it"
        raise _no_export(f"{place}: {fault['msg']}") from error


def _no_export(fault: str) -> ExportError:
    return ExportError(f"This is no whole export of llmsdeck: {fault[:300]}.")


def _make(folder: Path) -> None:
    """Make the folder of a run and in it that of its bundle, neither of which may be there."""
    folder.parent.mkdir(mode=0o700)
    folder.mkdir(mode=0o700)


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, _NEW, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Put the names of the files, and of the folder itself, on disk for good."""
    for place in (folder, folder.parent, folder.parent.parent):
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder.parent, ignore_errors=True)
