"""A host's archive as it streams in: capped, never unpacked to disk, texts kept one by one."""

from __future__ import annotations

import re
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Final

from llmsdeck.errors import SourceError
from llmsdeck.sources.files import as_text
from llmsdeck.sources.hosted.tar import Member, MemberKind, TarStream
from llmsdeck.sources.material import Limits, Skip, SourceFile
from llmsdeck.sources.triage import reading_order, verdict

_PIECE: Final = 64 * 1024
_SLICE_SECONDS: Final = 0.05
_HONEST_BYTES: Final = 16 * 1024 * 1024
"""Up to here an archive may grow however it likes: a few empty files look like a bomb."""
_TAIL_BYTES: Final = 1024 * 1024
"""Padding after the last member; git pads to 10 KB."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_COMMIT: Final = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ODD_PARTS: Final = frozenset(("", ".", ".."))
_ATTRIBUTES: Final = ".gitattributes"
_ATTRIBUTES_BYTES: Final = 64 * 1024
_EXPORT_IGNORE: Final = re.compile(rb"^[^#\n]{1,1000}\sexport-ignore\b", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an archive came to."""

    commit: str | None
    """Read from the archive; None when it does not say."""
    files: tuple[SourceFile, ...]
    """Ordered by path."""
    skipped: Counter[Skip]
    members: int
    """Everything below the wanted folder, kept or not."""


class Archive:
    """A `tar.gz` that is fed piece by piece, on any one thread at a time.

    A few bytes may unpack to megabytes, so that feeding stops after a moment; whoever feeds goes on
    with nothing new for as long as the archive is `busy`.
    """

    def __init__(self, folder: str, limits: Limits) -> None:
        self._limits = limits
        self._inflate = zlib.decompressobj(_GZIP)
        self._shelf = Shelf(folder, limits)
        self._tar = TarStream(self._shelf)
        self._inflated = self._tail = 0
        self._waiting = b""
        self.busy = False
        """Something that was fed has not been read yet."""
        self.wire = 0
        """Bytes that have come over the wire."""

    @property
    def kept(self) -> int:
        """Texts kept so far."""
        return self._shelf.kept

    def feed(self, data: bytes = b"") -> None:
        """Read on; raises SourceError as soon as the archive breaks a limit or is damaged."""
        self.wire += len(data)
        if self.wire > self._limits.wire_bytes:
            raise SourceError(_too_large("is", self._limits.wire_bytes))
        self._waiting += data
        self.busy = bool(self._waiting) or self.busy
        end = time.monotonic() + _SLICE_SECONDS
        while self.busy and time.monotonic() < end:
            self._read()

    def _read(self) -> None:
        """Inflate one piece, and take it in."""
        try:
            piece = self._inflate.decompress(self._waiting, _PIECE)
        except zlib.error as error:
            raise SourceError("The archive is damaged or is no gzip file.") from error
        if self._inflate.unused_data:
            raise SourceError("The archive goes on after its end.")
        self._count(len(piece))
        self._tar.feed(piece)
        self._waiting = self._inflate.unconsumed_tail
        self.busy = bool(self._waiting) or len(piece) == _PIECE

    def _count(self, length: int) -> None:
        """Raise SourceError when there is more than an honest archive holds."""
        self._inflated += length
        if self._inflated > self._limits.inflated_bytes:
            raise SourceError(_too_large("unpacks to", self._limits.inflated_bytes))
        if self._inflated > max(_HONEST_BYTES, self._limits.inflation * self.wire):
            raise SourceError(
                f"The archive unpacks to more than {self._limits.inflation} times its length; it "
                "is not read any further."
            )
        self._tail += length if self._tar.ended else 0
        if self._tail > _TAIL_BYTES:
            raise SourceError("The archive goes on after its end.")

    @property
    def complete(self) -> bool:
        """Both the tar and its compression have come to their end."""
        return self._tar.ended and self._inflate.eof

    def finish(self) -> Contents:
        """What was kept; only once the archive is `complete`."""
        comment = (self._tar.comment or b"").strip()
        self._shelf.close_folder("")
        return Contents(
            commit=comment.decode() if _COMMIT.fullmatch(comment) else None,
            files=self._shelf.files(),
            skipped=self._shelf.skipped,
            members=self._shelf.members,
        )


