"""The installed program in a terminal of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from program import INSTALLED, Program


def test_the_folder_of_the_bundle_is_the_last_thing_shown(program: Program, small: Path) -> None:
    with program.terminal("start", small, "--wait") as terminal:
        assert terminal.end() == 0
    (run,) = program.json("list")["runs"]
    assert str(Path(run["artifacts"][0]["path"]).parent) in terminal.text


def test_ctrl_c_cancels_the_run_and_publishes_nothing(program: Program, large: Path) -> None:
    with program.terminal("start", large, "--wait") as terminal:
        terminal.wait_for("processing")
        terminal.type("\x03")
        assert terminal.end() == 130
    (run,) = program.json("list")["runs"]
    assert (run["status"], run["artifacts"]) == ("cancelled", [])


@pytest.mark.parametrize("verb", ["list", "show"])
def test_a_hostile_name_cannot_steer_the_terminal(program: Program, verb: str) -> None:
    folder = program.home / "evil\x1b]0;owned\x07\u202egnp"
    folder.mkdir()
    (folder / "README.md").write_text("# Evil\n\nIt has a hostile name.\n")
    (run,) = program.json("start", folder)["runs"]
    arguments = [verb] if verb == "list" else [verb, run["run_id"]]
    with program.terminal(*arguments, columns=200) as terminal:
        assert terminal.end() == 0
    assert "evil␛]0;owned␇‹U+202E›gnp" in terminal.text
    assert b"\x1b" not in re.sub(rb"\x1b\[[0-9]*m", b"", terminal.raw)


def test_colours_and_a_bar_are_for_the_terminal_alone(program: Program, small: Path) -> None:
    with program.terminal("start", small, "--wait") as terminal:
        assert terminal.end() == 0
    assert "░" in terminal.text
    assert b"\x1b[36m" in terminal.raw
    with program.terminal("list") as terminal:
        assert terminal.end() == 0
    assert b"\x1b[32mcompleted" in terminal.raw
    plain = Program(home=program.home, store=program.store, variables={"NO_COLOR": "1"})
    with plain.terminal("list") as terminal:
        assert terminal.end() == 0
    assert b"\x1b" not in terminal.raw
    for words in (("list",), ("doctor",), ("start", small, "--force", "--wait")):
        piped = program.run(*words)
        assert "\x1b" not in piped.stdout + piped.stderr
        assert "░" not in piped.stderr


def test_a_reader_that_goes_away_is_no_error(program: Program, small: Path) -> None:
    (run,) = program.json("start", small, "--wait")["runs"]
    reading, writing = os.pipe()
    os.close(reading)
    told = subprocess.run(
        [INSTALLED, "read", run["run_id"], "llms-full.txt"],
        env=program.environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert (told.returncode, told.stderr) == (141, b"")
