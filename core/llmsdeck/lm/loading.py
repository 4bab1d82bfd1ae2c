"""Having a model loaded before it is asked, once for all processes, and unloading only our own."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

from llmsdeck.lm.choice import choose
from llmsdeck.lm.classify import as_error
from llmsdeck.lm.discovery import Offer, ServerKind, ServerView, look
from llmsdeck.lm.errors import Fault, ModelDownError, ModelError
from llmsdeck.lm.slots import alone, locked
from llmsdeck.lm.wire import Wire, as_fields
from llmsdeck.text import visible

_CONTEXT: Final = 16_384
"""Context that we load a model with when nobody says otherwise; enough for every prompt we make."""


@asynccontextmanager
async def ready(
    wire: Wire, wanted: str, folder: Path, context_tokens: int | None
) -> AsyncGenerator[tuple[ServerView, Offer]]:
    """The server and the wanted model, loaded for as long as the body runs.

    `folder` is shared by all processes. Whoever leaves last unloads the instances that were loaded
    here; what was loaded by others stays. Raises ModelDownError, ModelError.
    """
    view = await look(wire)
    offer = choose(view, wanted, wire.place)
    if view.kind is not ServerKind.LM_STUDIO:
        if not offer.loaded and view.kind is ServerKind.OLLAMA:
            offer = await _load_ollama(wire, offer)
        yield view, offer
        return
    async with _use(wire, folder) as ledger:
        if not offer.loaded:
            offer = await _load_studio(wire, wanted, folder, ledger, context_tokens)
        yield view, offer


class _Ledger:
    """The instances that processes of this user have loaded and not unloaded yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[str]:
        """Their ids."""
        try:
            return self._path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []

    def add(self, instance: str) -> None:
        """Remember one."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{instance}\n")

    def clear(self) -> None:
        """Forget all."""
        self._path.unlink(missing_ok=True)


@asynccontextmanager
async def _use(wire: Wire, folder: Path) -> AsyncGenerator[_Ledger]:
    """Be one of those who use loaded models; the last one clears up.

    What a crash left in the ledger is forgotten by whoever comes next: by then its id may name an
    instance that the user loaded.
    """
    ledger = _Ledger(folder / "loaded")
    path = folder / "users"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
    door = folder / "door.lock"
    async with alone(door, wire.clock, 2 * wire.limits.probe_s):
        if (first := locked(path)) is not None:
            ledger.clear()
            os.close(first)
        user = locked(path, fcntl.LOCK_SH)
    if user is None:
        raise AssertionError("only held for an instant, and only behind the door")
    try:
        yield ledger
    finally:
        os.close(user)
        # A model that cannot be unloaded stays loaded; that is no reason to lose what it wrote.
        with suppress(ModelDownError, ModelError):
            async with alone(door, wire.clock, 2 * wire.limits.probe_s):
                await _unload_as_last(wire, path, ledger)


async def _unload_as_last(wire: Wire, path: Path, ledger: _Ledger) -> None:
    """Unload what was loaded here, unless others use it still."""
    if (last := locked(path)) is None:
        return
    try:
        instances = ledger.read()
        ledger.clear()
        for instance in instances:
            await wire.post("/api/v1/models/unload", {"instance_id": instance})
    finally:
        os.close(last)


async def _load_studio(
    wire: Wire, wanted: str, folder: Path, ledger: _Ledger, context_tokens: int | None
) -> Offer:
    """Load it unless another process has meanwhile: two loads at once make two instances."""
    async with alone(folder / "load.lock", wire.clock, wire.limits.load_s):
        offer = choose(await look(wire), wanted, wire.place)
        if offer.loaded:
            return offer
        context = min(context_tokens or _CONTEXT, offer.most_context_tokens or _CONTEXT)
        instance = await _told_to_load(wire, offer.key, context)
        ledger.add(instance)
    view = await look(wire)
    found = next((offer for offer in view.offers if offer.name == instance), None)
    return found or Offer(name=instance, key=offer.key, context_tokens=context)


async def _told_to_load(wire: Wire, key: str, context_tokens: int) -> str:
    body = {"model": key, "context_length": context_tokens}
    answer = await wire.post("/api/v1/models/load", body, within=wire.limits.load_s)
    instance = answer.fields.get("instance_id")
    if answer.status != HTTPStatus.OK or not isinstance(instance, str):
        raise as_error(wire.place, key, answer.status, answer.data)
    if not (0 < len(instance) <= 300 and instance.isprintable()):
        raise ModelError(Fault.GARBAGE, f"{wire.place} names an instance {visible(instance, 80)}.")
    return instance


async def _load_ollama(wire: Wire, offer: Offer) -> Offer:
    """Ollama loads a model for an empty prompt, and says only then how much context it gives."""
    body = {"model": offer.name, "stream": False}
    answer = await wire.post("/api/generate", body, within=wire.limits.load_s)
    if answer.status != HTTPStatus.OK or "error" in as_fields(answer.data):
        raise as_error(wire.place, offer.name, answer.status, answer.data)
    view = await look(wire)
    return next((found for found in view.offers if found.name == offer.name), offer)
