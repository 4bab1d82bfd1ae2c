from __future__ import annotations

import pytest

from llmsdeck.filter import parse
from llmsdeck.pages import ValueCount
from llmsdeck_tui.offers import MOST, Unfinished, unfinished

STATUSES = (ValueCount("completed", 16), ValueCount("failed", 2))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Unfinished("", "")),
        ("sta", Unfinished("", "sta")),
        ("is:live sta", Unfinished("is:live ", "sta")),
        ("-sta", Unfinished("-", "sta")),
        ("(sta", Unfinished("(", "sta")),
        ("status:", Unfinished("status:", "", "status")),
        ("status:fa", Unfinished("status:", "fa", "status")),
        ("status:failed,ca", Unfinished("status:failed,", "ca", "status")),
        ("is:live status:fa", Unfinished("is:live ", "", "")),
        ('source:"a b', Unfinished("source:", '"a b', "source")),
        ("(status:", Unfinished("(status:", "", "status")),
    ],
)
def test_the_end_of_the_line_is_what_is_being_typed(line: str, expected: Unfinished) -> None:
    if line == "is:live status:fa":
        expected = Unfinished("is:live status:", "fa", "status", "is:live")
    assert unfinished(line) == expected


def test_keys_are_offered_as_they_are_written() -> None:
    assert [offer.text for offer in unfinished("s").offers()] == [
        "status:",
        "source:",
        "score>",
        "size>",
    ]
    assert unfinished("").offers() == ()


def test_values_come_with_their_counts_and_then_those_that_no_run_has() -> None:
    offers = unfinished("status:").offers(STATUSES)
    assert [(offer.text, offer.runs) for offer in offers[:2]] == [("completed", 16), ("failed", 2)]
    assert {offer.text for offer in offers[2:]} == {"pending", "processing", "cancelled"}


def test_what_begins_as_typed_comes_before_what_contains_it() -> None:
    values = (ValueCount("acme/flask", 9), ValueCount("flask", 1), ValueCount("httpx", 5))
    assert [offer.text for offer in unfinished("source:fl").offers(values)] == [
        "flask",
        "acme/flask",
    ]


def test_a_value_is_written_so_that_it_can_be_read_again() -> None:
    end = unfinished("is:live source:")
    for value in ("a b,c", "x(y)", "OR", "https://github.com/acme/a"):
        (offer,) = end.offers((ValueCount(value, 1),))
        assert str(parse(end.completed(offer)))


def test_no_more_is_offered_than_can_be_looked_through() -> None:
    values = [ValueCount(f"acme/{number}", 1) for number in range(100)]
    assert len(unfinished("source:").offers(values)) == MOST


def test_a_line_that_cannot_be_read_is_not_used_for_counting() -> None:
    assert unfinished("(is:live status:").rest == ""
