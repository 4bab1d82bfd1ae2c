from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from desk import Desk
from hypothesis import settings
from shift import BRISK, Shift

from llmsdeck.paths import StorePaths
from llmsdeck.store.store import Store, open_store
from llmsdeck.testing import FakeClock

# Textual reads these once, when it is imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ.pop("NO_COLOR", None)

# Whatever a shell starts in the background ignores ctrl+c, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's business.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def paths(tmp_path: Path) -> StorePaths:
    return StorePaths(tmp_path / "deck")


@pytest.fixture
async def store(paths: StorePaths) -> AsyncGenerator[Store]:
    async with open_store(paths) as opened:
        yield opened


@pytest.fixture
def desk(store: Store, clock: FakeClock) -> Desk:
    return Desk(store, clock)


@pytest.fixture
async def shift(store: Store) -> Shift:
    shift = Shift(store)
    await shift.set_policy(**BRISK)
    return shift
