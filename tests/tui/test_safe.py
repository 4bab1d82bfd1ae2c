from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmsdeck_tui.safe import LIMIT, TEXT_LIMIT, plain, safe, safe_lines

ANYTHING = st.text(alphabet=st.characters(), max_size=60)
"""Includes lone surrogates and every control and format character."""


@given(ANYTHING)
def test_safe_text_holds_nothing_that_steers_or_hides(text: str) -> None:
    for char in safe(text).plain:
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert char.isprintable()


@given(ANYTHING)
def test_safe_text_can_be_written_to_a_terminal(text: str) -> None:
    safe(text).plain.encode("utf-8")


@given(st.text(max_size=200), st.integers(min_value=1, max_value=50))
def test_safe_text_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(plain(text, limit)) <= limit


@pytest.mark.parametrize(
    "text", ["a[/b]z", "a[/]z", "[@click=app.quit]x[/]", "[red]x", "[link=file:///]x[/link]"]
)
def test_markup_stays_text(text: str) -> None:
    content = safe(text)
    assert content.plain == text
    assert not content.spans


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("日本語 ✓", "日本語 ✓"),
        ("a\x1bb", "a␛b"),
        ("a\x00b\x7f", "a␀b␡"),
        ("a\nb", "a␊b"),
        ("a\u00a0b", "a b"),
        ("a\u202eb", "a‹U+202E›b"),
        ("a\u3164b", "a‹U+3164›b"),
        ("a\ufe0fb", "a‹U+FE0F›b"),
        ("a\udcffb", "a‹U+DCFF›b"),
    ],
)
def test_what_cannot_be_seen_becomes_a_mark(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_long_line_is_cut() -> None:
    assert len(safe("x" * 100_000).plain) == LIMIT


def test_lines_end_at_line_feeds_only() -> None:
    shown = [line.plain for line in safe_lines("a\r\nb\u2028c\n\td")]
    assert shown == ["a", "b‹U+2028›c", "    d"]


def test_a_long_text_is_cut() -> None:
    assert sum(len(line.plain) + 1 for line in safe_lines("x\n" * TEXT_LIMIT)) <= TEXT_LIMIT + 1
