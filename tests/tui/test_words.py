from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from llmsdeck_tui.present import words


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-5, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (72, "1m12s"),
        (3_700, "1h01m"),
        (93_600, "1d02h"),
    ],
)
def test_durations(seconds: float, written: str) -> None:
    assert words.duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 ms"), (0.0424, "42 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (9.94, "9.9 s"),
     (10, "10 s"), (72, "1m12s")],
)  # fmt: skip
def test_what_took_moments_is_written_in_milliseconds(seconds: float, written: str) -> None:
    assert words.precise_duration(seconds) == written


def test_a_beat_is_counted_in_seconds_for_longer() -> None:
    assert words.duration(94, plain_below=100) == "94 s"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(-1, "<1m ago"), (59, "<1m ago"), (840, "14m ago"), (7_300, "2h ago"), (180_000, "2d ago")],
)
def test_moments_in_the_past(seconds: float, written: str) -> None:
    assert words.ago(seconds) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [(812, "812 B"), (62_464, "61 KB"), (1_258_291, "1.2 MB"), (5 * 1024**4, "5.0 TB")],
)
def test_sizes(count: int, written: str) -> None:
    assert words.size(count) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (113, "113th"), (122, "122nd")],
)
def test_ordinals(value: int, written: str) -> None:
    assert words.ordinal(value) == written


def test_figures_have_groups_of_three_digits() -> None:
    assert words.number(1_234_567) == "1 234 567"


def test_one_thing_is_singular() -> None:
    assert (words.counted(1, "file"), words.counted(2, "file")) == ("1 file", "2 files")


def test_times_are_in_utc() -> None:
    east = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert words.clock(east) == "23:30:00"
    assert words.day_and_clock(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01 00:00:00 UTC"


def test_a_sparkline_is_scaled_to_its_largest_value() -> None:
    assert words.sparkline((0, 1, 7)) == "▁▂█"
    assert words.sparkline((0, 0)) == "▁▁"


def test_a_bar_never_overflows() -> None:
    assert words.bar(9, 4, 5) == "█████"
    assert words.bar(1, 0, 5) == "░░░░░"


@given(st.text(alphabet="ab漢字 é🙂", max_size=40), st.integers(min_value=4, max_value=30))
def test_fitted_text_has_exactly_the_width(text: str, width: int) -> None:
    assert words.fit(Content(text), width).cell_length == width
    assert words.fit_tail(Content(text), width).cell_length == width


@given(st.text(alphabet="ab漢字 é🙂", max_size=80), st.integers(min_value=4, max_value=30))
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    parts = words.wrap(Content(text), width)
    assert "".join(part.plain for part in parts) == text
    assert all(part.rstrip().cell_length <= width for part in parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("words stay whole", ["words stay ", "whole"]),
        ("- a-long-address", ["- a-long-addr", "ess"]),
    ],
)
def test_lines_are_wrapped_between_words_where_that_leaves_no_great_hole(
    text: str, parts: list[str]
) -> None:
    assert [part.plain for part in words.wrap(Content(text), 13)] == parts


def test_a_path_is_cut_at_its_start() -> None:
    assert words.fit_tail(Content("/home/me/repository"), 11).plain == "…repository"
