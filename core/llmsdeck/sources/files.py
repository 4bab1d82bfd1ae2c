"""Reading files below one folder so that no link, pipe or rename leads anywhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from llmsdeck.sources.material import Skip, SourceFile
from llmsdeck.sources.notebook import notebook_text

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BINARY_HEAD: Final = 8192
_LFS_MARK: Final = b"version https://git-lfs.github.com/spec/"
_LFS_POINTER_BYTES: Final = 1024


class Root:
    """A folder held open, below which paths are opened component by component without links."""

    def __init__(self, path: str) -> None:
        self._open: list[tuple[str, int]] = [("", os.open(path, _FOLDER))]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            os.close(self._open.pop()[1])

    def folder(self, parts: Sequence[str]) -> int:
        """Descriptor of a folder, valid until the next call; raises OSError.

        Folders shared with the previous call stay open, so reading in path order costs one
        open per new folder.
        """
        shared = 0
        while shared < len(parts) and shared + 1 < len(self._open):
            if self._open[shared + 1][0] != parts[shared]:
                break
            shared += 1
        while len(self._open) > shared + 1:
            os.close(self._open.pop()[1])
        for part in parts[shared:]:
            self._open.append((part, os.open(part, _FOLDER, dir_fd=self._open[-1][1])))
        return self._open[-1][1]

    def read(self, path: str, limit: int) -> bytes | Skip:
        """The bytes of a regular file, or why there are none; never more than `limit` bytes."""
        *folders, name = path.split("/")
        try:
            descriptor = os.open(name, _FILE, dir_fd=self.folder(folders))
        except OSError:
            return Skip.UNREADABLE
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return Skip.SPECIAL
            return _read_at_most(descriptor, found.st_size, limit)
        except OSError:
            return Skip.UNREADABLE
        finally:
            os.close(descriptor)


def _read_at_most(descriptor: int, size: int, limit: int) -> bytes | Skip:
    """The first `size` bytes: what is appended meanwhile is left for another time."""
    if size > limit:
        return Skip.TOO_LARGE
    pieces: list[bytes] = []
    while size and (piece := os.read(descriptor, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def as_text(path: str, data: bytes) -> SourceFile | Skip:
    """The file as text: UTF-8 without a byte order mark, LF line ends; or why it is none."""
    if b"\0" in data[:_BINARY_HEAD]:
        return Skip.BINARY
    if len(data) <= _LFS_POINTER_BYTES and data.startswith(_LFS_MARK):
        return Skip.LFS
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return Skip.ENCODING
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if path.lower().endswith(".ipynb"):
        cells = notebook_text(text)
        return Skip.OTHER if cells is None else SourceFile(path=path, text=cells)
    return SourceFile(path=path, text=text)
