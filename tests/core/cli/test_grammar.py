from __future__ import annotations

import asyncio

import pytest
from typed import Say, ScriptedDeck, completed


@pytest.mark.parametrize("address", ["8765", "localhost", ":80", "127.0.0.1:x", "[::1]:65536"])
def test_an_address_that_is_none_is_refused(say: Say, address: str) -> None:
    told = say("mcp", "--http", address)
    assert (told.code, told.out) == (2, "")
    assert "HOST:PORT" in told.err


@pytest.mark.parametrize("columns", [pytest.param("9" * 5_000, id="endless"), "0", "wide"])
def test_a_width_that_cannot_be_stops_no_verb(
    say: Say, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert say("list").code == 0


def test_options_may_stand_between_what_is_named(deck: ScriptedDeck, say: Say) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 9, 5)
    assert say("answer", run_id, "--json", "go").json["runs"][0]["run_id"] == run_id
    assert "has no call 3" in say("calls", run_id, "--json", "3").json["error"]["message"]
    other = deck.add("/srv/cup")
    told = say("cancel", run_id, "--json", other).json
    assert {answer["run_id"] for answer in told["answers"]} == {run_id, other}


def test_a_filter_that_cannot_be_read_says_where(say: Say) -> None:
    told = say("list", "--filter", "flask statsu:failed", "--json")
    assert told.code == 2
    assert (told.json["error"]["kind"], told.json["error"]["column"]) == ("filter", 7)
    assert "did you mean status?" in told.json["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cancel"], "one of the two"),
        (["cancel", "{}", "--filter", "is:live"], "one of the two"),
        (["retry"], "one of the two"),
        (["retry", "{}", "--filter", "is:ended"], "one of the two"),
        (["cancel", "--filter", ""], "blank"),
        (["prune", "--filter", " ", "--yes"], "blank"),
        (["cancel", "--filter", "is:lively"], "did you mean live"),
        (["retry", "{}", "--set", "model"], "KEY=VALUE"),
        (["retry", "{}", "--set", "modell=x"], "did you mean model"),
        (["retry", "{}", "--set", "ref=a", "--set", "ref=b"], "set twice"),
        (["list", "--sort", "size"], "choose from created"),
        (["list", "--sort", "status,-sorce"], "did you mean source"),
        (["list", "--sort", "-status,status"], "twice"),
    ],
)
def test_what_is_not_said_clearly_is_not_done(
    deck: ScriptedDeck, say: Say, arguments: list[str], sentence: str
) -> None:
    run_id = completed(deck)
    deck.add("/srv/flask")
    told = say(*(word.format(run_id) for word in arguments))
    assert told.code == 2
    assert sentence in told.err
    assert [str(run.status) for run in asyncio.run(deck.page()).runs] == ["pending", "completed"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json"],
        ["dance", "--json"],
        ["list", "--limit", "0", "--json"],
        ["list", "--limit", "9" * 30, "--json"],
        ["start", ".", "--priority", "9" * 30, "--json"],
        ["start", ".", "--timeout", "soon", "--json"],
        ["prune", "--older-than", "9" * 30 + "d", "--json"],
        ["start", ".", "--artifacts", "llms.txt,passwd", "--json"],
        ["prune", "--yes", "--dry-run", "--json"],
    ],
)
def test_bad_usage_is_one_document_and_exit_2(say: Say, arguments: list[str]) -> None:
    told = say(*arguments)
    assert told.code == 2
    assert told.json["error"]["kind"] == "usage"
    assert told.err == ""
