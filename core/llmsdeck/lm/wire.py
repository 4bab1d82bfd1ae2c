"""Talking HTTP to a model server that is not trusted: no redirects, no proxies, bounded bodies."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, TypeGuard, cast

import httpx

from llmsdeck.clock import Clock
from llmsdeck.config import ModelConfig
from llmsdeck.lm.errors import Fault, ModelDownError, ModelError
from llmsdeck.lm.limits import Limits, deadline
from llmsdeck.text import visible

_REASON_CHARACTERS: Final = 160
_API: Final = "/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered to a question that is no stream."""

    status: int
    data: object
    """The JSON it sent; None when it sent something else."""

    @property
    def fields(self) -> Mapping[str, object]:
        """The members of a JSON object that came with success; else nothing."""
        return as_fields(self.data) if self.status == HTTPStatus.OK else {}


def as_fields(data: object) -> Mapping[str, object]:
    """The members of a JSON object; nothing when it is something else."""
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def is_list(data: object) -> TypeGuard[list[object]]:
    """Whether it is a JSON list."""
    return isinstance(data, list)


def as_items(data: object) -> list[object]:
    """The elements of a JSON list; nothing when it is something else."""
    return data if is_list(data) else []


def as_json(text: str | bytes) -> object:
    """What the text says as JSON; None for everything that is none, however malformed."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class Wire:
    """A connection to one model server; opened with `async with`."""

    def __init__(self, settings: ModelConfig, clock: Clock, limits: Limits) -> None:
        self.root = settings.base_url.removesuffix(_API)
        """Where native paths begin."""
        self.api = settings.base_url[len(self.root) :]
        """Where paths of the OpenAI-compatible side begin, below the root."""
        self.label = "The model server"
        """What to call the server in sentences."""
        self.clock = clock
        self.limits = limits
        self._client = httpx.AsyncClient(
            headers=_headers(settings),
            timeout=httpx.Timeout(None, connect=limits.connect_s),
            limits=httpx.Limits(max_keepalive_connections=0),
            # Reading the certificates takes longer than a question to a server of one's own.
            verify=settings.base_url.startswith("https:"),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    @property
    def place(self) -> str:
        """Name and address of the server, for sentences."""
        return f"{self.label} at {visible(self.root, _REASON_CHARACTERS)}"

    async def get(self, path: str, within: float | None = None) -> Answer:
        """Ask the server about itself; raises ModelDownError, ModelError."""
        return await self._question("GET", path, None, within or self.limits.probe_s)

    async def post(self, path: str, body: object, within: float | None = None) -> Answer:
        """Tell the server something; raises ModelDownError, ModelError."""
        return await self._question("POST", path, body, within or self.limits.probe_s)

    async def _question(self, method: str, path: str, body: object, within: float) -> Answer:
        try:
            async with deadline(self.clock, within), self._exchange(method, path, body) as response:
                return Answer(response.status_code, as_json(await self.body(response)))
        except TimeoutError as error:
            message = f"{self.place} accepts connections but did not answer within {within:g} s; "
            raise ModelDownError(message + "restart it, or cancel what keeps it busy.") from error
        except ConnectionError as error:
            message = f"{self.place} broke off an answer ({error}); see its log."
            raise ModelDownError(message) from error

    def stream(self, path: str, body: object) -> AbstractAsyncContextManager[httpx.Response]:
        """The response to a POST, its body unread; leaving closes the connection.

        Raises ModelDownError when the server cannot be reached, ConnectionError when the
        connection breaks later.
        """
        return self._exchange("POST", path, body)

    @asynccontextmanager
    async def _exchange(
        self, method: str, path: str, body: object
    ) -> AsyncGenerator[httpx.Response]:
        request = self._client.build_request(method, self.root + path, json=body)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            message = f"{self.place} cannot be reached ({_reason(error)}); start it, or correct "
            raise ModelDownError(message + "model.base_url in the configuration.") from error
        try:
            yield response
        except httpx.TransportError as error:
            raise ConnectionError(_reason(error)) from error
        finally:
            await response.aclose()

    async def body(self, response: httpx.Response) -> bytes:
        """The whole body; raises ModelError when it is too long."""
        taken = bytearray()
        async for piece in self.pieces(response):
            taken += piece
            if len(taken) > self.limits.body_bytes:
                raise ModelError(Fault.GARBAGE, f"An answer of {self.place} is too long.")
        return bytes(taken)

    def pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The body as it comes; raises ModelError when it is compressed, which nobody asked for."""
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise ModelError(Fault.GARBAGE, f"{self.place} compresses what nobody asked it to.")
        return response.aiter_raw()


def _headers(settings: ModelConfig) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "User-Agent": "llmsdeck"}
    if settings.token_env is None:
        return headers
    token = os.environ.get(settings.token_env, "").strip()
    if not token:
        message = f"The variable {settings.token_env}, which should hold the model server's key, "
        raise ModelError(Fault.REFUSED, message + "is not set; set it, or remove model.token_env.")
    if not (token.isascii() and token.isprintable()):
        message = f"The variable {settings.token_env} holds something that is no key."
        raise ModelError(Fault.REFUSED, message)
    return {**headers, "Authorization": f"Bearer {token}"}


def _reason(error: Exception) -> str:
    text = visible(str(error), _REASON_CHARACTERS)
    return text or type(error).__name__
