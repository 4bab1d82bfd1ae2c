from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from two_decks import FakeStage, RealStage, Stage

from llmsdeck.deck import open_deck
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock, FakeDeck


@pytest.fixture(params=["real", "fake"])
async def stage(
    request: pytest.FixtureRequest, paths: StorePaths, clock: FakeClock
) -> AsyncGenerator[Stage]:
    if request.param == "fake":
        yield FakeStage(FakeDeck(clock, policy=Policy(queue_cap=3)), clock)
        return
    async with open_store(paths) as store, open_deck(paths, clock=clock) as deck:
        await store.write(lambda db: db.execute("INSERT INTO policy VALUES ('queue_cap', 3)"))
        yield RealStage(deck, store, clock)


@pytest.fixture
def source(tmp_path: Path) -> str:
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "README.md").write_text("# Sample\n\nIt shows how a sample looks.\n")
    return str(folder)
