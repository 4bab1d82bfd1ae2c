"""Bringing held runs back: asking, now and then, whether a model server that was down answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.model import Actor, ActorKind
from llmsdeck.store import lanes
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

PROBE_PATIENCE: Final = 3.0
"""Seconds a server may take to answer; one that is alive but busy answers much sooner."""

Probe = Callable[[str], Awaitable[bool]]
"""Whether runs that wait for the server at this address may go on."""


async def ask(server: str) -> bool:
    """Whether the server says anything sensible, or is no longer the one that is set up."""
    import httpx

    from llmsdeck.config import load_config

    if server != load_config().model.base_url:
        return True
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PROBE_PATIENCE) as client:
            response = await client.head(f"{server}/models")
    except httpx.HTTPError:
        return False
    return response.status_code < httpx.codes.INTERNAL_SERVER_ERROR


async def probe_down(store: Store, clock: Clock, probe: Probe) -> None:
    """Let the runs go on that wait for a server which is back."""
    for server in await store.read(lanes.down):
        if await answers(server, probe):
            janitor, stamp = Actor(ActorKind.JANITOR), Stamp.of(clock)
            await store.write(partial(lanes.rise, stamp=stamp, actor=janitor, server=server))


async def answers(server: str, probe: Probe, patience: float = PROBE_PATIENCE) -> bool:
    """What the probe says of a server; silence for `patience` seconds is a no."""
    try:
        async with asyncio.timeout(patience):
            return await probe(server)
    except TimeoutError:
        return False
