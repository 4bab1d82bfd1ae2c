"""A quick look at which model would be asked, before anything is started."""

from __future__ import annotations

from llmsdeck.clock import SystemClock
from llmsdeck.config import ModelConfig
from llmsdeck.lm.choice import AUTO, choose
from llmsdeck.lm.discovery import look
from llmsdeck.lm.limits import LIMITS
from llmsdeck.lm.wire import Wire


async def names(settings: ModelConfig) -> tuple[str, ...]:
    """The models that the server offers, loaded ones first.

    Raises ModelDownError, and ModelError when it does not say.
    """
    async with Wire(settings, SystemClock(), LIMITS) as wire:
        offers = (await look(wire)).offers
    return tuple(offer.name for offer in sorted(offers, key=lambda offer: not offer.loaded))


async def glance(settings: ModelConfig, wanted: str) -> str:
    """One sentence on the model that `wanted` would lead to; loads nothing.

    Raises ModelDownError, and ModelError when the server has no such model.
    """
    async with Wire(settings, SystemClock(), LIMITS) as wire:
        view = await look(wire)
        name = (settings.name or AUTO) if wanted == AUTO else wanted
        offer = choose(view, name, wire.place)
        if not offer.loaded:
            return f"{wire.place} would load {offer.name}."
        context = f" with room for {offer.context_tokens} tokens" if offer.context_tokens else ""
        return f"{wire.place} has {offer.name} loaded{context}."
