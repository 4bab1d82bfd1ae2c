"""Runs carried from one store to another by the installed program."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from program import Program

FILES = Path(__file__).parents[2] / "docs" / "schemas"
VALIDATE: Any = import_module("jsonschema").validate


def told(verb: str, program: Program, *words: str | Path) -> Any:
    """What a verb prints, as its schema says."""
    document = program.json(verb, *words)
    VALIDATE(document, json.loads((FILES / f"{verb}.json").read_text()))
    return document


@pytest.fixture
def elsewhere(program: Program, tmp_path: Path) -> Program:
    """The same person's other store."""
    return replace(program, store=tmp_path / "other")


def test_runs_are_read_and_judged_alike_in_another_store(
    program: Program, elsewhere: Program, small: Path, tmp_path: Path
) -> None:
    (good,) = program.json("start", small, "--wait")["runs"]
    pending = program.json("start", small, "--force")["runs"][0]["run_id"]
    program.run("cancel", pending)
    file = tmp_path / "runs.tar.gz"
    exported = told("export", program, "--filter", "is:ended", "--to", file)
    assert sorted(exported["runs"]) == sorted([good["run_id"], pending])
    assert exported["size_bytes"] == file.stat().st_size

    arrived = told("import", elsewhere, file)
    assert sorted(arrived["imported"]) == sorted(exported["runs"])
    for artifact in good["artifacts"]:
        words = ("read", good["run_id"], artifact["name"])
        assert elsewhere.run(*words).stdout == program.run(*words).stdout
    assert elsewhere.json("check", good["run_id"])["score"] == good["score"]
    assert {run["status"] for run in elsewhere.json("list")["runs"]} == {"completed", "cancelled"}

    again = told("import", elsewhere, file)
    assert again["imported"] == []
    assert {each["reason"] for each in again["skipped"]} == {"It is here already."}


def test_what_cannot_be_carried_ends_with_its_own_exit_code(
    program: Program, small: Path, tmp_path: Path
) -> None:
    run_id = program.json("start", small)["runs"][0]["run_id"]
    live = program.run("export", run_id, "--to", tmp_path / "x")
    assert (live.returncode, "has not ended" in live.stderr) == (4, True)
    assert program.run("export", "zzzzzz", "--to", tmp_path / "x").returncode == 3
    assert program.run("export", "--to", tmp_path / "x").returncode == 2
    assert not (tmp_path / "x").exists()
    assert program.run("import", tmp_path / "absent").returncode == 2
    (tmp_path / "junk").write_bytes(b"\x1f\x8b junk")
    VALIDATE(
        program.json("import", tmp_path / "junk"), json.loads((FILES / "error.json").read_text())
    )
    assert program.run("import", tmp_path / "junk").returncode == 4
