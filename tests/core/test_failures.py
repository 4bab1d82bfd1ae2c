from __future__ import annotations

from datetime import UTC, datetime

import pytest

from llmsdeck.failures import Failure, grouped, pattern
from llmsdeck.filter import matches, parse
from llmsdeck.model import Actor, ActorKind, Run, RunId
from llmsdeck.states import ErrorKind, RunStatus

AT = datetime(2026, 3, 1, tzinfo=UTC)


def failure(message: str, source: str = "a/b", kind: ErrorKind = ErrorKind.SOURCE) -> Failure:
    return Failure(run_id=RunId("7f3k2a"), source=source, kind=kind, message=message, at=AT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("There is no folder '/srv/a'.", "There is no folder '/srv/b b'."),
        ("No beat for 31 s (limit 30 s).", "No beat for 944 s (limit 30 s)."),
        ("GET https://a.test/x answered 500.", "GET https://b.test/yy answered 500."),
        ("No commit 1a2b3c4d here.", "No commit ffffff0 here."),
        ("Cannot read /srv/a/b now.", "Cannot read ~/c now."),
    ],
)
def test_what_differs_from_run_to_run_is_no_part_of_the_cause(one: str, other: str) -> None:
    assert pattern(one) == pattern(other)


def test_words_are_the_cause() -> None:
    assert pattern("The worker's disk is full.") == "The worker's disk is full."
    assert pattern("No defaced facade.") == "No defaced facade."


def test_groups_are_counted_and_the_largest_comes_first() -> None:
    groups = grouped(
        [
            failure("It took longer than 30 m.", "c/d", ErrorKind.TIMEOUT),
            failure("There is no folder '/x'.", "a/b"),
            failure("There is no folder '/y'.", "a/c"),
        ]
    )
    assert [(g.kind, g.count, g.sources) for g in groups] == [
        (ErrorKind.SOURCE, 2, ("a/b", "a/c")),
        (ErrorKind.TIMEOUT, 1, ("c/d",)),
    ]
    assert groups[0].newest.message == "There is no folder '/x'."


def test_one_message_of_two_kinds_is_two_groups() -> None:
    groups = grouped([failure("No."), failure("No.", kind=ErrorKind.MODEL)])
    assert len(groups) == 2


def test_a_group_names_a_few_sources_and_counts_the_rest() -> None:
    (group,) = grouped(failure("No.", f"a/{number}") for number in range(8))
    assert (len(group.sources), group.more_sources) == (5, 3)


@pytest.mark.parametrize(
    "message",
    [
        "There is no folder '/srv/a'.",
        'It said "no" and (odd) -signs: status:done OR nothing.',
        "tabs\tand\nlines \x1b[2J and \udcff in it",
        "x" * 5_000,
        "*",
        "日本語の名前 is not known",
    ],
)
def test_the_filter_of_a_group_lets_its_runs_through(message: str) -> None:
    (group,) = grouped([failure(message)])
    assert matches(parse(group.filter), failed_run(message), 0)


def test_the_filter_of_a_group_keeps_other_causes_out() -> None:
    (group,) = grouped([failure("There is no folder '/srv/a'.")])
    assert not matches(parse(group.filter), failed_run("The disk is full."), 0)
    assert not matches(parse(group.filter), failed_run("There is no folder", ErrorKind.MODEL), 0)


def failed_run(message: str, kind: ErrorKind = ErrorKind.SOURCE) -> Run:
    return Run(
        seq=1,
        run_id=RunId("7f3k2a"),
        source="a/b",
        requested_by=Actor(ActorKind.CLI),
        status=RunStatus.FAILED,
        max_attempts=3,
        error_kind=kind,
        error_message=message,
        created_at=AT,
        updated_at=AT,
    )
