"""What an import drags in at run time; import-linter cannot tell a deferred import from another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("textual", "rich", "aiosqlite", "sqlite3", "pydantic", "asyncio", "mcp")


def loaded_by(program: str, *, whole: bool = False) -> set[str]:
    """Modules that a fresh interpreter loads for `program`; top-level names unless `whole`."""
    name = "name" if whole else "name.partition('.')[0]"
    report = f"import sys; print(*{{{name} for name in sys.modules}}, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "module", ["llmsdeck", "llmsdeck.cli", "llmsdeck.deck", "llmsdeck_tui.launch"]
)
def test_textual_is_loaded_only_to_open_the_dashboard(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert "llmsdeck" in loaded
    assert not loaded & {"textual", "rich"}


def test_a_worker_does_not_load_what_its_run_processes_need() -> None:
    loaded = loaded_by("import llmsdeck.engine.service")
    assert "aiosqlite" in loaded
    assert not loaded & {"httpx", "pydantic_settings", "textual", "tree_sitter"}


def test_a_worker_does_not_load_the_pipeline() -> None:
    program = "import sys, llmsdeck.engine.service; assert 'llmsdeck.engine.worker' in sys.modules"
    loaded_by(
        f"{program}; assert not {{'llmsdeck.pipeline', 'llmsdeck.bundle'}} & set(sys.modules)"
    )


def test_a_worker_that_waits_does_without_what_attempts_need() -> None:
    loaded = loaded_by("import llmsdeck.engine.service", whole=True)
    assert "llmsdeck.engine.worker" in loaded
    assert not loaded & {"pydantic", "llmsdeck.engine.supervisor", "llmsdeck.engine.child"}


def test_the_fork_server_begins_with_what_every_run_needs_and_stays_for_signals() -> None:
    ignored = "all(signal.getsignal(number) is signal.SIG_IGN for number in (1, 2, 15))"
    program = (
        f"import signal, llmsdeck.engine.nursery as n; signal.setitimer(0, 0); assert {ignored}"
    )
    loaded = loaded_by(program, whole=True)
    assert {"llmsdeck.pipeline", "llmsdeck.engine.child"} <= loaded
    assert not loaded & {"llmsdeck.lm", "llmsdeck.config", "llmsdeck.sources.hosted", "httpx"}


def test_the_fork_server_has_what_only_some_runs_need_a_moment_later() -> None:
    waits = "while n.SOME_RUNS[-1] not in sys.modules: time.sleep(n.MOMENT)"
    loaded = loaded_by(f"import sys, time, llmsdeck.engine.nursery as n\n{waits}", whole=True)
    assert {"llmsdeck.lm", "llmsdeck.config", "llmsdeck.bundle.refine", "httpx"} <= loaded


def test_the_fork_server_outlives_what_cannot_be_loaded() -> None:
    broken = "import signal, sys, time; sys.modules['llmsdeck.bundle.context'] = None"
    waits = "while signal.getitimer(signal.ITIMER_REAL)[0]: time.sleep(n.MOMENT)"
    loaded = loaded_by(f"{broken}\nimport llmsdeck.engine.nursery as n\n{waits}", whole=True)
    assert {"llmsdeck.lm", "llmsdeck.sources.hosted"} <= loaded


def test_the_command_line_of_a_worker_does_without_the_deck() -> None:
    program = "from llmsdeck.cli.execute import execute; import llmsdeck.cli.commands.worker"
    loaded = loaded_by(program, whole=True)
    assert "llmsdeck.worker" in loaded
    assert not loaded & {"llmsdeck.deck", "llmsdeck.store.store", "llmsdeck.engine.service"}


def test_only_the_server_for_agents_loads_the_sdk() -> None:
    everything_else = "llmsdeck.cli.commands, llmsdeck.cli.agents, llmsdeck.engine.service"
    loaded = loaded_by(f"import {everything_else}, llmsdeck.config, llmsdeck.pipeline")
    assert "pydantic" in loaded
    assert not loaded & {"mcp", "mcp_types", "starlette", "uvicorn"}


@pytest.mark.parametrize("arguments", [["--help"], ["start", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    loaded = loaded_by(
        f"from llmsdeck_tui.launch import main\ntry: main({arguments!r})\nexcept SystemExit: pass"
    )
    assert "argparse" in loaded
    assert not loaded & set(HEAVY)


def test_help_does_without_dataclasses_and_paths() -> None:
    loaded = loaded_by(
        "from llmsdeck_tui.launch import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    )
    assert not loaded & {"dataclasses", "inspect", "pathlib", "shutil", "signal", "json", "sqlite3"}


def test_a_list_loads_nothing_for_other_verbs(tmp_path: Path) -> None:
    loaded = loaded_by(
        f"from llmsdeck_tui.launch import main; main(['list', '--store', {str(tmp_path)!r}])",
        whole=True,
    )
    assert "llmsdeck.cli.commands.look" in loaded
    assert not loaded & {
        "llmsdeck.cli.commands.act",
        "llmsdeck.cli.commands.judge",
        "llmsdeck.cli.commands.start",
        "llmsdeck.answers",
        "llmsdeck.comparison",
        "llmsdeck.deck",
        "llmsdeck.pruning",
        "llmsdeck.snapshot",
        "llmsdeck.store.intents",
        "llmsdeck.verdict",
        "llmsdeck.why",
        "importlib.resources",
        "pydantic",
        "httpx",
    }


def test_a_list_needs_no_event_loop(tmp_path: Path) -> None:
    loaded = loaded_by(
        f"from llmsdeck_tui.launch import main; main(['list', '--store', {str(tmp_path)!r}])"
    )
    assert "sqlite3" in loaded
    assert not loaded & {
        *("aiosqlite", "asyncio", "concurrent", "logging", "ssl"),
        *("random", "subprocess", "traceback"),
    }


def test_the_check_above_can_see_a_heavy_module() -> None:
    assert "sqlite3" in loaded_by("import sqlite3")


FIRST_PICTURE = """
import asyncio, sys
from pathlib import Path
from llmsdeck.deck import open_deck
from llmsdeck.paths import StorePaths
from llmsdeck_tui.app import DeckApp

