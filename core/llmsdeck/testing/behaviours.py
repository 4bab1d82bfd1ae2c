"""How a model server may answer a call: well, badly, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from llmsdeck.lm.wire import as_fields, as_json

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Heard:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Data


class Exchange:
    """One call being answered; a behaviour decides what is sent, down to the bytes."""

    def __init__(self, request: Heard, writer: asyncio.StreamWriter, model: str) -> None:
        self.body = request.body
        self.model = model
        """What the server calls itself in a reply."""
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def begin(self, kind: str = "text/event-stream", status: int = HTTPStatus.OK) -> None:
        """Send the head of an answer whose length is unknown."""
        await self.send(head_of(status, kind))

    async def json(self, data: object, status: int = HTTPStatus.OK) -> None:
        """Send a whole answer."""
        await self.begin("application/json", status)
        await self.send(json.dumps(data).encode())

    async def event(self, data: object, name: str = "") -> None:
        """Send one event of a stream."""
        head = f"event: {name}\n" if name else ""
        await self.send(f"{head}data: {json.dumps(data)}\n\n".encode())

    async def delta(self, finish: str | None = None, **delta: object) -> None:
        """Send one piece of an answer."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.event({"model": self.model, "choices": [choice]})

    async def end(self, finish: str = "stop") -> None:
        """Send what ends a good stream."""
        await self.delta(finish)
        usage = {"prompt_tokens": 11, "completion_tokens": 7}
        await self.event({"model": self.model, "choices": [], "usage": usage})
        await self.send(b"data: [DONE]\n\n")

    def vanish(self) -> None:
        """Break the connection off."""
        self._writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


def says(*pieces: str) -> Behaviour:
    """Answers with these pieces, as a good server does."""

    async def behave(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.delta(role="assistant", content=None)
        for piece in pieces:
            await exchange.delta(content=piece)
        await exchange.end()

    return behave


def thinks(thought: str, text: str = "", field_name: str = "reasoning_content") -> Behaviour:
    """Thinks in a field of its own before it says something."""

    async def behave(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.delta(**{field_name: thought, "content": ""})
        await exchange.delta(content=text)
        await exchange.end()

    return behave


def refuses(error: object, status: int = HTTPStatus.BAD_REQUEST) -> Behaviour:
    """Answers every call with this error."""

    async def behave(exchange: Exchange) -> None:
        await exchange.json(error, status)

    return behave


def fails_in_stream(error: object, name: str = "") -> Behaviour:
    """Begins well, then sends an error as an event."""

    async def behave(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.event(error, name)

    return behave


def streams(data: bytes) -> Behaviour:
    """Sends these bytes as a stream and ends."""

    async def behave(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.send(data)

    return behave


async def says_nothing(exchange: Exchange) -> None:
    """Reports success and ends without a word."""
    await exchange.begin()


async def hangs(exchange: Exchange) -> None:
    """Takes a call and never begins to answer."""
    await asyncio.Event().wait()


async def stops_midway(exchange: Exchange) -> None:
    """Says a little, then nothing more, and stays connected."""
    await exchange.begin()
    await exchange.delta(content='{"text": "')
    await asyncio.Event().wait()


async def dies_midway(exchange: Exchange) -> None:
    """Says a little, then breaks the connection off."""
    await exchange.begin()
    await exchange.delta(content='{"text": "')
    exchange.vanish()


async def never_ends(exchange: Exchange) -> None:
    """Says the same word for ever, as fast as it is taken."""
    await exchange.begin()
    while True:
        await exchange.delta(content="again " * 50)


async def one_line_for_ever(exchange: Exchange) -> None:
    """Sends a line that never ends."""
    await exchange.begin()
    while True:
        await exchange.send(b"x" * 65536)


def head_of(status: int, kind: str) -> bytes:
    """The head of an answer that ends with its connection."""
    lines = f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
    return f"{lines}Connection: close\r\n\r\n".encode()


async def read_request(reader: asyncio.StreamReader) -> Heard:
    """The next request; raises ConnectionError, or IncompleteReadError when there is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Heard(method, path, headers, as_fields(as_json(body)))
