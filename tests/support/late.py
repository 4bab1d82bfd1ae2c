"""A plugin for pytest: the deck in memory answers late, each time by another while.

A dashboard that only works while its deck answers at once is broken; so is a test of it. `SEED`
chooses the whiles.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import random
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final

from llmsdeck.testing import FakeDeck

WHILES: Final = (0, 0, 0, 0.005, 0.05, 0.15, 0.3)
"""Seconds; nought lets everything else that is ready go first."""
PROMPT: Final = frozenset({"changed"})
"""What waits for the deck's clock."""

_random = random.Random(os.environ.get("SEED", "1"))


def _late(answer: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    @wraps(answer)
    async def late(*arguments: Any, **named: Any) -> Any:
        if _random.random() < 0.5:
            await asyncio.sleep(_random.choice(WHILES))
        return await answer(*arguments, **named)

    return late


def pytest_configure() -> None:
    """Make every question to the deck late, now and then."""
    for name, answer in inspect.getmembers(FakeDeck, inspect.iscoroutinefunction):
        if not name.startswith("_") and name not in PROMPT:
            setattr(FakeDeck, name, _late(answer))
