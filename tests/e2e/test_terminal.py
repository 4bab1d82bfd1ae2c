"""The installed program in a terminal of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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


def test_a_hostile_title_cannot_steer_the_terminal(program: Program) -> None:
    folder = program.home / "evil"
    folder.mkdir()
    (folder / "README.md").write_text("# Evil \x1b]0;owned\x07\x9b31m\u202egnp\n\nIt is evil.\n")
    (run,) = program.json("start", folder, "--wait")["runs"]
    with program.terminal("read", run["run_id"], "llms.txt") as terminal:
        assert terminal.end() == 0
    assert "Evil" in terminal.text
    assert b"\x1b" not in terminal.raw
    assert b"\x07" not in terminal.raw
    assert "\u202e" not in terminal.text


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
