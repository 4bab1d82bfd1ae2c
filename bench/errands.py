"""A real worker whose attempts only say when they began, and leave the smallest bundle there is."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.marks import Marks
from llmsdeck.clock import SystemClock
from llmsdeck.engine.child import Attempt
from llmsdeck.engine.messages import BeatMessage, DoneMessage, Message, StoppedMessage
from llmsdeck.engine.worker import Worker
from llmsdeck.model import ArtifactName
from llmsdeck.paths import StorePaths
from llmsdeck.states import Outcome
from llmsdeck.store.store import open_store
from llmsdeck.testing.inline import InlineExecutor

ERRAND: Final = "/errand/"
"""Sources begin with it and end with the number of the mark."""
LONG_ERRAND: Final = "/long/"
"""The same for attempts that go on until they are asked to stop, and note when that was."""


async def attempt(
    work: Attempt, stop: asyncio.Event, *, marks: Marks, beats: int
) -> AsyncIterator[Message]:
    """Note the moment, beat if told so, leave one line."""
    kind, number = work.job.source.rsplit("/", 1)
    if kind + "/" == LONG_ERRAND:
        marks.note(int(number))
        await stop.wait()
        marks.note(int(number) + 1)
        yield StoppedMessage()
        return
    marks.note(int(number))
    for done in range(beats):
        now = time.monotonic_ns()
        yield BeatMessage(ns=now, moved_ns=now, done=done, total=beats)
    (work.folder / ArtifactName.LLMS).write_text("# Errand\n")
    names = (ArtifactName.LLMS,)
    yield DoneMessage(commit=None, outcome=Outcome.GOOD, score=100, artifacts=names)


async def _main(folder: Path, slots: int, beats: int, count: int) -> None:
    script = partial(attempt, marks=Marks(folder / "marks", count), beats=beats)
    async with open_store(StorePaths(folder)) as store:
        worker = Worker(store, SystemClock(), InlineExecutor(script), slots=slots)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain)
        await worker.run()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
