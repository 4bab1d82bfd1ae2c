from __future__ import annotations

import pytest
from typed import Say, ScriptedDeck, completed

from llmsdeck.answers import Preflight


def test_start_prints_the_run_id_and_nothing_else_on_stdout(deck: ScriptedDeck, say: Say) -> None:
    told = say("start", "/srv/flask")
    assert told.code == 0
    assert told.out == f"{deck.newest()}\n"
    assert "in the queue" in told.err


@pytest.mark.parametrize("verb", ["start", "retry"])
def test_a_run_that_nobody_would_execute_is_mentioned(
    deck: ScriptedDeck, say: Say, verb: str
) -> None:
    arguments = [verb, "/srv/flask" if verb == "start" else completed(deck)]
    assert "llmsdeck worker" in say(*arguments).err
    deck.add_worker()
    assert "llmsdeck worker" not in say(*arguments, *(["--force"] * (verb == "start"))).err


def test_start_passes_on_what_was_typed(deck: ScriptedDeck, say: Say) -> None:
    told = say(
        "start", "./flask", "--ref", "v2", "--artifacts", "llms.txt", "--timeout", "30m",
        "--priority", "7", "--output", "out", "--json",
    )  # fmt: skip
    (run,) = told.json["runs"]
    assert (run["source"], run["ref"], run["artifacts_wanted"]) == ("./flask", "v2", ["llms.txt"])
    assert (run["priority"], run["requested_by"]) == (7, "cli")
    assert run["output_dir"] == "out"


def test_start_again_names_the_live_run_and_how_to_force(deck: ScriptedDeck, say: Say) -> None:
    first = say("start", "/srv/flask")
    again = say("start", "/srv/flask")
    assert (again.code, again.out) == (0, first.out)
    assert "already pending; --force" in again.err


def test_start_of_one_refused_source_is_that_error(deck: ScriptedDeck, say: Say) -> None:
    deck.preflights["/gone"] = Preflight(ok=False, message="There is nothing at /gone.")
    told = say("start", "/gone", "--json")
    assert told.code == 4
    assert told.json == {"error": {"kind": "refused", "message": "There is nothing at /gone."}}


def test_start_of_several_reports_each_and_exits_with_the_worst(
    deck: ScriptedDeck, say: Say
) -> None:
    deck.preflights["/gone"] = Preflight(ok=False, message="There is nothing at /gone.")
    told = say("start", "/gone", "/srv/flask", "--json")
    assert told.code == 4
    assert [run["source"] for run in told.json["runs"]] == ["/srv/flask"]
    assert told.json["errors"] == [
        {"source": "/gone", "kind": "refused", "message": "There is nothing at /gone."}
    ]


def test_a_full_queue_is_reported_for_each_source_with_its_figures(
    deck: ScriptedDeck, say: Say
) -> None:
    deck.add_worker()
    say("policy", "queue_cap=1")
    told = say("start", "/srv/flask", "/srv/httpx", "--json")
    assert (told.code, [run["source"] for run in told.json["runs"]]) == (4, ["/srv/flask"])
    (refused,) = told.json["errors"]
    assert refused.pop("message") == (
        "The queue is full (1 of 1) for 0 s; "
        "wait for runs to finish, cancel some, start another worker or raise queue_cap."
    )
    assert refused == {
        "source": "/srv/httpx", "kind": "queue_full", "queued": 1, "queue_cap": 1,
        "full_for_s": 0.0, "processing": 0, "workers": 1,
    }  # fmt: skip
