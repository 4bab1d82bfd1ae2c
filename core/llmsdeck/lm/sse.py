"""Server-sent events out of bytes that may be anything; source of the format: WHATWG HTML §9.2."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass

from llmsdeck.lm.errors import Fault, ModelError
from llmsdeck.lm.limits import Limits


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream."""

    name: str
    """Empty unless the server named it."""
    data: str


class Lines:
    """Cuts bytes into lines in linear time, and never holds more than one bounded line."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rest = bytearray()
        self._taken = 0

    def feed(self, piece: bytes) -> Iterator[str]:
        """The lines that this piece completes; raises ModelError when a bound is passed."""
        self._taken += len(piece)
        if self._taken > self._limits.stream_bytes:
            raise ModelError(Fault.GARBAGE, "The answer of the model server does not end.")
        searched = len(self._rest)
        self._rest += piece
        begin = 0
        while (end := self._rest.find(b"\n", max(begin, searched))) >= 0:
            yield self._decoded(begin, end)
            begin = end + 1
        del self._rest[:begin]
        self._check(len(self._rest))

    def _decoded(self, begin: int, end: int) -> str:
        self._check(end - begin)
        return self._rest[begin:end].decode("utf-8", "replace").removesuffix("\r")

    def _check(self, size: int) -> None:
        if size > self._limits.line_bytes:
            raise ModelError(Fault.GARBAGE, "The model server sends a line without end.")


class _Builder:
    """Collects the lines of an event."""

    def __init__(self) -> None:
        self._name = ""
        self._data: list[str] = []

    def take(self, line: str) -> ServerEvent | None:
        """The event that an empty line completes."""
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))
        elif field == "event":
            self._name = value.strip()
        return None if line else self.finish()

    def finish(self) -> ServerEvent | None:
        """What has been collected, if it is an event."""
        event = ServerEvent(self._name, "\n".join(self._data)) if self._data else None
        self._name, self._data = "", []
        return event


async def events(pieces: AsyncIterator[bytes], limits: Limits) -> AsyncGenerator[ServerEvent]:
    """The events in a stream of bytes; raises ModelError when a bound is passed.

    Comments are skipped. An event that the end of the stream cuts short is still given, because
    servers forget the last empty line.
    """
    lines, builder = Lines(limits), _Builder()
    async for piece in pieces:
        for line in lines.feed(piece):
            if event := builder.take(line):
                yield event
    for line in lines.feed(b"\n\n"):
        if event := builder.take(line):
            yield event
