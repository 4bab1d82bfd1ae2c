"""What a model server is, which models it has, and what of them is loaded with how much context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from llmsdeck.lm.classify import as_error
from llmsdeck.lm.wire import Wire, as_items, is_list

_REFUSALS: Final = (401, 403, 502, 503, 504)
"""A key that is wrong, or a server that is not ready."""
_MODELS: Final = 1000
_NAME_CHARACTERS: Final = 300

Shape = TypeVar("Shape", bound=BaseModel)


class ServerKind(StrEnum):
    """Whose server it is; servers differ in what they tell about themselves."""

    LM_STUDIO = "lm_studio"
    LM_STUDIO_OLD = "lm_studio_old"
    """Before 0.4: tells what is loaded and loads nothing on demand."""
    OLLAMA = "ollama"
    LLAMA_CPP = "llama_cpp"
    VLLM = "vllm"
    OTHER = "other"


LABELS: Final = {
    ServerKind.LM_STUDIO: "LM Studio",
    ServerKind.LM_STUDIO_OLD: "LM Studio",
    ServerKind.OLLAMA: "Ollama",
    ServerKind.LLAMA_CPP: "llama.cpp",
    ServerKind.VLLM: "vLLM",
    ServerKind.OTHER: "The model server",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model that a server has."""

    name: str
    """What to call it in a request."""
    key: str = ""
    """What to load it by; equal instances of one model share it."""
    others: tuple[str, ...] = ()
    """Further names that it answers to."""
    loaded: bool = True
    context_tokens: int | None = None
    """Context that is loaded, for one call; None when the server does not say."""
    most_context_tokens: int | None = None
    """Context that it could be loaded with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    """A server as it is at the moment."""

    kind: ServerKind
    offers: tuple[Offer, ...]
    """Ordered by name."""

    @property
    def loads(self) -> bool:
        """Whether it can be told, or loads by itself, what is not loaded."""
        return self.kind in {ServerKind.LM_STUDIO, ServerKind.OLLAMA, ServerKind.LLAMA_CPP}


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("not printable")
    return name


_Name = Annotated[str, Field(min_length=1, max_length=_NAME_CHARACTERS), AfterValidator(_printable)]
_Context = Annotated[int, Field(ge=1, le=1_000_000_000)]


class _Config(BaseModel):
    context_length: _Context | None = None


class _Instance(BaseModel):
    id: _Name
    config: _Config = _Config()


class _StudioModel(BaseModel):
    """An entry of LM Studio's `/api/v1/models`."""

    type: str
    key: _Name
    loaded_instances: list[_Instance] = []
    max_context_length: _Context | None = None


class _OldStudioModel(BaseModel):
    """An entry of LM Studio's `/api/v0/models`."""

    id: _Name
    type: str = "llm"
    state: str
    loaded_context_length: _Context | None = None


class _Meta(BaseModel):
    n_ctx: _Context | None = None


class _Status(BaseModel):
    value: str


class _OpenModel(BaseModel):
    """An entry of `/v1/models`, with what llama.cpp and vLLM add to it."""

    id: _Name
    owned_by: str = ""
    aliases: list[_Name] = []
    meta: _Meta | None = None
    status: _Status | None = None
    """Only where llama.cpp's server serves several models, and loads them when they are asked."""
    max_model_len: _Context | None = None


class _OllamaModel(BaseModel):
    """An entry of Ollama's `/api/tags` and `/api/ps`."""

    name: _Name
    context_length: _Context | None = None


async def look(wire: Wire) -> ServerView:
    """Find out what the server is and has, and name it on the wire.

    Raises ModelDownError when it cannot be reached, ModelError when it wants another key.
    """
    view = await _studio(wire) or await _old_studio(wire) or await _open(wire)
    if view.kind is ServerKind.OTHER:
        # Asked last, because llama.cpp answers to Ollama's paths too.
        view = await _ollama(wire) or view
    wire.label = LABELS[view.kind]
    return view


async def _studio(wire: Wire) -> ServerView | None:
    listed = (await wire.get("/api/v1/models")).fields.get("models")
    if not is_list(listed):
        return None
    models = [model for model in _each(_StudioModel, listed) if model.type == "llm"]
    offers = [
        Offer(name=found.id, key=model.key, context_tokens=found.config.context_length)
        for model in models
        for found in model.loaded_instances
    ]
    offers += [
        Offer(
            name=model.key,
            key=model.key,
            loaded=False,
            most_context_tokens=model.max_context_length,
        )
        for model in models
        if not model.loaded_instances
    ]
    return _view(ServerKind.LM_STUDIO, offers)


async def _old_studio(wire: Wire) -> ServerView | None:
    listed = (await wire.get("/api/v0/models")).fields.get("data")
    if not is_list(listed):
        return None
    return _view(
        ServerKind.LM_STUDIO_OLD,
        [
            Offer(
                name=model.id,
                key=model.id,
                loaded=model.state == "loaded",
                context_tokens=model.loaded_context_length,
            )
            for model in _each(_OldStudioModel, listed)
            if model.type in {"llm", "vlm"}
        ],
    )


async def _open(wire: Wire) -> ServerView:
    answer = await wire.get(f"{wire.api}/models")
    if answer.status in _REFUSALS:
        raise as_error(wire.place, "", answer.status, answer.data)
    models = [*_each(_OpenModel, as_items(answer.fields.get("data")))]
    kind = ServerKind.OTHER
    if any(model.owned_by == "llamacpp" for model in models):
        kind = ServerKind.LLAMA_CPP
    elif any(model.owned_by == "vllm" for model in models):
        kind = ServerKind.VLLM
    context = await _context_of_llama(wire) if kind is ServerKind.LLAMA_CPP else None
    return _view(
        kind,
        [
            Offer(
                name=model.id,
                key=model.id,
                others=tuple(model.aliases),
                loaded=model.status is None or model.status.value == "loaded",
                context_tokens=model.max_model_len or (model.meta or _Meta()).n_ctx or context,
            )
            for model in models
        ],
    )


async def _context_of_llama(wire: Wire) -> int | None:
    """The context of one slot, where the server shows its properties."""
    settings = (await wire.get("/props")).fields.get("default_generation_settings")
    return next((meta.n_ctx for meta in _each(_Meta, [settings])), None)


async def _ollama(wire: Wire) -> ServerView | None:
    listed = (await wire.get("/api/tags")).fields.get("models")
    if not is_list(listed):
        return None
    running = as_items((await wire.get("/api/ps")).fields.get("models"))
    contexts = {model.name: model.context_length for model in _each(_OllamaModel, running)}
    return _view(
        ServerKind.OLLAMA,
        [
            Offer(
                name=model.name,
                key=model.name,
                others=(model.name.removesuffix(":latest"),),
                loaded=model.name in contexts,
                context_tokens=contexts.get(model.name),
            )
            for model in _each(_OllamaModel, listed)
        ],
    )


def _view(kind: ServerKind, offers: list[Offer]) -> ServerView:
    return ServerView(kind=kind, offers=tuple(sorted(offers, key=lambda offer: offer.name)))


def _each(shape: type[Shape], items: list[object]) -> Iterator[Shape]:
    """The items that are what they should be; one bad entry does not hide the others."""
    for item in items[:_MODELS]:
        try:
            yield shape.model_validate(item)
        except ValidationError:
            continue
