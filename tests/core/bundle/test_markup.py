from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmsdeck.bundle.markup import RULES, spaced


@pytest.mark.parametrize(("mark", "pattern"), [rule[:2] for rule in RULES])
@settings(max_examples=20)
@given(data=st.data())
def test_the_mark_of_a_rule_is_in_every_text_that_it_matches(
    mark: str, pattern: re.Pattern[str], data: st.DataObject
) -> None:
    assert mark in data.draw(st.from_regex(pattern))


@given(st.text(st.characters() | st.sampled_from(" \t\n\r\x0b\x1c\x85\xa0\u2003\u2028\u3000")))
def test_words_have_one_space_between_them(text: str) -> None:
    assert spaced(text) == " ".join(text.split())
