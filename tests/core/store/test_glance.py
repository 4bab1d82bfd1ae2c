"""Looking at a store once, without an event loop."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from desk import Desk

from llmsdeck.cli import main
from llmsdeck.cli.execute import GLANCES
from llmsdeck.errors import StoreError
from llmsdeck.lookout import finished, glance
from llmsdeck.paths import StorePaths
from llmsdeck.store import search
from llmsdeck.store.glance import open_glance
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock


def with_a_run(folder: Path) -> StorePaths:
    paths = StorePaths(folder)

    async def fill() -> None:
        async with open_store(paths) as store:
            await Desk(store, FakeClock()).enqueue("/src/flask")

    asyncio.run(fill())
    return paths


def test_a_glance_makes_the_store_that_is_not_there(tmp_path: Path) -> None:
    paths = StorePaths(tmp_path / "store")
    with glance(paths) as seen:
        assert finished(seen.page()).runs == ()
    assert paths.database.exists()


def test_a_glance_sees_what_others_have_written(tmp_path: Path) -> None:
    with glance(with_a_run(tmp_path)) as seen:
        assert [run.source for run in finished(seen.page()).runs] == ["/src/flask"]


@pytest.mark.parametrize("verb", GLANCES)
def test_a_verb_that_looks_once_waits_for_nothing(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = with_a_run(tmp_path)
    with glance(paths) as seen:
        run_id = finished(seen.page()).runs[0].run_id
    named = [run_id] if verb in ("show", "why") else []
    assert main([verb, *named, "--json", "--store", str(tmp_path)]) == 0
    assert (run_id in capsys.readouterr().out) is (verb != "workers")


def test_a_file_of_somebody_else_is_named_as_such(tmp_path: Path) -> None:
    paths = StorePaths(tmp_path)
    paths.prepare()
    paths.database.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError, match="is not a database"), open_glance(paths):
        pass


def test_a_query_that_fails_says_what_to_do(tmp_path: Path) -> None:
    def broken(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("what no reader expects")

    with open_glance(StorePaths(tmp_path)) as seen, pytest.raises(StoreError, match="what no"):
        finished(seen.read(broken))


def test_a_change_is_looked_for_after_a_moment(tmp_path: Path) -> None:
    with open_glance(StorePaths(tmp_path)) as seen:
        assert finished(seen.changed(within=0))


def test_what_waits_is_not_taken_for_finished() -> None:
    answer = asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="event loop"):
        finished(answer)


def test_a_key_ends_a_search_that_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = with_a_run(tmp_path)
    began = time.monotonic()
    looks = iter((began, None, began))

    def look() -> float:
        """The second look is SQLite's, while it searches."""
        if (now := next(looks)) is None:
            signal.raise_signal(signal.SIGINT)
        return now or began

    monkeypatch.setattr(search, "_STEPS", 1)
    monkeypatch.setattr(search, "time", SimpleNamespace(monotonic=look))
    assert main(["list", "--filter", "flask", "--store", str(paths.root)]) == 130
    assert capsys.readouterr() == ("", "")
