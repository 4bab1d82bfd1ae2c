from __future__ import annotations

import asyncio
import re
import signal
from dataclasses import replace
from functools import partial

import pytest
from typed import TEXTS, Say, ScriptedDeck, completed

from llmsdeck.calls import CallText
from llmsdeck.model import ArtifactName
from llmsdeck.states import RunStatus


def test_list_is_newest_first_and_hostile_names_stay_on_their_line(
    deck: ScriptedDeck, say: Say
) -> None:
    deck.add("/srv/a\n\x1b[2Jb")
    deck.add("/srv/second")
    head, second, first = say("list").out.splitlines()
    assert head.split() == ["RUN", "STATUS", "CREATED", "SOURCE", "STATE"]
    assert "/srv/second" in second
    assert "/srv/a␊␛[2Jb" in first


def test_list_goes_on_from_its_cursor(deck: ScriptedDeck, say: Say) -> None:
    for name in "abc":
        deck.add(f"/srv/{name}")
    page = say("list", "--limit", "2", "--json").json
    rest = say("list", "--cursor", page["next_cursor"], "--json").json
    assert [run["source"] for run in page["runs"] + rest["runs"]] == ["/srv/c", "/srv/b", "/srv/a"]
    assert rest["next_cursor"] is None


def test_show_takes_the_start_of_an_id(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    assert say("show", run_id[:6], "--json").json["run_id"] == run_id


def test_show_names_bundle_and_hashes(deck: ScriptedDeck, say: Say) -> None:
    run_id = completed(deck)
    (artifact,) = say("show", run_id, "--json").json["artifacts"]
    shown = say("show", run_id).out
    assert f"bundle    /srv/llmsdeck/bundles/{run_id}/1" in shown
    assert artifact["hash_sha256"] in shown


def test_why_gives_the_reason_the_evidence_and_what_to_do(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    told = say("why", run_id[:6])
    reason, *evidence = told.out.splitlines()
    assert reason == f"{run_id[:6]} unattended: No worker is alive that would take it."
    assert any(
        re.fullmatch(r"place in the queue +1 of 1 +\(limit queue_cap=500\)", x) for x in evidence
    )
    assert "→ Start a worker.  llmsdeck worker --until-idle" in evidence
    assert say("why", run_id, "--json").json["state"] == "unattended"


def test_events_are_told_once_and_followed_to_the_end(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.script = [
        lambda: deck.claim(run_id),
        lambda: deck.complete(run_id, TEXTS),
    ]
    kinds = [event["kind"] for event in say("events", run_id, "--follow", "--json").json["events"]]
    assert kinds == ["accepted", "claimed", "phase", "completed"]
    assert len(say("events", run_id).out.splitlines()) == len(kinds)


def test_ctrl_c_ends_following_and_cancels_nothing(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask")
    deck.script = [partial(signal.raise_signal, signal.SIGINT)]
    assert say("events", run_id, "--follow").code == 130
    assert asyncio.run(deck.find(run_id)).status is RunStatus.PENDING


def test_the_calls_of_a_run_are_listed_and_one_is_printed(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    assert say("calls", run_id).out == "It made no call to a model.\n"
    said = CallText(system="Be brief.", user="Tea?", answer="Yes\x1b[2J")
    for accepted, reason in ((True, ""), (False, "Too short."), (True, "One is too short.")):
        data = {"purpose": "notes", "model": "tiny", "accepted": accepted, "reason": reason}
        deck.called(run_id, "notes", data, said)
    listed = say("calls", run_id[:6]).out.splitlines()[1:]
    verdicts = ("used", "not used  Too short.", "in part   One is too short.")
    assert [line.partition("0.0 s  ")[2] for line in listed] == list(verdicts)
    assert "Tea?\n" in say("calls", run_id, "2").out
    document = say("calls", run_id, "2", "--json").json
    assert (document["user"], document["call"]["number"]) == ("Tea?", 2)
    missing = say("calls", run_id, "4")
    assert (missing.code, "it made 3." in missing.err) == (2, True)
    assert say("calls", run_id, "0").code == 2


def test_list_shows_what_matches_in_the_order_that_was_asked_for(
    deck: ScriptedDeck, say: Say
) -> None:
    for name in ("b", "c", "a"):
        deck.add(f"/srv/{name}")
    completed(deck, "/srv/b")
    listed = say("list", "--filter", "is:live", "--sort", "-source", "--json").json["runs"]
    assert [run["source"] for run in listed] == ["/srv/c", "/srv/b", "/srv/a"]
    assert len(say("list", "--filter", "-is:live", "--json").json["runs"]) == 1
    assert say("list", "--filter", "nothing").out == "No run matches.\n"


def test_events_without_a_run_are_those_of_the_deck(say: Say) -> None:
    say("policy", "slots=3")
    assert say("events").out.endswith("  cli  slots: 4 → 3.\n")
    assert say("events", "--follow").code == 2


def test_read_gives_a_pipe_the_text_as_it_is(deck: ScriptedDeck, say: Say) -> None:
    assert say("read", completed(deck), "llms.txt").out == TEXTS[ArtifactName.LLMS]


@pytest.mark.parametrize("name", ["llms-full.txt", "../../etc/passwd"])
def test_read_of_what_is_not_there_is_one_sentence(deck: ScriptedDeck, say: Say, name: str) -> None:
    told = say("read", completed(deck), name)
    assert told.code in {2, 4}
    assert told.out == ""
    assert len(told.err.splitlines()) == 1


def test_workers_tells_how_maintenance_goes(deck: ScriptedDeck, say: Say) -> None:
    deck.add_worker()
    well = deck.registered[0]
    deck.set_worker(0, replace(well, sweep_age_s=7.0, sweep_error="The disk is full."))
    assert say("workers").out.endswith("7.0 s ago The disk is full.\n")
    (told,) = say("workers", "--json").json["workers"]
    assert (told["sweep_age_s"], told["sweep_error"]) == (7.0, "The disk is full.")


def test_the_beat_of_another_boot_has_no_age(deck: ScriptedDeck, say: Say) -> None:
    deck.add_worker()
    deck.set_worker(0, replace(deck.registered[0], alive=False, heartbeat_age_s=float("inf")))
    assert "before a restart" in say("workers").out
    told = say("workers", "--json")
    assert "Infinity" not in told.out
    assert told.json["workers"][0]["heartbeat_age_s"] is None


def test_workers_says_how_to_get_one(say: Say) -> None:
    assert "llmsdeck worker" in say("workers").out
