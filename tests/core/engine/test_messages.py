from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmsdeck.engine.messages import BeatMessage, WarningMessage, clip, decode, encode


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_arrives_as_it_was_sent(text: str) -> None:
    message = WarningMessage(kind="k", message=clip(text))
    assert decode(encode(message).removesuffix(b"\n")) == message


@given(st.text(st.characters(exclude_categories=())))
def test_a_message_is_one_line(text: str) -> None:
    assert encode(WarningMessage(kind="k", message=clip(text))).count(b"\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'{"type": "unheard"}',
        b'{"type": "phase", "phase": "party"}',
        b'{"type": "done", "commit": null, "outcome": "good", "score": 1, "artifacts": []}',
        b'{"type": "done", "commit": null, "outcome": "good", "score": 1, "artifacts": ["x"]}',
        b'{"type": "seen", "extra": 1}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_message_is_none(line: bytes) -> None:
    assert decode(line) is None


@pytest.mark.parametrize("field", ["ns", "moved_ns", "done", "total"])
@pytest.mark.parametrize("value", [-1, 10**25])
def test_a_number_that_no_column_can_hold_is_no_message(field: str, value: int) -> None:
    beat = json.loads(encode(BeatMessage(ns=1, moved_ns=1, done=1, total=1)))
    assert decode(json.dumps({**beat, field: value}).encode()) is None
