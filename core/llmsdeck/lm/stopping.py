"""After a stream was closed: does the server still work on it?"""

from __future__ import annotations

from typing import Final

from llmsdeck.lm.discovery import ServerKind, look
from llmsdeck.lm.errors import ModelDownError, ModelError
from llmsdeck.lm.limits import deadline
from llmsdeck.lm.prompt import Stopped
from llmsdeck.lm.wire import Wire, as_fields, is_list

_LOOK_S: Final = 0.1


async def ask_whether_stopped(wire: Wire, kind: ServerKind, model: str) -> Stopped:
    """Ask for about a second.

    llama.cpp shows what its slots do. LM Studio does not show what an instance does, only that it
    is there: one that is gone has stopped. The others show nothing.
    """
    seen = Stopped.UNKNOWN
    try:
        async with deadline(wire.clock, wire.limits.confirm_s):
            while True:
                seen = await _look(wire, kind, model)
                if seen is not Stopped.NOT_CONFIRMED:
                    return seen
                await wire.clock.sleep(_LOOK_S)
    except TimeoutError:
        return seen
    except (ModelDownError, ModelError):
        return Stopped.UNKNOWN


async def _look(wire: Wire, kind: ServerKind, model: str) -> Stopped:
    if kind is ServerKind.LLAMA_CPP:
        slots = (await wire.get("/slots")).data
        if not is_list(slots) or not slots:
            return Stopped.UNKNOWN
        busy = any(as_fields(slot).get("is_processing") is not False for slot in slots)
        return Stopped.NOT_CONFIRMED if busy else Stopped.CONFIRMED
    if kind is ServerKind.LM_STUDIO:
        offers = (await look(wire)).offers
        there = any(offer.name == model and offer.loaded for offer in offers)
        return Stopped.UNKNOWN if there else Stopped.CONFIRMED
    return Stopped.UNKNOWN
