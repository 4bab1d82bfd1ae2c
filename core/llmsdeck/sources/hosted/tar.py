"""The tar format, read as it streams in: linear in time, one member's body in memory at most."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from llmsdeck.errors import SourceError

BLOCK: Final = 512
HEADER_BYTES: Final = 64 * 1024
"""Length of an extended header at most; git writes a path of at most 4 KB into one."""
_ADLER: Final = 65521
_ZERO: Final = bytes(BLOCK)
_EXTENDED: Final = {b"x": "member", b"g": "archive", b"L": "name", b"K": "link"}


class MemberKind(Enum):
    """What a member of an archive is."""

    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    SPECIAL = auto()
    """A device, a pipe, a sparse file, or anything else that no repository needs."""


_KINDS: Final[Mapping[bytes, MemberKind]] = {
    b"0": MemberKind.FILE,
    b"\0": MemberKind.FILE,
    b"7": MemberKind.FILE,
    b"5": MemberKind.FOLDER,
    b"1": MemberKind.LINK,
    b"2": MemberKind.LINK,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One member as its headers describe it."""

    name: bytes
    kind: MemberKind
    size: int


class Receiver(Protocol):
    """Who decides about members and gets the bodies it asked for."""

    def wants(self, member: Member) -> bool:
        """Whether the body of this member is to be given; raises SourceError to stop the stream."""
        ...

    def take(self, member: Member, body: bytes) -> None:
        """The body of a member that was wanted."""
        ...


class TarStream:
    """Reads members from pieces of any length and hands them on."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._rest = b""
        self._passing = 0
        self._awaited: Member | None = None
        self._extended: str | None = None
        self._pax: dict[bytes, bytes] = {}
        self.comment: bytes | None = None
        """The comment of the archive's own header, where git writes the commit."""
        self.ended = False
        """The mark of the end has come."""

    def feed(self, piece: bytes) -> None:
        """Go on reading; raises SourceError for what is no archive."""
        data = self._rest + piece if self._rest else piece
        at, end = 0, len(data)
        while not self.ended:
            if self._passing:
                step = min(self._passing, end - at)
                self._passing -= step
                at += step
            if self._passing:
                break
            length = self._awaited.size if self._awaited else BLOCK
            if end - at < length:
                break
            self._read(data[at : at + length])
            at += length
        self._rest = b"" if self.ended else data[at:]

    def _read(self, block: bytes) -> None:
        """A whole header or a whole body."""
        member, self._awaited = self._awaited, None
        if member is None:
            self._header(block)
            return
        self._passing = -member.size % BLOCK
        if self._extended is None:
            self._receiver.take(member, block)
        else:
            self._extend(self._extended, block)
            self._extended = None

    def _header(self, block: bytes) -> None:
        if block == _ZERO:
            self.ended = True
            return
        _verify(block)
        size = _number(block[124:136])
        self._extended = _EXTENDED.get(block[156:157])
        if self._extended is not None:
            if size > HEADER_BYTES:
                raise SourceError("The archive holds an extended header that is far too long.")
            self._awaited = Member(b"", MemberKind.SPECIAL, size)
            return
        member = self._member(block, size)
        if self._receiver.wants(member):
            self._awaited = member
        else:
            self._passing = member.size + -member.size % BLOCK

    def _member(self, block: bytes, size: int) -> Member:
        pax, self._pax = self._pax, {}
        kind = _KINDS.get(block[156:157], MemberKind.SPECIAL)
        if not pax:
            return Member(_name(block), kind, size)
        if any(key.startswith(b"GNU.sparse") for key in pax):
            kind = MemberKind.SPECIAL
        if b"size" in pax:
            size = _decimal(pax[b"size"])
        return Member(pax.get(b"path") or _name(block), kind, size)

    def _extend(self, what: str, body: bytes) -> None:
        """Take in an extended header: for the next member, or for the whole archive."""
        if what == "name":
            self._pax[b"path"] = body.rstrip(b"\0")
        elif what == "member":
            self._pax.update(_records(body))
        elif what == "archive":
            self.comment = self.comment or _records(body).get(b"comment")


def _verify(block: bytes) -> None:
    """Raise SourceError unless the header's checksum is the sum of its bytes.

    Adler-32 holds that sum in its lower half, modulo 65521, and is computed at once.
    """
    field = block[148:156]
    total = (zlib.adler32(block) & 0xFFFF) - 1 - sum(field) + 8 * ord(" ")
    if (total - _number(field)) % _ADLER:
        raise SourceError("The archive is damaged: a header's checksum is wrong.")


def _number(field: bytes) -> int:
    """An octal field; what does not fit into one is beyond any limit."""
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        raise SourceError("The archive is damaged or holds a file of many gigabytes.")
    return int(digits or b"0", 8)


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 20:
        raise SourceError("The archive is damaged: an extended header holds no size.")
    return int(digits)


def _name(block: bytes) -> bytes:
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0" and block[345]:
        return block[345:500].partition(b"\0")[0] + b"/" + name
    return name


def _records(body: bytes) -> dict[bytes, bytes]:
    """The records `length key=value` of a pax header; raises SourceError."""
    found: dict[bytes, bytes] = {}
    while body:
        length, blank, _ = body[:8].partition(b" ")
        if not blank or not length.isdigit() or not len(length) + 2 <= int(length) <= len(body):
            raise SourceError("The archive is damaged: an extended header cannot be read.")
        record, body = body[len(length) + 1 : int(length)], body[int(length) :]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if not equals or not record.endswith(b"\n"):
            raise SourceError("The archive is damaged: an extended header cannot be read.")
        found[key] = value
    return found
