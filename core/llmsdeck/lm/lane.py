"""The way to one model, shared fairly with every other process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.config import ModelConfig
from llmsdeck.lm.asking import Asking, Partner
from llmsdeck.lm.choice import AUTO
from llmsdeck.lm.discovery import ServerKind
from llmsdeck.lm.errors import ModelDownError, ModelError
from llmsdeck.lm.limits import LIMITS, Limits
from llmsdeck.lm.loading import ready
from llmsdeck.lm.prompt import Call, Observer, Prompt, Reply, Stopped, Unobserved
from llmsdeck.lm.slots import Slots
from llmsdeck.lm.stopping import ask_whether_stopped
from llmsdeck.lm.tokens import UNKNOWN_CONTEXT, measured
from llmsdeck.lm.wire import Wire

Shape = TypeVar("Shape", bound=BaseModel)


class Lane:
    """A model that is loaded and can be asked; made by `open_lane`."""

    def __init__(self, partner: Partner, server: ServerKind, slots: Slots) -> None:
        self.model = partner.offer.name
        self.server = server
        self.place = partner.wire.place
        """Name and address of the server, for sentences."""
        self.context_tokens = partner.context_tokens
        """For prompt and answer together."""
        self.calls: list[Call] = []
        """Every call that has ended on this lane."""
        self._partner = partner
        self._wire = partner.wire
        self._slots = slots

    async def calibrate(self, sample: str) -> None:
        """Learn how many tokens text like this takes, where the server can count them."""
        self._partner.measure = await measured(self._wire, self.server, self.model, sample)

    def estimate(self, text: str) -> int:
        """Tokens of the text, rather too many than too few."""
        return self._partner.measure.tokens(text)

    def room(self, max_tokens: int) -> int:
        """Tokens left for a prompt beside an answer of `max_tokens`."""
        return self._partner.room(max_tokens)

    async def ask(self, prompt: Prompt[Shape]) -> Reply[Shape]:
        """Wait for a turn and ask.

        Raises ModelError when no turn came or this call failed, ModelDownError when no call can
        succeed; a call that was made has been recorded then. A good reply is recorded by `settle`.
        A cancel closes the stream, and the observer hears whether the server stopped.
        """
        observer = self._partner.observer
        async with self._slots.hold(observer.waiting, self._wire.limits.wait_s):
            asking = Asking(self._partner, prompt)
            try:
                return await asking.reply()
            except asyncio.CancelledError:
                self._record(asking.record("cancelled"))
                await self._tell_whether_stopped()
                raise
            except (ModelError, ModelDownError) as error:
                self._record(asking.record(str(error)))
                raise

    async def _tell_whether_stopped(self) -> None:
        verdict = Stopped.UNKNOWN
        try:
            verdict = await ask_whether_stopped(self._wire, self.server, self.model)
        finally:
            self._partner.observer.stopped(verdict)

    def settle(self, reply: Reply[Shape], reason: str = "", *, accepted: bool) -> Call:
        """Say what became of a reply, which completes its record."""
        return self._record(replace(reply.call, accepted=accepted, reason=reason))

    def _record(self, call: Call) -> Call:
        call = replace(call, server=str(self.server))
        self.calls.append(call)
        self._partner.observer.called(call)
        return call


@asynccontextmanager
async def open_lane(
    settings: ModelConfig,
    wanted: str,
    folder: Path,
    observer: Observer | None = None,
    *,
    clock: Clock | None = None,
    limits: Limits = LIMITS,
) -> AsyncGenerator[Lane]:
    """Find the server, have the model loaded, and keep it for as long as the body runs.

    `wanted` is a model's name or `auto`; `folder` is one that all processes share. Raises
    ModelDownError, or ModelError when the server has no such model.
    """
    clock = clock or SystemClock()
    shared = folder / hashlib.sha256(settings.base_url.encode()).hexdigest()[:16]
    wanted = (settings.name or AUTO) if wanted == AUTO else wanted
    async with (
        Wire(settings, clock, limits) as wire,
        ready(wire, wanted, shared, settings.context_tokens) as (view, offer),
    ):
        partner = Partner(
            wire=wire,
            offer=offer,
            context_tokens=offer.context_tokens or settings.context_tokens or UNKNOWN_CONTEXT,
            observer=observer or Unobserved(),
        )
        slots = Slots(shared / "slots", settings.concurrent_calls, clock)
        yield Lane(partner, view.kind, slots)
