from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from typed import Say, ScriptedDeck, completed

from llmsdeck.testing import FakeClock


def test_prune_by_filter_takes_what_matches(deck: ScriptedDeck, say: Say) -> None:
    flask, httpx = completed(deck), completed(deck, "/srv/httpx")
    told = say("prune", "--filter", "source:flask", "--yes", "--json")
    assert [run["run_id"] for run in told.json["plan"]["runs"]] == [flask]
    assert asyncio.run(deck.find(httpx))


def test_prune_needs_somebody_to_ask(deck: ScriptedDeck, say: Say, monkeypatch: Any) -> None:
    completed(deck)
    advance(deck, days=20)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    told = say("prune")
    assert told.code == 2
    assert "--yes" in told.err


@pytest.mark.parametrize(("answer", "left"), [("yes\n", 0), ("\n", 1)])
def test_prune_on_a_terminal_does_as_the_answer_says(
    deck: ScriptedDeck, say: Say, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    completed(deck)
    advance(deck, days=20)
    keyboard = io.StringIO(answer)
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", keyboard)
    told = say("prune")
    assert (told.code, len(asyncio.run(deck.page()).runs)) == (0, left)
    assert "1 run, 17 B." in told.err


def test_prune_dry_run_removes_nothing(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    advance(deck, days=20)
    told = say("prune", "--dry-run", "--json")
    assert [run["run_id"] for run in told.json["plan"]["runs"]] == [run_id]
    assert told.json["pruned"] is None
    assert asyncio.run(deck.find(run_id))


def test_prune_yes_removes_what_is_old_enough(deck: ScriptedDeck, say: Say) -> None:
    completed(deck)
    advance(deck, days=2)
    assert say("prune", "--yes", "--json").json["pruned"] is None
    told = say("prune", "--older-than", "1d", "--yes", "--json")
    assert told.json["pruned"]["runs"] == 1


def advance(deck: ScriptedDeck, *, days: int) -> None:
    assert isinstance(deck.clock, FakeClock)
    deck.clock.advance(days * 86_400)


def test_restore_brings_back_what_prune_took(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    pruned = say("prune", "--older-than", "0", "--yes")
    assert "`llmsdeck restore` brings them back, for 7d." in pruned.err
    listed = say("restore")
    assert run_id[:6] in listed.out
    assert say("restore", "--json").json["trash"][0]["run_id"] == run_id
    told = say("restore", run_id[:6])
    assert (told.code, told.out) == (0, f"{run_id}\n")
    assert say("show", run_id).code == 0
    assert say("restore").out == "The trash is empty.\n"


def test_restore_of_several_reports_each(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    say("prune", "--older-than", "0", "--yes")
    told = say("restore", run_id, "nothing", "--json")
    assert (told.code, told.json["restored"]) == (3, [run_id])
    assert [(e["reference"], e["kind"]) for e in told.json["errors"]] == [
        ("nothing", "no_such_run")
    ]
    assert say("restore", "nothing").code == 3
