from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmsdeck.bundle.lines import longest_rise, unified

TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=30)


def hunks(before: str, after: str) -> list[str]:
    return [*unified(before.split(), after.split())]


def applied(before: list[str], after_hunks: list[str]) -> list[str]:
    """What a reader of the hunks would make of the first version."""
    result: list[str] = []
    at = 0
    for line in after_hunks:
        if line.startswith("@@"):
            start = int(line.split()[1].split(",")[0][1:]) - 1
            result += before[at:start]
            at = start
        elif line.startswith("+"):
            result.append(line[1:])
        else:
            assert before[at] == line[1:]
            result += [line[1:]] if line.startswith(" ") else []
            at += 1
    return result + before[at:]


def test_equal_texts_differ_in_nothing() -> None:
    assert hunks("a b c", "a b c") == []


def test_a_change_has_three_lines_around_it() -> None:
    assert hunks("1 2 3 4 5 6 7 8 9", "1 2 3 4 x 6 7 8 9") == [
        "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+x", " 6", " 7", " 8",
    ]  # fmt: skip


def test_changes_far_apart_have_hunks_of_their_own() -> None:
    before = " ".join(map(str, range(20)))
    found = hunks(before, before.replace("0 1 2", "x 1 2") + " end")
    assert [line for line in found if line.startswith("@@")] == [
        "@@ -1,4 +1,4 @@",
        "@@ -18,3 +18,4 @@",
    ]


def test_lines_that_repeat_belong_to_their_anchor() -> None:
    assert hunks("x a x b x", "x a x c b x") == [
        "@@ -1,5 +1,6 @@",
        " x",
        " a",
        " x",
        "+c",
        " b",
        " x",
    ]


def test_a_long_line_is_cut() -> None:
    (_, removed, added) = unified(["x" * 1000], ["y" * 1000])
    assert (len(removed), removed[-1]) == (401, "…")
    assert added.startswith("+yyy")


@settings(max_examples=300, derandomize=True)
@given(TEXTS, TEXTS)
def test_the_hunks_lead_from_one_version_to_the_other(before: list[str], after: list[str]) -> None:
    assert applied(before, [*unified(before, after)]) == after


@settings(max_examples=200, derandomize=True)
@given(st.lists(st.integers(0, 8), max_size=9))
def test_the_longest_rise_is_one(numbers: list[int]) -> None:
    rise = longest_rise(numbers)
    assert all(a < b and numbers[a] < numbers[b] for a, b in pairwise(rise))
    assert len(rise) == _longest(numbers)


def _longest(numbers: list[int]) -> int:
    lengths: list[int] = []
    for index, number in enumerate(numbers):
        before = [n for k, n in enumerate(lengths) if numbers[k] < number and k < index]
        lengths.append(1 + max(before, default=0))
    return max(lengths, default=0)


@pytest.mark.parametrize("step", [1, 50, 10_000])
def test_texts_that_repeat_themselves_take_linear_time(step: int) -> None:
    before = [str(n % step) for n in range(100_000)]
    began = time.process_time()
    assert [*unified(before, before[::-1])] or step == 1
    assert time.process_time() - began < 10
