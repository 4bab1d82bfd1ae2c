"""Hosts for tests: reading from one without a network, and waiting for it without time."""

from __future__ import annotations

from collections.abc import Mapping

from notebook import Notebook

from llmsdeck.clock import SystemClock
from llmsdeck.hosts import HostConfig
from llmsdeck.sources import LIMITS, Limits, Material
from llmsdeck.sources.hosted import fetch
from llmsdeck.testing.clock import WALL_START_MS
from llmsdeck.testing.forge import FakeForge

TOKENS = (
    "GITHUB_ACCESS_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "GH_CONFIG_DIR",
    "GLAB_CONFIG_DIR",
    "XDG_CONFIG_HOME",
    "NETRC",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "LLMSDECK_HOSTS",
)
"""Variables that must not reach a test from whoever runs it."""


class Nap(SystemClock):
    """A clock on which waiting takes no time and is written down."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def wall_ms(self) -> int:
        return WALL_START_MS

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)


def hosts(forge: FakeForge, **changes: object) -> Mapping[str, HostConfig]:
    """A fake host as the only one that is set up."""
    return {forge.name: forge.config.model_copy(update=changes)}


def source(forge: FakeForge, project: str) -> str:
    """The canonical form of a repository on a fake host."""
    return f"https://{forge.name}/{project}"


async def fetched(
    forge: FakeForge,
    project: str = "o/tea",
    ref: str | None = None,
    *,
    limits: Limits = LIMITS,
    notebook: Notebook | None = None,
    clock: Nap | None = None,
    **changes: object,
) -> Material:
    """What a run would read of a repository on a fake host."""
    return await fetch(
        source(forge, project),
        ref,
        hosts(forge, **changes),
        notebook or Notebook(),
        limits=limits,
        clock=clock or Nap(),
    )
