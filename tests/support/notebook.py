"""A report that can be read afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from llmsdeck.lm import Call
from llmsdeck.model import ArtifactName
from llmsdeck.states import Phase

ALL = (ArtifactName.LLMS, ArtifactName.LLMS_FULL, ArtifactName.LLMS_CTX)


@dataclass
class Notebook:
    """A report that remembers what it was told."""

    phases: list[Phase] = field(default_factory=list[Phase])
    steps: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    warnings: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a model has said something."""
    notes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    calls: list[Call] = field(default_factory=list[Call])
    texts: list[str | None] = field(default_factory=list[str | None])
    """Key of what was said in each call."""
    lanes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def phase(self, phase: Phase) -> None:
        self.phases.append(phase)

    def lane(
        self, server: str, model: str, context_tokens: int | None, tokens_per_s: float | None
    ) -> None:
        self.lanes.append((server, model))

    def call(self, call: Call, text: str | None = None) -> None:
        self.calls.append(call)
        self.texts.append(text)

    def moved(self) -> None:
        self.heard.set()

    def note(self, kind: str, message: str) -> None:
        self.notes.append((kind, message))

    def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        self.warnings.append((kind, message, count))
