"""One streamed completion of an OpenAI-compatible server, under every deadline."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from http import HTTPStatus
from typing import Final

import httpx

from llmsdeck.lm.classify import as_error
from llmsdeck.lm.completion import Completion, Request
from llmsdeck.lm.errors import Fault, ModelError
from llmsdeck.lm.limits import deadline
from llmsdeck.lm.sse import ServerEvent, events
from llmsdeck.lm.wire import Wire, as_fields, as_json
from llmsdeck.text import visible

_DONE: Final = "[DONE]"

Heard = Callable[[Completion], None]
"""Called at each piece of text."""


async def complete(wire: Wire, request: Request, heard: Heard, completion: Completion) -> None:
    """Ask for a completion and fill `completion` as it comes.

    Raises ModelDownError when the server cannot be reached, ConnectionError when the connection
    breaks, ModelError for everything else that is no answer.
    """
    await _Listening(wire, request, heard, completion).run()


class _Listening:
    """The course of one exchange."""

    def __init__(self, wire: Wire, request: Request, heard: Heard, completion: Completion) -> None:
        self._wire = wire
        self._request = request
        self._heard = heard
        self._completion = completion
        self._began = wire.clock.now()

    async def run(self) -> None:
        """Ask and listen to the end."""
        wire = self._wire
        total_s = wire.limits.total_s
        try:
            async with deadline(wire.clock, total_s), AsyncExitStack() as stack:
                response = await self._response(stack)
                kind = response.headers.get("content-type", "")
                if response.status_code != HTTPStatus.OK or "json" in kind or "html" in kind:
                    await self._take_whole(response)
                else:
                    await self._listen(response)
        except TimeoutError as error:
            message = f"{wire.place} spoke for {total_s:g} s and was not done; use a faster model."
            raise ModelError(Fault.TIMEOUT, message) from error

    async def _response(self, stack: AsyncExitStack) -> httpx.Response:
        """The head of the answer, which many servers hold back until the first token."""
        path = f"{self._wire.api}/chat/completions"
        try:
            async with deadline(self._wire.clock, self._first_token_s()):
                return await stack.enter_async_context(
                    self._wire.stream(path, self._request.body())
                )
        except TimeoutError as error:
            raise self._silent("did not begin to answer") from error

    def _first_token_s(self) -> float:
        """Seconds that are left for the first token."""
        return max(0.0, self._wire.limits.first_token_s - self._elapsed())

    def _elapsed(self) -> float:
        return self._wire.clock.now().seconds_since(self._began) or 0.0

    def _silent(self, what: str) -> ModelError:
        message = f"{self._wire.place} {what} in time; see whether it is overloaded."
        return ModelError(Fault.TIMEOUT, message)

    async def _take_whole(self, response: httpx.Response) -> None:
        """An answer that is no stream: an error, or everything at once."""
        wire, status = self._wire, response.status_code
        data = as_json(await wire.body(response))
        if status != HTTPStatus.OK or as_fields(data).get("error"):
            raise as_error(wire.place, self._request.model, status, data)
        if "choices" not in as_fields(data):
            message = f"{wire.place} does not speak the OpenAI protocol; check model.base_url."
            raise ModelError(Fault.GARBAGE, message)
        self._completion.take(as_fields(data))
        self._completion.done = True

    async def _listen(self, response: httpx.Response) -> None:
        async with aclosing(self._spoken(response)) as stream:
            while await self._next(stream):
                if self._completion.first_token_s is None:
                    self._completion.first_token_s = self._elapsed()
                self._heard(self._completion)

    async def _next(self, stream: AsyncIterator[None]) -> bool:
        """Wait for the next piece of text; False at the end of the stream."""
        limits, done = self._wire.limits, self._completion
        within = limits.token_s if done.pieces else self._first_token_s()
        if done.finish is not None:
            within = limits.probe_s
        try:
            async with deadline(self._wire.clock, within):
                return await anext(stream, _End) is not _End
        except TimeoutError as error:
            if done.finish is not None:
                return False
            what = "stopped in the middle of an answer and did not go on"
            raise self._silent(what if done.pieces else "did not begin to answer") from error

    async def _spoken(self, response: httpx.Response) -> AsyncGenerator[None]:
        """Fill the completion and yield at each piece of text."""
        wire = self._wire
        most = self._request.max_tokens * wire.limits.characters_per_token
        async with aclosing(events(wire.pieces(response), wire.limits)) as stream:
            async for event in stream:
                if event.data.strip() == _DONE:
                    self._completion.done = True
                    return
                if not self._completion.take(self._chunk(event)):
                    continue
                if self._completion.size > most:
                    message = f"{wire.place} does not stop at the number of tokens it was given."
                    raise ModelError(Fault.GARBAGE, message)
                yield

    def _chunk(self, event: ServerEvent) -> Mapping[str, object]:
        data, place = as_json(event.data), self._wire.place
        chunk = as_fields(data)
        if event.name == "error" or chunk.get("error"):
            said = event.data if data is None else data
            raise as_error(place, self._request.model, HTTPStatus.BAD_REQUEST, said)
        if not chunk:
            message = f"{place} sends what is no JSON: {visible(event.data, 80)}"
            raise ModelError(Fault.GARBAGE, message)
        return chunk


class _End:
    """What `anext` returns at the end of a stream."""
