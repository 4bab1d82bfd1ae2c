from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable
from pathlib import Path

import pytest
from asking import Ear, Said, lane_to, prompt, until_spoken

from llmsdeck.config import ModelConfig
from llmsdeck.lm import (
    LIMITS,
    Fault,
    Limits,
    ModelDownError,
    ModelError,
    ServerKind,
    Stopped,
    open_lane,
)
from llmsdeck.testing import FakeClock
from llmsdeck.testing.behaviours import (
    Behaviour,
    Exchange,
    dies_midway,
    fails_in_stream,
    hangs,
    never_ends,
    one_line_for_ever,
    refuses,
    says,
    says_nothing,
    stops_midway,
    streams,
    thinks,
)
from llmsdeck.testing.model_server import ModelServer

GOOD = '{"text": "hello"}'
SHORT = Limits(first_token_s=0.2, token_s=0.2, total_s=0.4, probe_s=5)
NO_MODEL = {
    "error": {
        "message": "No models loaded. Please load a model in the developer page.",
        "type": "invalid_request_error",
        "param": "model",
    }
}


async def answer(behaviour: Behaviour, folder: Path, limits: Limits = LIMITS) -> str:
    """What a client makes of a server that behaves like this."""
    async with ModelServer(behaviour) as server, lane_to(server.url, folder, limits=limits) as lane:
        return (await lane.ask(prompt())).value.text


async def fault(behaviour: Behaviour, folder: Path, limits: Limits = LIMITS) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await answer(behaviour, folder, limits)
    return caught.value


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


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (refuses(NO_MODEL), Fault.UNKNOWN_MODEL),
        (refuses({"error": "Model 'x' not found"}, 404), Fault.UNKNOWN_MODEL),
        (refuses({"error": "something odd"}, 500), Fault.REFUSED),
        (refuses({"message": "flat and old", "code": 400}), Fault.REFUSED),
        (refuses({"error": {"message": "bad key"}}, 401), Fault.REFUSED),
        (refuses({"error": {"message": "slow down"}}, 429), Fault.BUSY),
        (refuses({"error": {"type": "exceed_context_size_error"}}), Fault.OVERFLOW),
        (refuses({"error": "This model's maximum context length is 4096"}), Fault.OVERFLOW),
        (fails_in_stream({"error": {"message": "context length 5 overflow"}}), Fault.OVERFLOW),
        (fails_in_stream({"error": "Trying to keep the first 9 tokens"}, "error"), Fault.OVERFLOW),
        (fails_in_stream({"message": "the model crashed"}, "error"), Fault.REFUSED),
        (refuses({"error": "unexpected endpoint"}, 200), Fault.REFUSED),
        (refuses(["what"], 200), Fault.GARBAGE),
        (says_nothing, Fault.EMPTY),
        (says(), Fault.EMPTY),
        (says("I would rather not."), Fault.GARBAGE),
        (says("{" * 100_000), Fault.GARBAGE),
        (says("[" * 3_000), Fault.GARBAGE),
        (streams(b"\x00\xff\xfe garbage\n\ndata: \xff\xff\n\n"), Fault.GARBAGE),
        (streams(b'data: {"choices": 7}\n\ndata: {"choices": ["x"]}\n\n'), Fault.EMPTY),
        (streams(b"data: " + b"[" * 100_000 + b"\n\n"), Fault.GARBAGE),
        (says('{"text": "\\ud800"'), Fault.GARBAGE),
        (says("\ud800 lone"), Fault.GARBAGE),
        (refuses({"error": "no such path"}, 404), Fault.REFUSED),
    ],
)
async def test_a_call_that_misbehaves_is_told_apart(
    behaviour: Behaviour, expected: Fault, tmp_path: Path
) -> None:
    assert (await fault(behaviour, tmp_path)).fault is expected


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (never_ends, "does not stop at the number of tokens"),
        (one_line_for_ever, "a line without end"),
        (streams(b": ping\n\n" * 30_000), "does not end"),
        (refuses("x" * 60_000), "is too long"),
    ],
    ids=["text", "line", "stream", "error"],
)
async def test_nothing_that_a_server_sends_is_taken_without_bound(
    behaviour: Behaviour, words: str, tmp_path: Path
) -> None:
    limits = Limits(stream_bytes=200_000, line_bytes=100_000, body_bytes=50_000)
    assert words in str(await fault(behaviour, tmp_path, limits))


