from __future__ import annotations

import pytest
from shift import BRISK, Shift

from llmsdeck.store.store import Store


@pytest.fixture
async def shift(store: Store) -> Shift:
    shift = Shift(store)
    await shift.set_policy(**BRISK)
    return shift
