"""What lies outside: the settings, the model server, and the hosts' tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from llmsdeck.config import Config, load_config
from llmsdeck.doctor.finding import Finding, bad, good, note
from llmsdeck.errors import DeckError, SourceError
from llmsdeck.hosts import HostConfig
from llmsdeck.lm import ModelDownError
from llmsdeck.lm.glance import glance
from llmsdeck.model import ANY_MODEL
from llmsdeck.paths import config_file
from llmsdeck.sources.hosted.account import knows_token
from llmsdeck.sources.hosted.tokens import token_for

SECONDS: Final = 6.0
"""Time that one server may take to answer."""


async def look_outside(*, online: bool) -> AsyncIterator[Finding]:
    """Settings, models and tokens; hosts are asked only when `online`."""
    try:
        config = await asyncio.to_thread(load_config)
    except DeckError as error:
        yield bad("settings", str(error), f"Correct {config_file()} or the variable.")
        return
    place = config_file()
    yield good("settings", f"{place} is in order." if place.exists() else f"No {place}; defaults.")
    yield await _model(config)
    for name, host in sorted(config.known_hosts.items()):
        yield await _token(name, host, online=online)


async def _model(config: Config) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            return good("model", await glance(config.model, ANY_MODEL))
    except TimeoutError:
        said = f"The model server at {config.model.base_url} does not answer in {SECONDS:g} s."
        return note("model", said, "Runs without a model work all the same.")
    except ModelDownError as error:
        return note("model", str(error), "Runs without a model work all the same.")
    except DeckError as error:
        return note("model", str(error))


async def _token(name: str, host: HostConfig, *, online: bool) -> Finding:
    subject = f"token {name}"
    try:
        token = await asyncio.to_thread(token_for, name, host)
        if token is None:
            return note(subject, "No token is set up; public repositories can be read.")
        if not online:
            return good(subject, f"A token is in {token.origin}; --online tries it.")
        async with asyncio.timeout(SECONDS):
            await knows_token(name, host)
    except SourceError as error:
        return bad(subject, str(error), "Make a new token, or remove this one.")
    except TimeoutError:
        return note(subject, f"{name} did not answer within {SECONDS:g} s.")
    return good(subject, f"The token in {token.origin} is accepted.")
