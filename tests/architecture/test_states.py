"""One table of states: code, schema and documentation must say the same."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import pytest

from llmsdeck.cli.grammar import DECISIONS
from llmsdeck.states import (
    TERMINAL,
    TRANSITIONS,
    CancelState,
    Decision,
    ErrorKind,
    Outcome,
    Phase,
    RunStatus,
)

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "core" / "llmsdeck" / "store" / "sql" / "0001_initial.sql"
DOCUMENT = ROOT / "docs" / "architecture.md"
PAIRS = {(str(old), str(new)) for old, after in TRANSITIONS.items() for new in after}


@pytest.fixture
def schema() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        yield connection


def test_the_schema_allows_the_same_transitions(schema: sqlite3.Connection) -> None:
    assert set(schema.execute("SELECT old, new FROM transitions")) == PAIRS


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("outcome", Outcome),
        ("phase", Phase),
        ("cancel_state", CancelState),
        ("error_kind", ErrorKind),
    ],
)
def test_the_schema_knows_the_same_names(
    schema: sqlite3.Connection, column: str, names: type[StrEnum]
) -> None:
    (sql,) = schema.execute("SELECT sql FROM sqlite_master WHERE name = 'runs'").fetchone()
    check = re.search(rf"CHECK \({column} IS NULL OR {column} IN\s*\(([^)]*)\)", sql)
    assert check is not None
    assert re.findall(r"'(\w+)'", check[1]) == [str(name) for name in names]


def test_the_schema_knows_the_same_statuses(schema: sqlite3.Connection) -> None:
    (sql,) = schema.execute("SELECT sql FROM sqlite_master WHERE name = 'runs'").fetchone()
    assert re.findall(r"WHEN '(\w+)' THEN", sql) == [str(status) for status in RunStatus]


def test_the_command_line_knows_the_same_decisions() -> None:
    assert tuple(map(str, Decision)) == DECISIONS


def test_the_document_shows_the_same_transitions() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == PAIRS


def test_the_document_names_the_terminal_states() -> None:
    sentence = re.search(r"^Terminal: (.*)\.$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence[1])) == set(TERMINAL)
