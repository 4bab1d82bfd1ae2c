"""Scripts rely on exit codes: the table that they were written by must stay true."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from llmsdeck import errors
from llmsdeck.drill import ground
from llmsdeck.errors import DeckError

PAGE = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| ([^|]*) \| ([^|]*)\|$", PAGE, re.MULTILINE)
TABLE = {int(code): set(re.findall(r"`(\w+)`", kinds)) for code, _, kinds in ROWS}
ERRORS = {
    found.kind: found.exit_code
    for module in (errors, ground)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, DeckError)
}


def test_every_code_is_in_the_table() -> None:
    assert list(TABLE) == [0, 1, 2, 3, 4, 5, 130, 141]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_ends_with_the_code_of_its_row(kind: str) -> None:
    assert [code for code, kinds in TABLE.items() if kind in kinds] == [ERRORS[kind]]


def test_the_table_names_no_error_that_there_is_not() -> None:
    assert {kind for kinds in TABLE.values() for kind in kinds} == set(ERRORS)


@pytest.mark.parametrize(
    ("module", "name", "code"),
    [
        ("llmsdeck.cli.execute", "_INTERRUPTED", 130),
        ("llmsdeck.cli.execute", "_READER_GONE", 141),
        ("llmsdeck.cli.commands.start", "_CANCELLED", 130),
        ("llmsdeck.cli.commands.installation", "_SICK", 1),
    ],
)
def test_codes_that_are_no_errors_are_those_of_the_table(module: str, name: str, code: int) -> None:
    assert vars(import_module(module))[name] == code
