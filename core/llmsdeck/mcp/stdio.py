"""Standard input and output as a line-wise transport that can be stopped and is bounded."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import anyio
from mcp.server.stdio import stdio_server

LONGEST_LINE: Final = 4 * 1024 * 1024
"""Bytes of one message; a longer one ends the connection."""


class _Lines:
    """Lines from a pipe; reading them can be cancelled, which a blocked thread cannot."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> str:
        try:
            line = await self._reader.readline()
        except ValueError:  # how asyncio says that a line is longer than the limit
            line = b""
        if not line:
            raise StopAsyncIteration
        return line.decode("utf-8", "replace")


class _Out:
    """A pipe to write to; a client that does not read holds up its own answers, nothing else."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def write(self, text: str) -> None:
        self._writer.write(text.encode("utf-8", "surrogatepass"))

    async def flush(self) -> None:
        try:
            await self._writer.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise anyio.ClosedResourceError from error


@asynccontextmanager
async def standard_streams() -> AsyncGenerator[tuple[Any, Any, Callable[[], object]]]:
    """The SDK's streams over stdin and stdout, and what ends them as if the client had gone.

    Whatever else prints reaches stderr instead.
    """
    if not (_is_pipe(sys.stdin.fileno()) and _is_pipe(sys.stdout.fileno())):
        task = asyncio.current_task()
        assert task is not None
        async with stdio_server() as (read, write):
            yield read, write, task.cancel
        return
    source, sink = os.dup(sys.stdin.fileno()), os.dup(sys.stdout.fileno())
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, sys.stdin.fileno())
    os.close(nowhere)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    async with (
        _piped(source, sink) as (lines, out, stop),
        stdio_server(lines, out) as (read, write),
    ):
        yield read, write, stop


@asynccontextmanager
async def _piped(source: int, sink: int) -> AsyncGenerator[tuple[Any, Any, Callable[[], None]]]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    incoming, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb", buffering=0)
    )
    outgoing, flow = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(sink, "wb", buffering=0)
    )
    writer = asyncio.StreamWriter(outgoing, cast("Any", flow), None, loop)
    try:
        yield _Lines(reader), _Out(writer), incoming.close
    finally:
        incoming.close()
        outgoing.close()


def _is_pipe(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
