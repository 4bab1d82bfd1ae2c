"""What comes from a server, cut and mangled at random."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from asking import Said
from hypothesis import given
from hypothesis import strategies as st

from llmsdeck.lm import Limits, ModelError
from llmsdeck.lm.completion import Completion
from llmsdeck.lm.extract import read, without_thoughts
from llmsdeck.lm.sse import ServerEvent, events
from llmsdeck.lm.wire import as_fields

STREAM = (
    b": hello\r\n\r\ndata: first\r\nevent: named\r\n\r\ndata:a\ndata: b\xc3\xa4\n\n\n\n"
    b"event: error\nid: 4\ndata: last"
)
EVENTS = [
    ServerEvent("named", "first"),
    ServerEvent("", "a\nb\u00e4"),
    ServerEvent("error", "last"),
]
KEYS = st.sampled_from(
    ["choices", "delta", "message", "content", "reasoning", "finish_reason", "usage", "model"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
DELTAS = LEAVES | st.dictionaries(KEYS, LEAVES, max_size=3)
CHOICES = LEAVES | st.dictionaries(KEYS, DELTAS, max_size=3)
CHUNKS = LEAVES | st.dictionaries(KEYS, DELTAS | st.lists(CHOICES, max_size=2), max_size=4)


async def events_of(pieces: Sequence[bytes], limits: Limits) -> list[ServerEvent]:
    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [event async for event in events(arriving(), limits)]


@given(st.lists(st.integers(0, len(STREAM))))
async def test_how_a_stream_is_cut_does_not_matter(cuts: list[int]) -> None:
    ends = sorted({0, *cuts, len(STREAM)})
    pieces = [STREAM[a:b] for a, b in pairwise(ends)]
    assert await events_of(pieces, Limits()) == EVENTS


@given(st.integers(1, 40))
async def test_no_line_is_longer_than_allowed(size: int) -> None:
    limits = Limits(line_bytes=20)
    fed = [b"x"] * size
    if size <= 20:
        assert await events_of(fed, limits) == []
    else:
        with pytest.raises(ModelError):
            await events_of(fed, limits)


@given(st.lists(CHUNKS, max_size=3))
def test_any_chunk_is_taken_or_passed_by(chunks: list[object]) -> None:
    completion = Completion()
    for chunk in chunks:
        completion.take(as_fields(chunk))
    assert completion.size == len(completion.text) + len(completion.thoughts)


@given(st.text(), st.text(), st.sampled_from(["", "<think>", "```json", "{", '{"text": 5} ']))
def test_the_answer_is_found_whatever_stands_before_and_behind(
    before: str, behind: str, mark: str
) -> None:
    plain = before.translate({ord(character): None for character in "{}<>"})
    found = read(Said, f'{mark}{plain}{{"text": "hello"}}{behind}')
    assert found is None or found[0] == Said(text="hello")
    if mark != "{":
        assert found is not None


@given(st.text(alphabet="<>/think reasoning{}\n"))
def test_no_thought_survives(text: str) -> None:
    assert "<think>" not in without_thoughts(text)
