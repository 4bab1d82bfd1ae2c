from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from program import Program
from sample_repositories import birdsong


@pytest.fixture
def program(tmp_path: Path) -> Generator[Program]:
    home = tmp_path / "a home"
    home.mkdir()
    program = Program(home=home, store=tmp_path / "store")
    yield program
    if program.store.exists():
        alive = [worker for worker in program.json("workers")["workers"] if worker["alive"]]
        for worker in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker["pid"], signal.SIGKILL)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose run ends at once."""
    return birdsong(tmp_path_factory.mktemp("sample") / "small", 20)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose run is still at work when a test reaches for it."""
    return birdsong(tmp_path_factory.mktemp("sample") / "large", 3000)