async def test_nothing_compressed_is_asked_for_or_taken(tmp_path: Path) -> None:
    async def bomb(exchange: Exchange) -> None:
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"
        )
        await exchange.send(head + gzip.compress(b"data: " + b"x" * 1_000_000))

    async with ModelServer(bomb) as server, lane_to(server.url, tmp_path) as lane:
        with pytest.raises(ModelError, match="compresses what nobody asked"):
            await lane.ask(prompt())
        accepted = {request.headers["accept-encoding"] for request in server.requests}
    assert accepted == {"identity"}


async def test_a_proxy_of_the_environment_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert await answer(says(GOOD), tmp_path) == "hello"


async def test_words_of_a_server_are_bounded_and_harmless_in_an_error(tmp_path: Path) -> None:
    error = await fault(refuses({"error": "\x1b[2J" + "evil " * 100_000}, 500), tmp_path)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 500


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


async def test_the_time_to_the_first_token_counts_from_the_request(tmp_path: Path) -> None:
    clock, ear = FakeClock(), Ear()

    async def slow(exchange: Exchange) -> None:
        clock.advance(7)
        await exchange.begin()
        clock.advance(5)
        await exchange.delta(content=GOOD)
        await exchange.end()

    async with (
        ModelServer(slow) as server,
        lane_to(server.url, tmp_path, ear=ear, clock=clock) as lane,
    ):
        reply = await lane.ask(prompt())
    assert reply.call.first_token_s == 12


class AlarmClock(FakeClock):
    """A clock that remembers what it was set to."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms: asyncio.Queue[float] = asyncio.Queue()

    def sleep(self, seconds: float) -> Awaitable[None]:
        self.alarms.put_nowait(seconds)
        return super().sleep(seconds)


async def test_a_head_without_an_answer_does_not_buy_time(tmp_path: Path) -> None:
    clock = AlarmClock()

    async def slow(exchange: Exchange) -> None:
        assert [await clock.alarms.get() for _ in range(2)] == [420, 180]
        clock.advance(100)
        await exchange.begin()
        left.append(await clock.alarms.get())
        clock.advance(300)
        await hangs(exchange)

    left: list[float] = []
    async with ModelServer(hangs) as server, lane_to(server.url, tmp_path, clock=clock) as lane:
        server.behaviour, clock.alarms = slow, asyncio.Queue()
        with pytest.raises(ModelError, match="did not begin to answer"):
            await lane.ask(prompt())
    assert left == [80]


@pytest.mark.parametrize("behaviour", [hangs, stops_midway])
async def test_a_silent_server_runs_into_its_deadline(behaviour: Behaviour, tmp_path: Path) -> None:
    assert (await fault(behaviour, tmp_path, SHORT)).fault is Fault.TIMEOUT


async def test_one_token_now_and_then_runs_into_the_total_deadline(tmp_path: Path) -> None:
    clock, ear = FakeClock(), Ear()

    async def drip(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            ear.spoken.clear()
            await exchange.delta(content="a")
            await ear.spoken.wait()
            clock.advance(1)

    limits = Limits(total_s=20)
    async with (
        ModelServer(drip) as server,
        lane_to(server.url, tmp_path, ear=ear, clock=clock, limits=limits) as lane,
    ):
        with pytest.raises(ModelError, match="spoke for 20 s and was not done") as caught:
            await lane.ask(prompt())
    assert caught.value.fault is Fault.TIMEOUT
    assert ear.calls[0].completion_tokens == 20


async def test_keeping_a_connection_alive_is_not_answering(tmp_path: Path) -> None:
    async def ping(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            await exchange.send(b": ping\n\n")
            await asyncio.sleep(0)

    limits = Limits(first_token_s=0.2, total_s=30)
    assert "did not begin" in str(await fault(ping, tmp_path, limits))


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


async def test_a_call_that_breaks_while_the_server_lives_is_the_calls_fault(
    tmp_path: Path,
) -> None:
    assert (await fault(dies_midway, tmp_path)).fault is Fault.BROKEN


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


async def test_a_missing_key_is_named(tmp_path: Path) -> None:
    settings = ModelConfig(token_env="A_KEY_THAT_IS_NOT_SET")
    with pytest.raises(ModelError, match="A_KEY_THAT_IS_NOT_SET"):
        async with open_lane(settings, "auto", tmp_path):
            pass
