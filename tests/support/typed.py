"""Command lines that are typed against a deck in memory, and what they tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llmsdeck.model import ArtifactName, RunId
from llmsdeck.testing import FakeDeck

TEXTS = {ArtifactName.LLMS: "# Flask\n\x1b[31mred\n"}


class ScriptedDeck(FakeDeck):
    """A deck in which one prepared thing happens whenever a front end waits for a change."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[Callable[[], object]] = []

    async def changed(self, within: float) -> bool:
        self.script.pop(0)()
        await asyncio.sleep(0)
        return True

    def newest(self) -> RunId:
        return next(reversed(self._records))


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Say = Callable[..., Told]


def completed(deck: ScriptedDeck, source: str = "/srv/flask") -> RunId:
    run_id = deck.add(source)
    deck.claim(run_id)
    deck.complete(run_id, TEXTS)
    return run_id
