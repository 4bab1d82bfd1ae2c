from __future__ import annotations

import asyncio
from functools import partial

import pytest
from typed import TEXTS, Say, ScriptedDeck, completed

from llmsdeck.cli.actor import CLI
from llmsdeck.model import Run
from llmsdeck.pruning import PruneRule
from llmsdeck.states import TERMINAL, CancelState, Decision, RunStatus


def test_cancel_of_a_pending_run_is_done_at_once(deck: ScriptedDeck, say: Say) -> None:
    told = say("cancel", deck.add("/srv/flask"), "--json")
    assert told.code == 0
    assert told.json["answers"][0]["verdict"] == "cancelled"


@pytest.mark.parametrize("decision", Decision)
def test_every_decision_can_be_typed(deck: ScriptedDeck, say: Say, decision: Decision) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 9, 5)
    assert say("answer", run_id, decision).code == 0


def test_an_answer_is_taken_once(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 52_000, 20_000)
    assert "asks: The model would read about 52000 tokens" in say("list").out
    told = say("answer", run_id[:6], "go")
    assert (told.code, told.out) == (0, f"{run_id[:6]} pending number 1 in the queue\n")
    late = say("answer", run_id, "cancel")
    assert (late.code, "asks nothing" in late.err) == (4, True)
    assert say("answer", run_id, "maybe").code == 2


def test_all_runs_that_ask_are_answered_at_once(deck: ScriptedDeck, say: Say) -> None:
    asking = [deck.add(f"/srv/{name}", model="tiny") for name in ("cup", "tea")]
    for run_id in asking:
        deck.claim(run_id)
        deck.ask(run_id, 9, 5)
    deck.add("/srv/rum")
    told = say("answer", "--filter", "source:srv", "without-model", "--json")
    assert told.code == 0
    assert {run["run_id"] for run in told.json["runs"]} == set(asking)
    assert all(run["question"] is None for run in told.json["runs"])
    again = say("answer", "--filter", "source:srv", "go")
    assert (again.code, "No run that asks" in again.err) == (0, True)


def test_one_run_that_asks_nothing_stops_no_other_answer(deck: ScriptedDeck, say: Say) -> None:
    asks, silent = deck.add("/srv/tea", model="tiny"), deck.add("/srv/rum")
    deck.claim(asks)
    deck.ask(asks, 9, 5)
    told = say("answer", asks, silent, "go", "--json")
    assert told.code == 4
    assert [run["run_id"] for run in told.json["runs"]] == [asks]
    assert [error["run_id"] for error in told.json["errors"]] == [silent]


def test_a_run_that_is_named_twice_is_cancelled_once(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    told = say("cancel", run_id, run_id[:6], "--json")
    assert (told.code, len(told.json["answers"])) == (0, 1)


def test_cancel_of_an_ended_run_is_refused(deck: ScriptedDeck, say: Say) -> None:
    told = say("cancel", completed(deck))
    assert told.code == 4
    assert "Too late" in told.out


def test_cancel_stops_nothing_when_one_name_is_wrong(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    assert say("cancel", run_id, "nothing").code == 3
    assert asyncio.run(deck.find(run_id)).status is RunStatus.PENDING


def test_cancel_waits_for_the_verdict(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.script = [partial(deck.climb, run_id)] * (len(CancelState) - 1)
    told = say("cancel", run_id, "--wait", "--json")
    assert told.code == 0
    assert told.json["answers"][0]["verdict"] == "cancelled"
    assert told.json["answers"][0]["run"]["cancel"]["state"] == "stopped"


def test_cancel_that_came_too_late_says_so_after_waiting(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.script = [lambda: deck.complete(run_id, TEXTS)]
    told = say("cancel", run_id, "--wait", "--json")
    assert told.code == 4
    assert told.json["answers"][0]["verdict"] == "too_late"


def test_retry_starts_a_run_that_names_its_parent(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    (run,) = say("retry", run_id, "--json").json["runs"]
    assert run["parent_run"] == run_id


def test_a_fresh_retry_begins_at_the_start(deck: ScriptedDeck, say: Say) -> None:
    (run,) = say("retry", completed(deck), "--fresh", "--json").json["runs"]
    assert "to be made from the start" in say("events", run["run_id"]).out


def test_cancel_by_filter_asks_every_live_match_and_nobody_else(
    deck: ScriptedDeck, say: Say
) -> None:
    other, flask, _ = deck.add("/srv/httpx"), deck.add("/srv/flask"), completed(deck)
    told = say("cancel", "--filter", "source:flask OR nothing", "--json")
    assert told.code == 0
    (answer,) = told.json["answers"]
    assert (answer["run_id"], answer["verdict"]) == (flask, "cancelled")
    assert asyncio.run(deck.find(other)).status is RunStatus.PENDING
    again = say("cancel", "--filter", "source:flask")
    assert (again.code, again.out) == (0, "")
    assert "No run that has not ended" in again.err


def test_retry_by_filter_changes_what_was_set(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    deck.add("/srv/flask", ref="v2")
    told = say("retry", "--filter", "flask", "--set", "priority=5", "--set", "ref=v3", "--json")
    (run,) = told.json["runs"]
    assert (run["parent_run"], run["priority"], run["ref"]) == (run_id, 5, "v3")


class ForgetfulDeck(ScriptedDeck):
    """A deck in which the first run goes as soon as it was found."""

    async def find(self, reference: str) -> Run:
        run = await super().find(reference)
        if run.seq == 1 and run.status in TERMINAL:
            await self.apply_prune(await self.plan_prune(PruneRule(filter="source:gone")), CLI)
        return run


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_a_run_that_went_meanwhile_is_told_and_the_worst_code_is_returned(
    say: Say, deck: ScriptedDeck, verb: str
) -> None:
    deck.__class__ = ForgetfulDeck
    gone, flask = completed(deck, "/srv/gone"), completed(deck)
    told = say(verb, gone, flask, "--json")
    assert told.code == (4 if verb == "cancel" else 3)
    (error,) = told.json["errors"]
    assert (error["run_id"], error["kind"]) == (gone, "no_such_run")
    done = told.json["answers" if verb == "cancel" else "runs"]
    assert [each.get("verdict", each.get("status")) for each in done] == [
        "too_late" if verb == "cancel" else "pending"
    ]
