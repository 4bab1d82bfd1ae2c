"""Reading an export from front to back; every size is bounded before it is read."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from llmsdeck.engine import export_format as form
from llmsdeck.errors import ExportError

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_MOST_HEAD_BYTES: Final = 4096
_MOST_PADDING: Final = 2**16
"""Zeros that end a tar, at most; tar programs write ten or twenty kilobytes."""

Part = TypeVar("Part", bound=BaseModel)


class ExportReader:
    """An export that is believed in nothing; its methods raise ExportError."""

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


def _read_as(model: type[Part], content: bytes) -> Part:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "it"
        raise _no_export(f"{place}: {fault['msg']}") from error


def _no_export(fault: str) -> ExportError:
    return ExportError(f"This is no whole export of llmsdeck: {fault[:300]}.")


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
