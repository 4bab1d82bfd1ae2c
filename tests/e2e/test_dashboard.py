"""The dashboard in a terminal, beside the command line on the same store."""

from __future__ import annotations

from pathlib import Path

from program import Program

LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"


def test_a_run_is_started_by_keyboard_and_the_command_line_reads_it(
    program: Program, small: Path
) -> None:
    with program.terminal() as dashboard:
        dashboard.wait_for("1 worker")
        dashboard.type("n")
        dashboard.wait_for("Source")
        dashboard.type(f"{small}\r")
        dashboard.wait_for("completed 1")
        (run,) = program.json("list")["runs"]
        dashboard.type("q")
        assert dashboard.end() == 0
    assert (run["source"], run["requested_by"]) == (str(small), "operator")
    assert program.run("read", run["run_id"], "llms.txt").stdout.startswith("# Birdsong\n")
    assert dashboard.raw.count(LEAVE_ALTERNATE_SCREEN) == 1


def test_the_dashboard_shows_what_the_command_line_does(program: Program, small: Path) -> None:
    with program.terminal() as dashboard:
        dashboard.wait_for("1 worker")
        (run,) = program.json("start", small, "--wait")["runs"]
        dashboard.wait_for("completed 1", within=5)
        program.run("prune", "--older-than", "0s", "--yes")
        dashboard.wait_for("completed 0", within=5)
        dashboard.type("q")
        assert dashboard.end() == 0
    assert run["short_id"] in dashboard.text


def test_the_smallest_terminal_is_enough(program: Program, small: Path) -> None:
    program.run("start", small, "--wait")
    with program.terminal(columns=80, rows=24) as dashboard:
        dashboard.wait_for("completed")
        dashboard.type("q")
        assert dashboard.end() == 0
