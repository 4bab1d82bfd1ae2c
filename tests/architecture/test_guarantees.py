"""What docs/guarantees.md names must exist, and every safeguard that can be taken away is in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
MUTANTS = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text("utf-8"))["mutant"]


def missing(reference: str) -> bool:
    """No such file, or no such test in it."""
    path, _, test = reference.partition("::")
    file = ROOT / path
    return not file.is_file() or (test != "" and f"def {test}(" not in file.read_text("utf-8"))


def test_every_file_and_test_that_is_named_exists() -> None:
    named = re.findall(r"`((?:core|tui|tests)/[^`]*\.[^`]+)`", TEXT)
    assert len(named) > 50
    assert [reference for reference in named if missing(reference)] == []


def test_every_safeguard_is_listed_and_no_other() -> None:
    listed = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", TEXT)
    assert sorted(listed) == sorted(mutant["name"] for mutant in MUTANTS)


def test_every_safeguard_is_where_the_table_says() -> None:
    astray = [
        mutant["name"]
        for mutant in MUTANTS
        if (ROOT / mutant["file"]).read_text("utf-8").count(mutant["old"]) != 1
        or missing(mutant["test"])
    ]
    assert astray == []
