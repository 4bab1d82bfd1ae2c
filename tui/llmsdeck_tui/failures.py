"""Errors as the sentence that a person sees."""

from __future__ import annotations

import traceback

from textual.worker import Worker, WorkerState

from llmsdeck.errors import DeckError
from llmsdeck_tui import safe


def sentence(error: BaseException | None) -> str:
    """The deck's own sentence, or the name of an error that nobody expected before its text."""
    if error is None or isinstance(error, DeckError):
        return str(error or "")
    return f"{type(error).__name__}: {error}"


def trace() -> str:
    """Where the error that is being handled comes from.

    Textual would print the locals of every frame, and those may hold what nobody should see.
    """
    return "\n".join(map(safe.plain, traceback.format_exc().splitlines()))


def of_worker(event: Worker.StateChanged) -> str:
    """What a worker failed at, or nothing when it did not."""
    worker: Worker[object] = event.worker  # pyright: ignore # Textual leaves its type open
    return sentence(worker.error) if event.state is WorkerState.ERROR else ""
