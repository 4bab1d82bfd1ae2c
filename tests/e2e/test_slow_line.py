"""The dashboard as somebody types into it who does not see yet what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from program import Program

COLOURS = re.compile(rb"\x1b\[([0-9;]*)m")
SIXTEEN = {*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)}
GREEN = {32, 92}
GREYS = {30, 37, 40, 47, 90, 97, 100, 107}


def test_what_is_typed_at_once_is_done_in_its_order(program: Program, small: Path) -> None:
    with program.terminal() as dashboard:
        dashboard.wait_for("1 worker")
        dashboard.type(f"n{small}\r?")
        dashboard.wait_for("Start a run of a folder")
        (run,) = program.json("list")["runs"]
    assert run["source"] == str(small)


def test_a_key_is_about_the_run_that_the_key_before_went_to(program: Program, small: Path) -> None:
    (run,) = program.json("start", small, "--wait")["runs"]
    program.json("start", small, "--force", "--wait")
    with program.terminal() as dashboard:
        dashboard.wait_for("completed 2")
        dashboard.type(f"i{run['short_id']}\rry")
        dashboard.wait_for("accepted")
    newest, *_ = program.json("list")["runs"]
    assert newest["parent_run"] == run["run_id"]


@pytest.mark.parametrize("variables", [{"TERM": "xterm"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_a_terminal_gets_no_colour_that_it_does_not_have(
    program: Program, small: Path, variables: dict[str, str]
) -> None:
    program.json("start", small, "--wait")
    plain = Program(home=program.home, store=program.store, variables=variables)
    with plain.terminal() as dashboard:
        dashboard.wait_for("✓ completed")
        dashboard.type("s")
        dashboard.wait_for("Sort by")
    told = [code.split(b";") for code in COLOURS.findall(dashboard.raw)]
    used = {int(part) for codes in told for part in codes if part}
    assert used - set(range(30)) <= ({39, 49} | (GREYS if "NO_COLOR" in variables else SIXTEEN))
    assert bool(used & GREEN) is ("NO_COLOR" not in variables)
