"""Whether a host accepts the token that is set up for it."""

from __future__ import annotations

from llmsdeck.clock import SystemClock
from llmsdeck.hosts import HostConfig
from llmsdeck.sources.hosted.client import Client
from llmsdeck.sources.hosted.host import Site
from llmsdeck.sources.hosted.preflight import Nobody
from llmsdeck.sources.hosted.visit import host_of


async def knows_token(name: str, config: HostConfig) -> None:
    """Ask the host something that takes a good token; raises SourceError for a bad one."""
    site = Site(name, config)
    host = host_of(site)
    async with Client(site, host, "", Nobody(), clock=SystemClock(), patience=0) as client:
        await client.ask(host.account)
