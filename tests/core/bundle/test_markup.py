from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmsdeck.bundle.markup import RULES


@pytest.mark.parametrize(("mark", "pattern"), [rule[:2] for rule in RULES])
@settings(max_examples=20)
@given(data=st.data())
def test_the_mark_of_a_rule_is_in_every_text_that_it_matches(
    mark: str, pattern: re.Pattern[str], data: st.DataObject
) -> None:
    assert mark in data.draw(st.from_regex(pattern))
