from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from agents import Agency, agency, refusal
from mcp.types import CallToolResult
from sample_repositories import write_files

from llmsdeck.clock import SystemClock
from llmsdeck.config import AgentConfig
from llmsdeck.deck import Deck
from llmsdeck.model import Actor, ActorKind
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store

AGENTS, STARTS = 10, 20


class Unmanned(Deck):
    """A deck that starts no worker, so that nothing leaves the queue."""

    async def ensure_worker(self) -> bool:
        return False


async def all_starts(office: Agency, name: str) -> list[CallToolResult]:
    async with office.client(name) as agent:
        asked = [{"url": f"./source-{name}-{number}"} for number in range(STARTS)]
        calls = [agent.call_tool("lmstxt_generate_llms_txt", each) for each in asked]
        return list(await asyncio.gather(*calls))


async def test_many_agents_at_once_share_the_queue_and_are_told_when_it_is_full(
    paths: StorePaths, root: Path
) -> None:
    names = [f"agent{number}" for number in range(AGENTS)]
    for name in names:
        for number in range(STARTS):
            write_files(root / f"source-{name}-{number}", {"README.md": "# Tea\n\nBrews tea.\n"})
    async with open_store(paths) as store:
        deck = Unmanned(store, SystemClock())
        await deck.set_policy({"queue_cap": "80"}, Actor(ActorKind.OPERATOR))
        async with agency(deck, root, paths.root, config=AgentConfig(quota=10)) as office:
            results = await asyncio.gather(*(all_starts(office, name) for name in names))
        counts = (await deck.page(limit=500)).runs
    accepted = Counter(str(run.requested_by) for run in counts)
    refusals = Counter(
        refusal(result)["kind"] for each in results for result in each if result.is_error
    )
    assert 40 <= accepted.total() <= 80
    assert max(accepted.values()) <= 10
    assert len(accepted) == AGENTS, "an agent starves"
    assert refusals == {"quota": AGENTS * STARTS - accepted.total()}