class Shelf:
    """Decides which members are kept, and keeps their texts; implements `Receiver`."""

    def __init__(self, folder: str, limits: Limits) -> None:
        self._folder = f"{folder}/" if folder else ""
        self._limits = limits
        self._top: str | None = None
        self._seen = 0
        self._path = ""
        self._open_folder = ""
        self._names: set[int] = set()
        self._files: dict[str, tuple[SourceFile, int]] = {}
        self._bytes = 0
        self.skipped: Counter[Skip] = Counter()
        self.members = 0

    @property
    def kept(self) -> int:
        """Texts on the shelf."""
        return len(self._files)

    def files(self) -> tuple[SourceFile, ...]:
        """The texts, ordered by path."""
        return tuple(self._files[path][0] for path in sorted(self._files))

    def wants(self, member: Member) -> bool:
        """Whether the member is a file worth reading; raises SourceError at a limit."""
        self._seen += 1
        if self._seen > self._limits.entries:
            raise SourceError(f"The archive holds more than {self._limits.entries} files.")
        if member.size > self._limits.inflated_bytes:
            raise SourceError(_too_large("unpacks to", self._limits.inflated_bytes))
        name = member.name.decode("utf-8", "surrogateescape")
        top, _, path = name.partition("/")
        self.close_folder(name)
        if self._top is None:
            self._top = top
        if member.kind is MemberKind.FOLDER:
            self._enter(name, path)
            return False
        if top == self._top and not path.startswith(self._folder):
            return False
        self.members += 1
        self._path = path = path[len(self._folder) :]
        reason = Skip.NAME if top != self._top or _leads_astray(path) else self._judge(path, member)
        if reason is None:
            return True
        self.skipped[reason] += 1
        return path == _ATTRIBUTES and member.size <= _ATTRIBUTES_BYTES

    def _enter(self, name: str, path: str) -> None:
        """Remember a folder until the next member shows whether anything is in it."""
        inside = path.startswith(self._folder) and path.strip("/") != self._folder.strip("/")
        self._open_folder = name.rstrip("/") + "/" if inside else ""

    def close_folder(self, following: str) -> None:
        """Count a folder that nothing was in: git archives a submodule like that."""
        if self._open_folder and not following.startswith(self._open_folder):
            self.skipped[Skip.SUBMODULE] += 1
        self._open_folder = ""

    def _judge(self, path: str, member: Member) -> Skip | None:
        if member.kind is not MemberKind.FILE:
            return Skip.LINK if member.kind is MemberKind.LINK else Skip.SPECIAL
        if reason := verdict(path, tracked=True, limits=self._limits):
            return reason
        if member.size > self._limits.file_bytes:
            return Skip.TOO_LARGE
        name = hash(path.casefold())
        if name in self._names:
            return Skip.TWICE
        self._names.add(name)
        return None

    def take(self, member: Member, body: bytes) -> None:
        """Keep a wanted file, if it is text."""
        if self._path == _ATTRIBUTES:
            self.skipped[Skip.EXPORT] += len(_EXPORT_IGNORE.findall(body))
            return
        file = as_text(self._path, body)
        if isinstance(file, Skip):
            self.skipped[file] += 1
            return
        self._files[file.path] = (file, len(body))
        self._bytes += len(body)
        if self._bytes > self._limits.total_bytes or self.kept > self._limits.files:
            self._make_room()

    def _make_room(self) -> None:
        """Give up the least interesting tenth of the texts."""
        ranked = sorted(self._files, key=reading_order, reverse=True)
        for path in ranked[: max(1, len(ranked) // 10)]:
            self._bytes -= self._files.pop(path)[1]
            self.skipped[Skip.TOO_MANY] += 1


def _leads_astray(path: str) -> bool:
    """Whether a name is absolute, climbs, names a drive, or is empty somewhere."""
    if not path or "\\" in path or path[1:2] == ":":
        return True
    return not _ODD_PARTS.isdisjoint(path.split("/"))


def _too_large(verb: str, limit: int) -> str:
    return (
        f"The archive {verb} more than {limit // 1_000_000} MB; clone the repository and give that "
        "folder."
    )
