from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from opening import open_and_migrate

from llmsdeck.errors import StoreError
from llmsdeck.states import TRANSITIONS
from llmsdeck.store.migrate import APPLICATION_ID, migrations, statements


def test_a_new_file_gets_the_newest_schema_and_our_mark(tmp_path: Path) -> None:
    path = tmp_path / "deck.db"
    assert open_and_migrate(path) == migrations()[-1][0]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deck.db"
    open_and_migrate(path)
    assert open_and_migrate(path) == migrations()[-1][0]


def test_many_processes_may_start_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deck.db"
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        versions = pool.map_async(open_and_migrate, [path] * 24, chunksize=1).get(60)
    assert versions == [migrations()[-1][0]] * 24


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deck.db"
    open_and_migrate(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(StoreError, match="newer llmsdeck"):
        open_and_migrate(path)


def test_the_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deck.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        open_and_migrate(path)


def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deck.db"
    broken = [(1, "CREATE TABLE half (x);\nCREATE TABLE half (x);\n")]
    monkeypatch.setattr("llmsdeck.store.migrate.migrations", lambda: broken)
    with pytest.raises(sqlite3.OperationalError):
        open_and_migrate(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 0
    connection.close()


def test_a_trigger_is_one_statement() -> None:
    text = "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n  DELETE FROM a;\nEND;\nSELECT 1;\n"
    assert len(list(statements(text))) == 2


def test_the_schema_holds_the_transition_table_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "deck.db"
    open_and_migrate(path)
    with sqlite3.connect(path) as connection:
        stored = set(connection.execute("SELECT old, new FROM transitions").fetchall())
    connection.close()
    assert stored == {(str(old), str(new)) for old, after in TRANSITIONS.items() for new in after}
