"""A whole bundle of one repository, made by the program's own pipeline in one process."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from llmsdeck.job import Job
from llmsdeck.model import DEFAULT_ARTIFACTS, NO_MODEL, RunId
from llmsdeck.pipeline import generate
from llmsdeck.states import Phase

if TYPE_CHECKING:
    from llmsdeck.lm import Call


class Silence:
    """A report that nobody reads."""

    def phase(self, phase: Phase) -> None:
        """Say nothing."""

    def progress(self, done: int, total: int) -> None:
        """Say nothing."""

    def moved(self) -> None:
        """Say nothing."""

    def note(self, kind: str, message: str) -> None:
        """Say nothing."""

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        """Say nothing."""

    def lane(
        self, server: str, model: str, context_tokens: int | None, tokens_per_s: float | None
    ) -> None:
        """Say nothing."""

    def call(self, call: Call, text: str | None = None) -> None:
        """Say nothing."""


def job(source: str, previous: Path | None = None) -> Job:
    """What is to be made of a source: the usual artifacts, without a model."""
    return Job(
        run_id=RunId("bench"),
        source=source,
        ref=None,
        artifacts=DEFAULT_ARTIFACTS,
        model=NO_MODEL,
        previous=previous,
    )


def main() -> None:
    """Make a bundle; print the seconds that it took once everything was imported."""
    began = time.perf_counter()
    asyncio.run(generate(job(sys.argv[1]), Path(sys.argv[2]), Silence()))
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
