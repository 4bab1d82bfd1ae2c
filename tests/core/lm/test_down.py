from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from asking import SHORT, lane_to, prompt

from llmsdeck.lm import ModelDownError, ModelError
from llmsdeck.testing.behaviours import Exchange, hangs, refuses, says_nothing, stops_midway
from llmsdeck.testing.model_server import ModelServer


async def test_two_calls_without_a_first_token_mean_that_the_server_is_down(
    tmp_path: Path,
) -> None:
    async with ModelServer(hangs) as server, lane_to(server.url, tmp_path, limits=SHORT) as lane:
        with pytest.raises(ModelError):
            await lane.ask(prompt())
        with pytest.raises(ModelDownError):
            await lane.ask(prompt())


async def test_a_token_in_between_shows_that_the_server_lives(tmp_path: Path) -> None:
    async with ModelServer(hangs) as server, lane_to(server.url, tmp_path, limits=SHORT) as lane:
        for behaviour in (hangs, stops_midway, hangs):
            server.behaviour = behaviour
            with pytest.raises(ModelError):
                await lane.ask(prompt())


async def test_a_server_that_dies_in_the_middle_is_down(tmp_path: Path) -> None:
    async with ModelServer(hangs) as server, lane_to(server.url, tmp_path) as lane:

        async def die(exchange: Exchange) -> None:
            await exchange.begin()
            await exchange.delta(content="{")
            stopping.append(asyncio.ensure_future(server.close()))
            await asyncio.Event().wait()

        stopping: list[asyncio.Task[None]] = []
        server.behaviour = die
        with pytest.raises(ModelDownError, match="died during an answer"):
            await lane.ask(prompt())
        await stopping[0]


async def test_nobody_listening_means_down_and_says_what_to_do(tmp_path: Path) -> None:
    async with ModelServer(says_nothing) as server:
        gone = server.url
    with pytest.raises(ModelDownError, match=r"cannot be reached .* start it"):
        async with lane_to(gone, tmp_path):
            pass


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_server_that_is_not_ready_is_down(status: int, tmp_path: Path) -> None:
    behaviour = refuses({"error": {"message": "Loading model"}}, status)
    async with ModelServer(behaviour) as server, lane_to(server.url, tmp_path) as lane:
        with pytest.raises(ModelDownError, match="Loading model"):
            await lane.ask(prompt())
