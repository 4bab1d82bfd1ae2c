"""Writing ended runs, with their history and bundles, into one file."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, cast

from pydantic import BaseModel, ValidationError

from llmsdeck import __version__
from llmsdeck.answers import Exported
from llmsdeck.engine import export_format as form
from llmsdeck.errors import DeckError, RefusedError, UsageError
from llmsdeck.model import RunId
from llmsdeck.store import transfer
from llmsdeck.store.store import Store
from llmsdeck.store.transfer import Whole

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW
_SAME_NAME: Final = (
    *("run_id", "source", "ref", "model", "timeout_s", "priority", "parent_run", "requested_by"),
    *("max_attempts", "status", "token", "attempt", "phase", "outcome", "score", "error_kind"),
    *("error_message", "created_ms", "started_ms", "updated_ms", "finished_ms"),
)
"""Columns that the record has under the same name."""


async def export_runs(store: Store, run_ids: Sequence[RunId], file: Path) -> Exported:
    """Write ended runs into a new file; one that cannot go does not stop the others.

    The same runs give the same bytes. Raises UsageError when the file cannot be made, RefusedError
    when it is there or would be too large. Without any run there is no file.
    """
    gone: list[RunId] = []
    refused: dict[RunId, Exception] = {}
    with _opened(file) as writer:
        for run_id in run_ids:
            try:
                whole = await store.read(partial(transfer.collected, run_id=run_id))
                part, contents = await asyncio.to_thread(_read, store, whole)
            except DeckError as error:
                refused[run_id] = error
                continue
            await asyncio.to_thread(writer.add, part, contents)
            gone.append(run_id)
        size = await asyncio.to_thread(writer.close) if gone else 0
    return Exported(
        file=str(file) if gone else None, size_bytes=size, run_ids=tuple(gone), errors=refused
    )


@contextmanager
def _opened(file: Path) -> Generator[ExportWriter]:
    """A new file that is gone afterwards, unless it was closed."""
    try:
        with ExitStack() as at_last:
            writer = ExportWriter(file)
            at_last.callback(writer.abandon)
            yield writer
    except FileExistsError as error:
        raise RefusedError(f"{file} is there already; name another file.") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error


def _read(store: Store, whole: Whole) -> tuple[form.RunPart, Sequence[bytes]]:
    """The record of a run and the contents of its files; raises RefusedError."""
    run = whole.run
    folder = store.paths.attempt(str(run["run_id"]), cast(int, run["token"]))
    try:
        part = _record(whole)
        if len(part.model_dump_json()) > form.MOST_RECORD_BYTES:
            raise RefusedError("Its history is too large to be exported.")
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise RefusedError(f"It cannot be exported: {fault['msg']}.") from error
    return part, [_content(folder / file.name, file) for file in part.files]


def _record(whole: Whole) -> form.RunPart:
    run = whole.run
    cancelled = run["cancel_state"] is not None
    return form.RunPart.model_validate(
        {
            **{name: run[name] for name in _SAME_NAME},
            "artifacts_wanted": str(run["artifacts_wanted"]).split(","),
            "cancel": {"by": run["cancel_by"], "at_ms": run["cancel_ms"]} if cancelled else None,
            "commit": run["commit_id"],
            "warnings": json.loads(str(run["warnings"])),
            "files": json.loads(str(run["artifacts"])),
            "events": [{**each, "data": json.loads(str(each["data"]))} for each in whole.events],
            "phases": whole.phases,
        }
    )


def _content(path: Path, file: form.FilePart) -> bytes:
    """A file of a bundle as it was published; raises RefusedError when it no longer is."""
    try:
        with open(os.open(path, _READ), "rb") as opened:
            content = opened.read(file.size_bytes + 1)
    except OSError as error:
        raise RefusedError(f"Its {file.name} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != file.hash_sha256:
        raise RefusedError(f"Its {file.name} is no longer as it was published.")
    return content


class ExportWriter:
    """A new file that runs are added to; it is closed or abandoned. Raises OSError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._runs = self._bytes = 0
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._raw = open(descriptor, "wb")  # noqa: SIM115 # closed by `close` or `abandon`
        # Neither a name nor a time, so that the same runs give the same bytes.
        self._packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0)
        self._tar = tarfile.TarFile(fileobj=self._packed, mode="w", format=tarfile.USTAR_FORMAT)
        self._put(form.HEAD, _json(form.Head(format=form.FORMAT, program=__version__)))

    def add(self, part: form.RunPart, contents: Sequence[bytes]) -> None:
        """A run's record, then its files; raises RefusedError when it is too much for one file."""
        self._runs += 1
        self._put(form.record_name(part.run_id), _json(part))
        for file, content in zip(part.files, contents, strict=True):
            self._put(form.file_name(part.run_id, file.name), content)
        if self._runs > form.MOST_RUNS or self._bytes > form.MOST_BYTES:
            raise RefusedError("That is too much for one file; export the runs in parts.")

    def close(self) -> int:
        """End the file; its size in bytes once it is on disk."""
        self._put(form.END, _json(form.End(runs=self._runs)))
        self._tar.close()
        self._packed.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        size = self._raw.tell()
        self._raw.close()
        return size

    def abandon(self) -> None:
        """Leave nothing behind of a file that was not closed."""
        if not self._raw.closed:
            with suppress(OSError):
                self._raw.close()
            self._file.unlink(missing_ok=True)

    def _put(self, name: str, content: bytes) -> None:
        self._bytes += len(content)
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))


def _json(part: BaseModel) -> bytes:
    return part.model_dump_json().encode()
