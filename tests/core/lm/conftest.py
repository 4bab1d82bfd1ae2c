from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import tiny_server
from tiny_model import write_tiny_model
from tiny_server import TinyServer


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Generator[TinyServer]:
    """A real server with a model of random weights."""
    yield from _served(tmp_path_factory.mktemp("model"))


@pytest.fixture
def own_tiny(tmp_path: Path) -> Generator[TinyServer]:
    """A real server that a test may break."""
    yield from _served(tmp_path)


def _served(folder: Path) -> Generator[TinyServer]:
    if not tiny_server.AVAILABLE:
        pytest.skip("there is no wheel of xllamacpp for this platform")
    write_tiny_model(folder / "tiny.gguf")
    with tiny_server.tiny_server(folder / "tiny.gguf") as server:
        yield server
