"""What a request comes to: its canonical form, and what a run of it would find."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final

from llmsdeck import sources
from llmsdeck.answers import Preflight
from llmsdeck.errors import DeckError, UsageError
from llmsdeck.model import ANY_MODEL, NO_MODEL, ArtifactName, RunRequest

_MODEL_CHARACTERS: Final = 200
_LOOK_SECONDS: Final = 4.0
"""Time that a preflight gives a model server."""


def shown(request: RunRequest) -> str:
    """The source as it may be shown and kept, whatever was pasted into it."""
    return sources.without_secrets(request.source)


def canonical(request: RunRequest, base: Path) -> RunRequest:
    """The request in the form that equal requests share; raises DeckError."""
    if request.timeout_s is not None and request.timeout_s <= 0:
        raise UsageError("A timeout must be longer than 0 s.")
    if not request.artifacts:
        raise UsageError("Ask for at least one artifact.")
    if any(name.is_part for name in request.artifacts):
        raise UsageError(f"Parts come with {ArtifactName.LLMS_FULL}; ask for that.")
    place = sources.locate(request.source, request.ref, base)
    output = None if request.output_dir is None else _output(request.output_dir, base)
    model = _model(request.model)
    return replace(request, source=place.source, ref=place.ref, model=model, output_dir=output)


def _model(text: str) -> str:
    name = text.strip()
    if not name.isprintable() or not 0 < len(name) <= _MODEL_CHARACTERS:
        raise UsageError(f"Name a model, or say {ANY_MODEL} or {NO_MODEL}.")
    return name.lower() if name.lower() in (ANY_MODEL, NO_MODEL) else name


def _output(text: str, base: Path) -> str:
    folder = (base / Path(text).expanduser()).absolute()
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise UsageError(f"The output {str(folder)!r} is not a folder that can be written to.")
    return str(folder)


def refusal(asked: RunRequest) -> str | None:
    """Why a folder cannot be read; what is on a host is found out by the run itself."""
    if sources.is_hosted(asked.source):
        return None
    found = sources.inspect(asked.source, asked.ref)
    return None if found.ok else found.message


async def look(asked: RunRequest) -> Preflight:
    """What the source and the model are, as far as a few seconds tell."""
    source, model = await asyncio.gather(_look_at_source(asked), _look_at_model(asked.model))
    if not source.ok or model is None:
        return source
    return Preflight(ok=model.ok, message=f"{source.message} {model.message}")


async def _look_at_source(asked: RunRequest) -> Preflight:
    if not sources.is_hosted(asked.source):
        return await asyncio.to_thread(sources.inspect, asked.source, asked.ref)
    # On a thread, because an HTTP client takes a moment to load and the dashboard waits for us.
    await asyncio.to_thread(import_module, "llmsdeck.sources.hosted")
    from llmsdeck.config import load_config
    from llmsdeck.sources.hosted import look as look_at_host

    return await look_at_host(asked.source, asked.ref, load_config().known_hosts)


async def _look_at_model(wanted: str) -> Preflight | None:
    """What the server says of a model; one that is away holds the run, which is no refusal."""
    if wanted == NO_MODEL:
        return None
    from llmsdeck.config import load_config
    from llmsdeck.lm import ModelDownError
    from llmsdeck.lm.glance import glance

    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            return Preflight(ok=True, message=await glance(load_config().model, wanted))
    except TimeoutError:
        return Preflight(ok=True, message="The model server takes long to answer.")
    except ModelDownError as error:
        rest = "it would be written without a model." if wanted == ANY_MODEL else "it would wait."
        return Preflight(ok=True, message=f"{error} As things stand {rest}")
    except DeckError as error:
        return Preflight(ok=wanted == ANY_MODEL, message=str(error))
