"""However the dashboard and a worker are told to end, they end in order and in time."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from program import Program, until

from llmsdeck import processes

STOP_BOUND_S = 15.0
LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"


def working(program: Program, count: int) -> bool:
    """So many workers are registered and alive."""
    alive = [worker for worker in program.json("workers")["workers"] if worker["alive"]]
    return len(alive) == count


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_dashboard_that_is_told_to_end_restores_the_terminal(
    program: Program, number: signal.Signals
) -> None:
    with program.terminal() as dashboard:
        dashboard.wait_for("1 worker")
        dashboard.send(number)
        assert dashboard.end(STOP_BOUND_S) == 0
    assert dashboard.raw.count(LEAVE_ALTERNATE_SCREEN) == 1
    until(lambda: working(program, 0), "the end of the worker it had started", STOP_BOUND_S)


def test_a_dashboard_that_was_suspended_hears_keys_again(program: Program) -> None:
    with program.terminal() as dashboard:
        dashboard.wait_for("1 worker")
        dashboard.send(signal.SIGTSTP)
        dashboard.wait_for_bytes(LEAVE_ALTERNATE_SCREEN)
        dashboard.wait_until_stopped()
        dashboard.send(signal.SIGCONT)
        dashboard.wait_for("1 worker")
        dashboard.type("q")
        assert dashboard.end(STOP_BOUND_S) == 0


def test_a_dashboard_whose_terminal_is_gone_ends_and_leaves_the_work_to_its_worker(
    program: Program, large: Path
) -> None:
    with program.terminal() as dashboard:
        dashboard.wait_for("1 worker")
        (run,) = program.json("start", large)["runs"]
        assert dashboard.hang_up(STOP_BOUND_S) == 0
    until(
        lambda: program.json("show", run["run_id"])["status"] == "completed",
        "completion by the worker that was left",
    )
    until(lambda: working(program, 0), "the end of the worker that was left", STOP_BOUND_S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_idle_worker_that_is_told_to_end_leaves_in_order(
    program: Program, number: signal.Signals
) -> None:
    with program.spawn("worker") as worker:
        until(lambda: working(program, 1), "a worker")
        worker.send_signal(number)
        assert worker.wait(STOP_BOUND_S) == 0
    assert program.json("workers")["workers"] == []


def test_a_tether_that_holds_nobody_lets_go_at_once(program: Program) -> None:
    with program.spawn("worker", "--tether") as worker:
        assert worker.wait(STOP_BOUND_S) == 0


def test_a_worker_told_twice_gives_its_run_back_at_once(program: Program, large: Path) -> None:
    (run,) = program.json("start", large)["runs"]
    with program.spawn("worker") as worker:
        pid = until(lambda: program.json("show", run["run_id"])["worker"] and worker.pid, "work")
        for _ in range(2):
            worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_BOUND_S) == 0
    shown = program.json("show", run["run_id"])
    assert (shown["status"], shown["attempt"]) in {("pending", 0), ("completed", 1)}
    assert processes.started(pid) is None
