from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from agents import Agency, agency

from llmsdeck.clock import SystemClock
from llmsdeck.testing import FakeDeck


@pytest.fixture
def deck() -> FakeDeck:
    return FakeDeck(SystemClock())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that agents may name, with a source in it."""
    root = tmp_path / "root"
    (root / "flask").mkdir(parents=True)
    return root


@pytest.fixture
async def office(deck: FakeDeck, root: Path, tmp_path: Path) -> AsyncGenerator[Agency]:
    async with agency(deck, root, tmp_path / "store") as open_:
        yield open_
