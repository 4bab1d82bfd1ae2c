"""Asking a fake model server, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from llmsdeck.clock import Clock
from llmsdeck.config import ModelConfig
from llmsdeck.lm import LIMITS, Call, Lane, Limits, ModelError, Prompt, Stopped, open_lane
from llmsdeck.testing.behaviours import Behaviour
from llmsdeck.testing.model_server import ModelServer

GOOD = '{"text": "hello"}'
"""An answer of the shape of `Said`."""
SHORT = Limits(first_token_s=0.2, token_s=0.2, total_s=0.4, probe_s=5)


class Said(BaseModel):
    """The simplest answer."""

    text: str = Field(max_length=200)


@dataclass
class Ear:
    """An observer that remembers."""

    calls: list[Call] = field(default_factory=list[Call])
    waits: list[float] = field(default_factory=list[float])
    tokens: list[int] = field(default_factory=list[int])
    verdicts: list[Stopped] = field(default_factory=list[Stopped])
    spoken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first text has come."""

    def waiting(self, seconds: float) -> None:
        self.waits.append(seconds)

    def speaking(self, purpose: str, tokens: int, seconds: float) -> None:
        self.tokens.append(tokens)
        self.spoken.set()

    def called(self, call: Call) -> None:
        self.calls.append(call)

    def stopped(self, verdict: Stopped) -> None:
        self.verdicts.append(verdict)


def prompt(user: str = "Say something.", *, max_tokens: int = 100) -> Prompt[Said]:
    return Prompt(purpose="test", system="Be brief.", user=user, shape=Said, max_tokens=max_tokens)


async def until_spoken(ear: Ear) -> None:
    """Wait until the first text of an answer has come."""
    async with asyncio.timeout(30):
        await ear.spoken.wait()


@asynccontextmanager
async def lane_to(
    url: str,
    folder: Path,
    wanted: str = "auto",
    *,
    ear: Ear | None = None,
    clock: Clock | None = None,
    limits: Limits = LIMITS,
    concurrent_calls: int = 1,
) -> AsyncGenerator[Lane]:
    """A lane to this server."""
    settings = ModelConfig(base_url=url, concurrent_calls=concurrent_calls)
    async with open_lane(settings, wanted, folder, ear, clock=clock, limits=limits) as lane:
        yield lane


async def answer(behaviour: Behaviour, folder: Path, limits: Limits = LIMITS) -> str:
    """What a client makes of a server that behaves like this."""
    async with ModelServer(behaviour) as server, lane_to(server.url, folder, limits=limits) as lane:
        return (await lane.ask(prompt())).value.text


async def fault(behaviour: Behaviour, folder: Path, limits: Limits = LIMITS) -> ModelError:
    """What is wrong with a server that behaves like this."""
    with pytest.raises(ModelError) as caught:
        await answer(behaviour, folder, limits)
    return caught.value
