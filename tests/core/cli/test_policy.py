from __future__ import annotations

import pytest
from typed import Say, ScriptedDeck


def test_policy_shows_what_holds_and_what_would(deck: ScriptedDeck, say: Say) -> None:
    told = say("policy", "queue_cap=20", "ttl_failed")
    assert told.code == 0
    assert told.out.splitlines() == [
        "KEY         VALUE  DEFAULT",
        "queue_cap   20     500",
        "ttl_failed  30d    30d",
    ]
    assert say("policy", "queue_cap", "--json").json == {
        "policy": {"queue_cap": {"value": 20, "default": 500}}
    }
    assert len(say("policy").out.splitlines()) == 1 + len(deck.limits.values())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["slot=3"], "did you mean slots?"),
        (["slots=3", "slots=4"], "slots is given twice"),
        (["slots=3", "max_runs=0"], "max_runs must be from 1"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_whole(
    deck: ScriptedDeck, say: Say, arguments: list[str], sentence: str
) -> None:
    before = deck.limits
    told = say("policy", *arguments)
    assert (told.code, told.out) == (2, "")
    assert sentence in told.err
    assert deck.limits == before
