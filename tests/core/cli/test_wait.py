from __future__ import annotations

import asyncio
import signal
from functools import partial

from typed import TEXTS, Say, ScriptedDeck

from llmsdeck.cli.actor import CLI
from llmsdeck.states import ErrorKind


def test_wait_starts_a_worker_and_prints_the_bundles_folder(deck: ScriptedDeck, say: Say) -> None:
    deck.script = [
        lambda: deck.claim(deck.newest()),
        lambda: deck.complete(deck.newest(), TEXTS),
    ]
    told = say("start", "/srv/flask", "--wait")
    assert told.code == 0
    assert told.out == f"/srv/llmsdeck/bundles/{deck.newest()}/1\n"
    assert "processing collect" in told.err
    assert len(asyncio.run(deck.workers())) == 1


def test_the_bundles_folder_reaches_a_pipe_as_it_is(deck: ScriptedDeck, say: Say) -> None:
    deck.store_dir = "/srv/no\u00a0break"
    deck.script = [
        lambda: deck.claim(deck.newest()),
        lambda: deck.complete(deck.newest(), TEXTS),
    ]
    assert say("start", "/srv/flask", "--wait").out.startswith("/srv/no\u00a0break/bundles/")


def test_wait_exits_1_when_a_run_failed(deck: ScriptedDeck, say: Say) -> None:
    deck.script = [
        lambda: deck.claim(deck.newest()),
        lambda: deck.fail(deck.newest(), ErrorKind.SOURCE, "The folder is empty."),
    ]
    told = say("start", "/srv/flask", "--wait")
    assert (told.code, told.out) == (1, "")
    assert "failed source: The folder is empty." in told.err


def test_wait_exits_130_when_somebody_cancels(deck: ScriptedDeck, say: Say) -> None:
    deck.script = [lambda: asyncio.ensure_future(deck.cancel([deck.newest()], CLI))]
    told = say("start", "/srv/flask", "--wait", "--json")
    assert told.code == 130
    assert told.json["runs"][0]["status"] == "cancelled"


def test_ctrl_c_cancels_what_this_call_started_and_nothing_else(
    deck: ScriptedDeck, say: Say
) -> None:
    other = deck.add("/srv/httpx")
    deck.claim(other)
    deck.script = [partial(signal.raise_signal, signal.SIGINT)]
    told = say("start", "/srv/httpx", "/srv/flask", "--wait", "--json")
    assert told.code == 130
    states = {run["source"]: run["status"] for run in told.json["runs"]}
    assert states == {"/srv/httpx": "processing", "/srv/flask": "cancelled"}


def test_wait_gives_up_when_workers_do_not_stay_alive(deck: ScriptedDeck, say: Say) -> None:
    def die() -> None:
        asyncio.ensure_future(deck.stop_worker())  # noqa: RUF006 - ends within the same wait

    deck.script = [die] * 4
    told = say("start", "/srv/flask", "--wait")
    assert told.code == 1
    assert "none stayed alive" in told.err
