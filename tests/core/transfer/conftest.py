from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from desk import Desk

from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncGenerator[tuple[Desk, Desk]]:
    """Two stores of their own, with the same clock."""
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        yield (
            Desk(await stack.enter_async_context(open_store(StorePaths(tmp_path / "a"))), clock),
            Desk(await stack.enter_async_context(open_store(StorePaths(tmp_path / "b"))), clock),
        )
