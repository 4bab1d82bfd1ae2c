from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from asking import fault, lane_to, prompt

from llmsdeck.lm import Fault, Limits, ModelError
from llmsdeck.testing.behaviours import (
    Behaviour,
    Exchange,
    dies_midway,
    fails_in_stream,
    never_ends,
    one_line_for_ever,
    refuses,
    says,
    says_nothing,
    streams,
)
from llmsdeck.testing.model_server import ModelServer

NO_MODEL = {
    "error": {
        "message": "No models loaded. Please load a model in the developer page.",
        "type": "invalid_request_error",
        "param": "model",
    }
}


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


async def test_words_of_a_server_are_bounded_and_harmless_in_an_error(tmp_path: Path) -> None:
    error = await fault(refuses({"error": "\x1b[2J" + "evil " * 100_000}, 500), tmp_path)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 500


async def test_a_call_that_breaks_while_the_server_lives_is_the_calls_fault(
    tmp_path: Path,
) -> None:
    assert (await fault(dies_midway, tmp_path)).fault is Fault.BROKEN
