from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typed import Say, ScriptedDeck, Told

from llmsdeck.api import DeckApi
from llmsdeck.cli import main
from llmsdeck.paths import StorePaths


@pytest.fixture
def deck() -> ScriptedDeck:
    return ScriptedDeck()


@pytest.fixture
def say(deck: ScriptedDeck, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Say:
    """Type a command line against the deck."""

    @asynccontextmanager
    async def opened(paths: StorePaths) -> AsyncGenerator[DeckApi]:
        yield deck

    def type_(*arguments: str) -> Told:
        code = main([*arguments, "--store", str(tmp_path)], opened)
        out, err = capfdbinary.readouterr()
        return Told(code, out.decode(), err.decode())

    return type_
