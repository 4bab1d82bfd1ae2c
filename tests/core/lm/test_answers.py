from __future__ import annotations

import json
from pathlib import Path

import pytest
from asking import GOOD, Ear, answer, fault, lane_to, prompt

from llmsdeck.lm import Fault, ModelError
from llmsdeck.testing.behaviours import Exchange, says, says_nothing, streams, thinks
from llmsdeck.testing.model_server import ModelServer


async def test_an_answer_in_pieces_is_put_together(tmp_path: Path) -> None:
    assert await answer(says('{"te', 'xt": "hel', 'lo"}'), tmp_path) == "hello"


@pytest.mark.parametrize(
    "text",
    [
        f"<think>Hm, {{}} maybe.</think>{GOOD}",
        f"Hm, maybe.</think>\n{GOOD}",
        f"<think>Let me see. {GOOD}",
        f"Sure! Here it is:\n```json\n{GOOD}\n```\nAnything else?",
        f'{{"wrong": 1}} or rather {GOOD}',
    ],
    ids=["thought", "closing only", "never closed", "fenced", "second try"],
)
async def test_the_answer_is_found_among_other_text(text: str, tmp_path: Path) -> None:
    assert await answer(says(text), tmp_path) == "hello"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_an_answer_in_a_field_for_thoughts_counts_if_it_has_the_shape(
    name: str, tmp_path: Path
) -> None:
    assert await answer(thinks(GOOD, field_name=name), tmp_path) == "hello"


async def test_thoughts_are_never_an_answer(tmp_path: Path) -> None:
    error = await fault(thinks("I think I shall say hello."), tmp_path)
    assert error.fault is Fault.GARBAGE


async def test_a_server_that_does_not_stream_is_understood(tmp_path: Path) -> None:
    async def whole(exchange: Exchange) -> None:
        message = {"role": "assistant", "content": GOOD}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        await exchange.json({"model": exchange.model, "choices": choices})

    assert await answer(whole, tmp_path) == "hello"


async def test_comments_line_ends_and_a_missing_last_line_are_understood(tmp_path: Path) -> None:
    chunk = json.dumps({"choices": [{"delta": {"content": GOOD}, "finish_reason": "stop"}]})
    stream = f": ping\r\n\r\nid: 7\r\ndata:{chunk}"
    assert await answer(streams(stream.encode()), tmp_path) == "hello"


async def test_an_answer_that_ran_out_of_tokens_is_no_answer(tmp_path: Path) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.delta(content=GOOD)
        await exchange.end("length")

    assert (await fault(cut, tmp_path)).fault is Fault.CUT


@pytest.mark.parametrize("thought", [{"reasoning": "Hm."}, {"content": "<think>Hm."}])
async def test_a_model_that_thinks_first_gets_more_tokens_once(
    thought: dict[str, str], tmp_path: Path
) -> None:
    async def think(exchange: Exchange) -> None:
        allowed = exchange.body["max_tokens"]
        await exchange.begin()
        await exchange.delta(**thought)
        if allowed == 100:
            await exchange.end("length")
        else:
            await exchange.delta(content=f"</think>{GOOD}")
            await exchange.end()

    assert await answer(think, tmp_path) == "hello"


async def test_another_model_than_the_one_asked_is_not_believed(tmp_path: Path) -> None:
    async def impostor(exchange: Exchange) -> None:
        exchange.model = "somebody-else"
        await says(GOOD)(exchange)

    assert (await fault(impostor, tmp_path)).fault is Fault.WRONG_MODEL


async def test_a_record_tells_tokens_time_and_fate_of_a_call(tmp_path: Path) -> None:
    ear = Ear()
    async with ModelServer(says(GOOD)) as server, lane_to(server.url, tmp_path, ear=ear) as lane:
        reply = await lane.ask(prompt())
        assert ear.calls == []
        lane.settle(reply, "too short", accepted=False)
        server.behaviour = says_nothing
        with pytest.raises(ModelError):
            await lane.ask(prompt())
    good, bad = ear.calls
    assert (good.model, good.prompt_tokens, good.completion_tokens) == ("tiny", 11, 7)
    assert (good.accepted, good.reason) == (False, "too short")
    assert good.first_token_s is not None
    assert good.prompt_hash == bad.prompt_hash == prompt().fingerprint
    assert "sent no text" in bad.reason
    assert ear.tokens == [1]


async def test_numbers_of_a_server_are_not_trusted(tmp_path: Path) -> None:
    async def boast(exchange: Exchange) -> None:
        usage = {"prompt_tokens": -5, "completion_tokens": 10**300}
        await exchange.begin()
        await exchange.delta(content=GOOD)
        await exchange.event({"choices": [{"finish_reason": "stop"}], "usage": usage})

    async with ModelServer(boast) as server, lane_to(server.url, tmp_path) as lane:
        call = (await lane.ask(prompt())).call
    assert call.completion_tokens == 1
    assert 0 < call.prompt_tokens < 100


@pytest.mark.parametrize("name", ["tiny", "tiny:2", "tiny-2026-01-01", "publisher/tiny"])
async def test_a_fuller_name_is_still_the_models_own(name: str, tmp_path: Path) -> None:
    async def formal(exchange: Exchange) -> None:
        exchange.model = name
        await says(GOOD)(exchange)

    assert await answer(formal, tmp_path) == "hello"
