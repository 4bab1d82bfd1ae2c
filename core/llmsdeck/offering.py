"""What there is to choose from in a field of a request; past values are the store's to tell."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from llmsdeck import sources
from llmsdeck.api import Field
from llmsdeck.errors import DeckError
from llmsdeck.model import ANY_MODEL

PATIENCE: Final = 2.0
"""Seconds that a model server has to say what it offers."""


def located(source: str) -> str:
    """The source in the form that runs have it in; blank when there is none."""
    try:
        return sources.locate(source, None, Path.cwd()).source
    except DeckError:
        return ""


async def offers(field: Field, place: str) -> tuple[str, ...]:
    """What the field may say, likeliest first; nothing where nobody tells in time."""
    if field == "model":
        return (ANY_MODEL, *await _models())
    # A host is not asked while somebody types.
    if field == "ref" and place and not sources.is_hosted(place):
        return await asyncio.to_thread(sources.refs, place)
    return ()


async def _models() -> tuple[str, ...]:
    from llmsdeck.config import load_config
    from llmsdeck.lm.glance import names

    try:
        async with asyncio.timeout(PATIENCE):
            return await names(load_config().model)
    except (DeckError, TimeoutError):
        return ()
