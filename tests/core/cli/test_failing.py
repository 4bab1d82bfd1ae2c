from __future__ import annotations

from pathlib import Path

import pytest
from typed import Say, ScriptedDeck

from llmsdeck.errors import StoreError


@pytest.mark.parametrize("verb", ["show", "events", "cancel", "retry"])
def test_an_unknown_run_is_exit_3(say: Say, verb: str) -> None:
    told = say(verb, "nothing", "--json")
    assert told.code == 3
    assert told.json["error"]["kind"] == "no_such_run"


def test_a_store_that_cannot_be_used_is_exit_5(deck: ScriptedDeck, say: Say) -> None:
    deck.outage = StoreError("The disk is full.")
    told = say("list")
    assert (told.code, told.out, told.err) == (5, "", "llmsdeck: The disk is full.\n")


def test_a_fault_of_the_program_is_one_sentence_and_a_log(
    deck: ScriptedDeck, say: Say, tmp_path: Path
) -> None:
    told = say("start", "/srv/flask", "--wait")  # the script is empty: IndexError
    log = tmp_path / "logs" / "cli.log"
    assert told.code == 1
    assert told.err.splitlines()[-1].endswith(f"the details are in {log}.")
    assert "IndexError" in log.read_text()
    assert "Traceback" not in told.err
    assert log.stat().st_mode & 0o077 == 0