async def show(folder: Path) -> None:
    async with open_deck(StorePaths(folder)):
        pass
    async with open_deck(StorePaths(folder), read_only=True) as deck:
        app = DeckApp(deck)
        async with app.run_test() as pilot:
            while not app.runs.is_complete:
                await pilot.pause(0.01)

asyncio.run(show(Path({folder!r})))
"""


def test_the_first_picture_loads_no_dialog_and_no_other_screen(tmp_path: Path) -> None:
    loaded = loaded_by(FIRST_PICTURE.format(folder=str(tmp_path)), whole=True)
    screens = {name for name in loaded if name.startswith("llmsdeck_tui.screens.")}
    assert screens == {
        f"llmsdeck_tui.screens.{name}"
        for name in ("following", "listing", "marking", "onlooker", "runs", "wishes")
    }
    assert not loaded & {
        *("csv", "hashlib", "pydantic", "secrets", "tomllib"),
        *("llmsdeck.comparison", "llmsdeck.engine", "llmsdeck.why"),
        *("llmsdeck.answers", "llmsdeck.pruning"),
        *(f"llmsdeck.store.{name}" for name in ("intents", "prune", "trash")),
        *("llmsdeck_tui.completion", "llmsdeck_tui.deeds", "llmsdeck_tui.form"),
        *("llmsdeck_tui.offers", "llmsdeck_tui.widgets.filter_line"),
        *(f"llmsdeck_tui.present.{name}" for name in ("difference", "markdown", "timeline")),
    }


def test_starting_a_worker_loads_none() -> None:
    loaded = loaded_by("import llmsdeck.engine.companion", whole=True)
    assert not {name for name in loaded if name.startswith("llmsdeck.engine.")} - {
        "llmsdeck.engine.companion"
    }
    assert "pydantic" not in loaded
