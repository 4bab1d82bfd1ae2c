from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import llmsdeck.cli
from llmsdeck.cli.options import Options
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import launch
from llmsdeck_tui.demo import SceneApp


def test_a_verb_goes_to_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Sequence[str]] = []

    def command_line(argv: Sequence[str]) -> int:
        given.append(argv)
        return 7

    monkeypatch.setattr(llmsdeck.cli, "main", command_line)
    assert launch.main(["list", "--json"]) == 7
    assert given == [["list", "--json"]]


@pytest.mark.parametrize("arguments", [[], ["--store", "x"], ["--store=x"]])
def test_without_a_terminal_the_command_line_explains(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Sequence[str]] = []

    def command_line(argv: Sequence[str]) -> int:
        given.append(argv)
        return 2

    monkeypatch.setattr(llmsdeck.cli, "main", command_line)
    assert launch.main(arguments) == 2
    assert given == [arguments]


@pytest.mark.parametrize("arguments", [["--store", "x"], ["--store=x"]])
def test_at_a_terminal_the_dashboard_opens_the_named_store(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Path] = []

    async def dashboard(options: Options) -> int:
        assert options.store is not None
        opened.append(options.store.absolute())
        return 3

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr(launch, "_dashboard", dashboard)
    assert launch.main(arguments) == 3
    assert opened == [tmp_path / "x"]


def test_launching_does_not_import_textual() -> None:
    code = "import sys, llmsdeck_tui.launch; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


CRASH = """
import sys
from llmsdeck.testing import FakeDeck
from llmsdeck_tui.demo import SceneApp

class Broken(SceneApp):
    def on_mount(self):
        password = "hunter" + str(1 + 1)
        raise ValueError("seven \\x1b]0;owned\\x07 dwarves")

app = Broken(FakeDeck())
app.run(headless=True)
sys.exit(app.return_code or 0)
"""


def test_a_crash_ends_with_1_and_shows_no_locals_and_no_escapes(tmp_path: Path) -> None:
    script = tmp_path / "crash.py"
    script.write_text(CRASH, "utf-8")
    environment = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    assert "seven ␛]0;owned␇ dwarves" in done.stderr
    assert "hunter2" not in done.stderr
    assert "\x1b]0;" not in done.stderr


async def test_a_theme_that_does_not_know_our_colours_still_works() -> None:
    app = SceneApp(FakeDeck(FakeClock()))
    async with app.run_test() as pilot:
        app.theme = "textual-light"
        await pilot.pause()
        assert app.is_running
