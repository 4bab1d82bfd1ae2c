from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from tests.e2e.program import Program

MakeRepository = Callable[[int], Path]


@pytest.fixture
def program(tmp_path: Path) -> Generator[Program]:
    home = tmp_path / "a home"
    home.mkdir()
    program = Program(home=home, store=tmp_path / "store")
    yield program
    if program.store.exists():
        for worker in program.json("workers")["workers"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker["pid"], signal.SIGKILL)


@pytest.fixture
def make_repository(tmp_path: Path) -> MakeRepository:
    """Builds a git repository with that many pages of documentation."""

    def make(pages: int) -> Path:
        folder = tmp_path / f"project-{pages}"
        (folder / "docs").mkdir(parents=True)
        (folder / "README.md").write_text(
            "# Birdsong\n\nBirdsong tells birds apart by their song.\n\n"
            "- [Guide](docs/page-0.md): how to begin\n"
        )
        for number in range(pages):
            body = f"Song {number} has its own rhythm.\n\n" * 20
            (folder / "docs" / f"page-{number}.md").write_text(f"# Song {number}\n\n{body}")
        for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "Songs"]):
            subprocess.run(["git", *arguments], cwd=folder, check=True, env=GIT)
        return folder

    return make


GIT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
