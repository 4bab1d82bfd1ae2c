"""Numbered SQL migrations, each applied with its number in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from llmsdeck.errors import StoreError
from llmsdeck.store.connection import begin, roll_back
from llmsdeck.store.patience import patiently

_FOLDER: Final = Path(__file__).with_name("sql")
APPLICATION_ID: Final = 0x6C6C6D64
"""`llmd` in ASCII; tells a deck's database from any other SQLite file."""


def migrations() -> list[tuple[int, str]]:
    """Number and text of every migration, in order."""
    files = sorted(_FOLDER.glob("*.sql"))
    return [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files]


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied; raises StoreError for somebody else's file."""
    connection.execute("BEGIN")
    try:
        return _version(connection)
    finally:
        roll_back(connection)


def _version(connection: sqlite3.Connection) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not (found == 0 and empty):
        raise StoreError("The store's file belongs to another program; choose another folder.")
    return found


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date; any number of processes may do so at once.

    Raises StoreError when the schema is newer than this program.
    """
    steps = migrations()
    patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
    if patiently(lambda: version(connection)) > steps[-1][0]:
        raise StoreError("The store was made by a newer llmsdeck; update this one to change it.")
    for number, text in steps:
        _apply(connection, number, text)


def _apply(connection: sqlite3.Connection, number: int, text: str) -> None:
    if patiently(lambda: version(connection)) >= number:
        return
    begin(connection)
    try:
        if _version(connection) < number:
            for statement in statements(text):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
        patiently(lambda: connection.execute("COMMIT"))
    except BaseException:
        roll_back(connection)
        raise


def statements(text: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit behind our back."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
