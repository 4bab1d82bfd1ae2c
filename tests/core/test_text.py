from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmsdeck.text import short_source, visible

ANY_TEXT = st.text(st.characters(codec=None))
"""Every code point, lone surrogates too."""


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\nb\tc\0", "a␊b␉c␀"),
        ("\x7f", "␡"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("user\u202egnp.exe", "user‹U+202E›gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero‹U+200B›width‹U+FEFF›"),
        ("\u2028\u2029", "‹U+2028›‹U+2029›"),
        ("\udcff", "‹U+DCFF›"),
        ("\u3164\ufe0f\u2800", "‹U+3164›‹U+FE0F›‹U+2800›"),
        ("no\u00a0break", "no break"),
    ],
)
def test_what_cannot_be_seen_becomes_a_mark(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize("text", ["", "plain", "naïve café", "日本語", "🦊", "a `b` [c](d)"])
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(ANY_TEXT)
def test_nothing_invisible_survives(text: str) -> None:
    assert visible(text).isprintable()
    visible(text).encode()


@given(ANY_TEXT, st.integers(min_value=1, max_value=40))
def test_a_limit_holds_and_a_cut_shows(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert len(shown) <= limit
    assert shown == visible(text) or shown.endswith("…")


@given(ANY_TEXT)
def test_made_visible_twice_is_made_visible_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://github.com/pallets/flask", "pallets/flask"),
        ("https://gitlab.com/a/b/c//docs", "gitlab.com/a/b/c//docs"),
        ("/srv/https://github.com/x", "/srv/https://github.com/x"),
    ],
)
def test_a_source_is_shown_as_people_know_it(source: str, shown: str) -> None:
    assert short_source(source) == shown
