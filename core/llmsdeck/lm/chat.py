"""One streamed completion of an OpenAI-compatible server, under every deadline."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from llmsdeck.lm.classify import as_error
from llmsdeck.lm.errors import Fault, ModelError
from llmsdeck.lm.limits import deadline
from llmsdeck.lm.sse import ServerEvent, events
from llmsdeck.lm.wire import Wire, as_fields, as_items, as_json
from llmsdeck.text import visible

_DONE: Final = "[DONE]"
_THINKING_FIELDS: Final = ("reasoning_content", "reasoning")
_NAME_CHARACTERS: Final = 300


@dataclass(slots=True)
class Completion:
    """What has come of an answer so far."""

    spoken: list[str] = field(default_factory=list[str])
    thought: list[str] = field(default_factory=list[str])
    size: int = 0
    """Characters of both."""
    pieces: int = 0
    """Pieces of text that came; about one token each."""
    finish: str | None = None
    done: bool = False
    """The server said that this is all."""
    model: str | None = None
    """Who answered, as the server says."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_s: float | None = None

    @property
    def ended(self) -> bool:
        """The server said, in one way or another, that this is the end."""
        return self.done or self.finish is not None

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.spoken)

    @property
    def thoughts(self) -> str:
        """What the model thought, if the server tells that apart."""
        return "".join(self.thought)

    def take(self, chunk: Mapping[str, object]) -> bool:
        """Add a chunk of the stream, or a whole answer; True when it held text."""
        if isinstance(model := chunk.get("model"), str) and model:
            self.model = model[:_NAME_CHARACTERS]
        self._count(as_fields(chunk.get("usage")))
        before = self.size
        for choice in map(as_fields, as_items(chunk.get("choices"))[:1]):
            self._read(as_fields(choice.get("delta") or choice.get("message")))
            if isinstance(finish := choice.get("finish_reason"), str):
                self.finish = finish
        self.pieces += self.size > before
        return self.size > before

    def _read(self, delta: Mapping[str, object]) -> None:
        if isinstance(text := delta.get("content"), str):
            self.spoken.append(text)
            self.size += len(text)
        for key in _THINKING_FIELDS:
            if isinstance(text := delta.get(key), str) and text:
                self.thought.append(text)
                self.size += len(text)
                break

    def _count(self, usage: Mapping[str, object]) -> None:
        if isinstance(tokens := usage.get("prompt_tokens"), int):
            self.prompt_tokens = tokens
        if isinstance(tokens := usage.get("completion_tokens"), int):
            self.completion_tokens = tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a server, in the words that every one of them knows."""

    model: str
    system: str
    user: str
    max_tokens: int
    temperature: float
    schema: Mapping[str, object] | None
    """None asks for text without a form."""
    counted: bool
    """Whether the server is asked for the number of tokens."""

    def body(self) -> Mapping[str, object]:
        """The request as JSON; a key that a server might not know is left out."""
        body: dict[str, object] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": self.user},
            ],
            "stream": True,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
        }
        if self.counted:
            body["stream_options"] = {"include_usage": True}
        if self.schema is not None:
            form = {"name": "answer", "strict": True, "schema": self.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body


Heard = Callable[[Completion], None]
"""Called at each piece of text."""


async def complete(wire: Wire, request: Request, heard: Heard, completion: Completion) -> None:
    """Ask for a completion and fill `completion` as it comes.

    Raises ModelDownError when the server cannot be reached, ConnectionError when the connection
    breaks, ModelError for everything else that is no answer.
    """
    limits = wire.limits
    try:
        async with (
            deadline(wire.clock, limits.total_s),
            wire.stream(f"{wire.api}/chat/completions", request.body()) as response,
        ):
            await _listen(wire, request, response, heard, completion)
    except TimeoutError as error:
        message = f"{wire.place} spoke for {limits.total_s:g} s and was not done; "
        raise ModelError(Fault.TIMEOUT, message + "use a faster model.") from error


async def _listen(
    wire: Wire, request: Request, response: httpx.Response, heard: Heard, completion: Completion
) -> None:
    kind = response.headers.get("content-type", "")
    if response.status_code != HTTPStatus.OK or "event-stream" not in kind:
        await _whole(wire, request.model, response, completion)
        return
    began = wire.clock.now()
    most = request.max_tokens * wire.limits.characters_per_token
    async with aclosing(_spoken(wire, request.model, response, completion, most)) as stream:
        while await _next(wire, stream, completion):
            if completion.first_token_s is None:
                completion.first_token_s = wire.clock.now().seconds_since(began)
            heard(completion)


async def _whole(wire: Wire, model: str, response: httpx.Response, completion: Completion) -> None:
    """An answer that is no stream: an error, or everything at once."""
    data = as_json(await wire.body(response))
    if response.status_code != HTTPStatus.OK or "error" in as_fields(data):
        raise as_error(wire.place, model, response.status_code, data)
    if "choices" not in as_fields(data):
        message = f"{wire.place} does not speak the OpenAI protocol; check model.base_url."
        raise ModelError(Fault.GARBAGE, message)
    completion.take(as_fields(data))
    completion.done = True


async def _next(wire: Wire, stream: AsyncIterator[None], completion: Completion) -> bool:
    """Wait for the next piece of text; False at the end of the stream."""
    limits = wire.limits
    first = completion.pieces == 0
    within = limits.first_token_s if first else limits.token_s
    if completion.finish is not None:
        within = limits.probe_s
    try:
        async with deadline(wire.clock, within):
            return await anext(stream, _End) is not _End
    except TimeoutError as error:
        if completion.finish is not None:
            return False
        what = "did not begin to answer" if first else "stopped in the middle of an answer"
        message = f"{wire.place} {what} for {within:g} s; see whether it is overloaded."
        raise ModelError(Fault.TIMEOUT, message) from error


class _End:
    """What `anext` returns at the end of a stream."""


async def _spoken(
    wire: Wire, model: str, response: httpx.Response, completion: Completion, most: int
) -> AsyncGenerator[None]:
    """Fill `completion` and yield at each piece of text, up to `most` characters."""
    async with aclosing(events(wire.pieces(response), wire.limits)) as stream:
        async for event in stream:
            if event.data.strip() == _DONE:
                completion.done = True
                return
            if completion.take(_chunk(wire, model, event)):
                if completion.size > most:
                    message = f"{wire.place} does not stop at the number of tokens it was given."
                    raise ModelError(Fault.GARBAGE, message)
                yield


def _chunk(wire: Wire, model: str, event: ServerEvent) -> Mapping[str, object]:
    data = as_json(event.data)
    chunk = as_fields(data)
    if event.name == "error" or chunk.get("error"):
        raise as_error(wire.place, model, HTTPStatus.BAD_REQUEST, data or event.data)
    if not chunk:
        quoted = visible(event.data, 80)
        raise ModelError(Fault.GARBAGE, f"{wire.place} sends what is no JSON: {quoted}")
    return chunk
