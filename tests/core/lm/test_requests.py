from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from asking import GOOD, Ear, Said, answer, lane_to, prompt, until_spoken

from llmsdeck.config import ModelConfig
from llmsdeck.lm import Fault, ModelError, ServerKind, Stopped, open_lane
from llmsdeck.testing.behaviours import Exchange, refuses, says, says_nothing, stops_midway
from llmsdeck.testing.model_server import ModelServer


async def test_a_proxy_of_the_environment_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert await answer(says(GOOD), tmp_path) == "hello"


async def test_a_server_without_schemas_is_asked_in_words_and_stays_so(tmp_path: Path) -> None:
    message = "'response_format.type' must be 'json_object' or 'text'"

    async def plain(exchange: Exchange) -> None:
        known = "response_format" not in exchange.body
        await (says(GOOD) if known else refuses({"error": message}))(exchange)

    async with ModelServer(plain) as server, lane_to(server.url, tmp_path) as lane:
        assert (await lane.ask(prompt())).value == Said(text="hello")
        assert (await lane.ask(prompt())).value == Said(text="hello")
        calls = server.asked("/v1/chat/completions")
    assert ["response_format" in call.body for call in calls] == [True, False, False]
    assert '"maxLength": 200' in json.dumps(calls[1].body["messages"]).replace("\\", "")


async def test_a_server_that_cannot_count_tokens_is_not_asked_to(tmp_path: Path) -> None:
    async def old(exchange: Exchange) -> None:
        known = "stream_options" not in exchange.body
        await (says(GOOD) if known else refuses({"error": "unknown stream_options"}))(exchange)

    assert await answer(old, tmp_path) == "hello"


async def test_every_call_is_streamed_and_bounded(tmp_path: Path) -> None:
    async with ModelServer(says(GOOD)) as server, lane_to(server.url, tmp_path) as lane:
        await lane.ask(prompt())
        body = server.asked("/v1/chat/completions")[0].body
    assert body.keys() == {
        *("model", "messages", "stream", "max_tokens", "temperature"),
        *("stream_options", "response_format"),
    }
    assert (body["stream"], body["max_tokens"]) == (True, 100)


async def test_a_prompt_that_cannot_fit_is_not_even_sent(tmp_path: Path) -> None:
    async with ModelServer(says(GOOD), context_tokens=1000) as server:
        async with lane_to(server.url, tmp_path) as lane:
            with pytest.raises(ModelError) as caught:
                await lane.ask(prompt("word " * 1000))
        assert caught.value.fault is Fault.OVERFLOW
        assert not server.asked("/v1/chat/completions")


async def test_no_text_for_a_prompt_that_nearly_fills_the_context_means_overflow(
    tmp_path: Path,
) -> None:
    server = ModelServer(says_nothing, context_tokens=1000)
    async with server, lane_to(server.url, tmp_path) as lane:
        with pytest.raises(ModelError) as caught:
            await lane.ask(prompt("x" * 2470, max_tokens=50))
    assert caught.value.fault is Fault.OVERFLOW


async def test_a_cancelled_call_closes_its_stream_and_asks_the_server(tmp_path: Path) -> None:
    ear = Ear()
    async with ModelServer(stops_midway, kind=ServerKind.LLAMA_CPP) as server:
        async with lane_to(server.url, tmp_path, ear=ear) as lane:
            asking = asyncio.ensure_future(lane.ask(prompt()))
            await until_spoken(ear)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        assert server.abandoned == 1
    assert ear.verdicts == [Stopped.CONFIRMED]
    assert ear.calls[0].reason == "cancelled"


async def test_a_key_goes_along_and_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "canary")

    async def elsewhere(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n")
        await exchange.send(b"Content-Length: 0\r\n\r\n")

    async with ModelServer(elsewhere) as server:
        settings = ModelConfig(base_url=server.url, token_env="THE_KEY")
        async with open_lane(settings, "auto", tmp_path) as lane:
            with pytest.raises(ModelError) as caught:
                await lane.ask(prompt())
        assert {request.headers["authorization"] for request in server.requests} == {
            "Bearer canary"
        }
    assert caught.value.fault is Fault.REFUSED
    assert "canary" not in str(caught.value)


async def test_a_missing_key_is_named(tmp_path: Path) -> None:
    settings = ModelConfig(token_env="A_KEY_THAT_IS_NOT_SET")
    with pytest.raises(ModelError, match="A_KEY_THAT_IS_NOT_SET"):
        async with open_lane(settings, "auto", tmp_path):
            pass
