"""What a user gets: the wheel alone, in a venv of its own, with the dependencies of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120


def done(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    said: str = "",
) -> str:
    """What a command prints, which must succeed."""
    result = subprocess.run(
        command,
        env=env,
        cwd=cwd,
        input=said,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in a fresh venv; it finds what it depends on where the tests do."""
    folder = tmp_path_factory.mktemp("installed")
    build = ("-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    done(sys.executable, *build, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    done(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    done(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    packages = done(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    # A path in a .pth is not searched for further ones, so that the checkout stays out of sight.
    found = sysconfig.get_path("purelib")
    Path(packages, "dependencies.pth").write_text(f"{found}\n")
    return folder / "venv" / "bin" / "llmsdeck"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.defpath, "LANG": "C.UTF-8"}


def test_it_is_the_wheel_that_runs(installed: Path, environment: dict[str, str]) -> None:
    assert done(installed, "--version", env=environment).startswith("llmsdeck ")
    python = installed.with_name("python")
    place = done(python, "-c", "import llmsdeck; print(llmsdeck.__file__)", env=environment)
    assert Path(place.strip()).is_relative_to(installed.parents[1])


def test_a_run_is_made_in_a_clean_home(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    source = tmp_path / "tea"
    source.mkdir()
    (source / "README.md").write_text("# Tea\n\nTea brews tea over HTTP for the polite.\n")
    bundle = done(installed, "start", source, "--wait", env=environment).strip()
    assert (Path(bundle) / "llms.txt").read_text().startswith("# Tea\n")


def test_it_answers_agents(installed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    asked = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    line = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": asked}
    said = done(installed, "mcp", env=environment, said=json.dumps(line) + "\n", cwd=tmp_path)
    assert json.loads(said.splitlines()[0])["result"]["serverInfo"]["name"] == "llmsdeck"


def test_it_says_what_an_agent_should_know(installed: Path, environment: dict[str, str]) -> None:
    assert "name: llmsdeck" in done(installed, "skill", env=environment)
