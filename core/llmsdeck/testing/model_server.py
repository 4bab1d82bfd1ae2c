"""A model server on a loopback socket that behaves as a test or a drill wants."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

from llmsdeck.lm.discovery import ServerKind
from llmsdeck.testing.behaviours import Behaviour, Data, Exchange, Heard, head_of, read_request

_CHAT: Final = ("POST", "/v1/chat/completions")
_MODEL: Final = "tiny"


@dataclass(slots=True)
class Loaded:
    """A model in the memory of a fake LM Studio or Ollama."""

    model: str
    context_tokens: int


class ModelServer:
    """A fake server; leaving its `async with` closes it and everything it still answers."""

    def __init__(
        self,
        behaviour: Behaviour,
        *,
        kind: ServerKind = ServerKind.LM_STUDIO,
        models: tuple[str, ...] = (_MODEL,),
        loaded: tuple[str, ...] = (_MODEL,),
        context_tokens: int = 8192,
        most_context_tokens: int = 131_072,
    ) -> None:
        self.behaviour = behaviour
        """What happens to the next call; may be changed at any time."""
        self.kind = kind
        self.models = list(models)
        self.instances = {name: Loaded(name, context_tokens) for name in loaded}
        """What is in memory, by instance."""
        self.requests: list[Heard] = []
        self.calls = 0
        """Calls being answered now."""
        self.most_calls = 0
        """The most that were answered at once."""
        self.abandoned = 0
        """Calls that the client left before they were answered."""
        self.url = ""
        """What to set as `model.base_url`."""
        self._context_tokens = context_tokens
        self._most_context_tokens = most_context_tokens
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop listening and break off every answer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def asked(self, path: str) -> list[Heard]:
        """The requests for this path, in order."""
        return [request for request in self.requests if request.path == path]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if not task.done() else writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await read_request(reader)
            self.requests.append(request)
            if (request.method, request.path) == _CHAT:
                await self._answer(request, reader, writer)
                return
            status, data = self.about(request)
            writer.write(head_of(status, "application/json") + json.dumps(data).encode())
            await writer.drain()

    async def _answer(
        self, request: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Behave until done, or until the client has left."""
        model = str(request.body.get("model", ""))
        self.calls += 1
        self.most_calls = max(self.most_calls, self.calls)
        behaving = asyncio.ensure_future(self.behaviour(Exchange(request, writer, model)))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({behaving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            self.abandoned += not behaving.done()
        finally:
            self.calls -= 1
            for task in (behaving, leaving):
                task.cancel()
            await asyncio.gather(behaving, leaving, return_exceptions=True)

    def about(self, request: Heard) -> tuple[int, object]:
        """Status and words with which the server tells about itself, as its kind does."""
        known = {
            ServerKind.LM_STUDIO: self._studio,
            ServerKind.LM_STUDIO_OLD: self._old_studio,
            ServerKind.OLLAMA: self._ollama,
            ServerKind.LLAMA_CPP: self._llama,
        }.get(self.kind, self._plain)
        found = known(request)
        absent = {"error": {"message": "Not Found", "code": 404}}
        return (HTTPStatus.OK, found) if found is not None else (HTTPStatus.NOT_FOUND, absent)

    def _plain(self, request: Heard) -> object:
        owner = {ServerKind.VLLM: "vllm", ServerKind.LLAMA_CPP: "llamacpp"}.get(self.kind, "me")
        extra = {"max_model_len": self._context_tokens} if self.kind is ServerKind.VLLM else {}
        models = [{"id": name, "owned_by": owner, **extra} for name in self.models]
        return {"object": "list", "data": models} if request.path == "/v1/models" else None

    def _llama(self, request: Heard) -> object:
        if request.path == "/v1/models" and len(self.models) > 1:
            return {"data": [self._routed(name) for name in self.models]}
        if request.path == "/props":
            return {"default_generation_settings": {"n_ctx": self._context_tokens}}
        if request.path == "/slots":
            return [{"id": 0, "is_processing": self.calls > 0}]
        return self._plain(request)

    def _routed(self, name: str) -> object:
        """A model where the server serves several."""
        status = {"value": "loaded" if name in self.instances else "unloaded"}
        return {"id": name, "owned_by": "llamacpp", "status": status}

    def _ollama(self, request: Heard) -> object:
        if request.path == "/api/generate":
            name = str(request.body["model"])
            self.instances[name] = Loaded(name, self._context_tokens)
            return {"model": name, "done": True}
        if request.path == "/api/ps":
            return {
                "models": [
                    {"name": name, "context_length": found.context_tokens}
                    for name, found in self.instances.items()
                ]
            }
        if request.path == "/api/tags":
            return {"models": [{"name": name} for name in self.models]}
        return self._plain(request)

    def _old_studio(self, request: Heard) -> object:
        if request.path != "/api/v0/models":
            return self._plain(request)
        return {
            "data": [
                {
                    "id": name,
                    "type": "llm",
                    "state": "loaded" if name in self.instances else "not-loaded",
                    "max_context_length": 131072,
                    "loaded_context_length": self._context_tokens,
                }
                for name in self.models
            ]
        }

    def _studio(self, request: Heard) -> object:
        match request.path:
            case "/api/v1/models":
                return {"models": [self._studio_model(name) for name in self.models]}
            case "/api/v1/models/load":
                return self._load(request.body)
            case "/api/v1/models/unload":
                self.instances.pop(str(request.body["instance_id"]), None)
                return {"instance_id": request.body["instance_id"]}
            case _:
                return self._plain(request)

    def _studio_model(self, name: str) -> object:
        instances = [
            {"id": instance, "config": {"context_length": found.context_tokens, "parallel": 4}}
            for instance, found in self.instances.items()
            if found.model == name
        ]
        return {
            "type": "llm",
            "key": name,
            "loaded_instances": instances,
            "max_context_length": self._most_context_tokens,
        }

    def _load(self, body: Data) -> object:
        """Load once more for every request, as LM Studio does."""
        name, context = str(body["model"]), body.get("context_length")
        number = sum(found.model == name for found in self.instances.values()) + 1
        instance = name if number == 1 else f"{name}:{number}"
        tokens = context if isinstance(context, int) else self._context_tokens
        self.instances[instance] = Loaded(name, tokens)
        return {"type": "llm", "instance_id": instance, "status": "loaded"}
