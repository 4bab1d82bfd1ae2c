"""Long work in small steps, driven on a thread so that the event loop turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from llmsdeck.model import Progress
from llmsdeck.sources import Steps
from llmsdeck.sources.threads import aside

_SLICE_SECONDS: Final = 0.05

Result = TypeVar("Result")


async def in_slices(steps: Steps[Result], told: Callable[[int, int], None]) -> Result:
    """Drive steps a slice at a time, so that a cancel is heard between two slices.

    `told` is called with the units done and their number. A cancel waits for the running slice,
    then closes the steps, which frees what they hold.
    """
    try:
        while True:
            piece = await aside(_slice, steps)
            if piece.progress.done:
                told(piece.progress.done, piece.progress.total)
            if piece.result is not None:
                return piece.result[0]
    finally:
        await asyncio.to_thread(steps.close)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice(Generic[Result]):
    """What one slice of steps came to."""

    progress: Progress
    """The last one that told anything."""
    result: tuple[Result] | None = None
    """The result, once the steps are finished."""


def _slice(steps: Steps[Result]) -> _Slice[Result]:
    """Step on until the slice is over or the result is there."""
    end = time.monotonic() + _SLICE_SECONDS
    progress = Progress()
    try:
        while time.monotonic() < end:
            step = next(steps)
            progress = step if step.done else progress
    except StopIteration as finish:
        return _Slice(progress=progress, result=(finish.value,))
    return _Slice(progress=progress)
