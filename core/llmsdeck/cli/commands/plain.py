"""`--plain`: what happens to all runs as a stream of lines, for screen readers and logs."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.cli.describe import counts_line, state, stream_line, told_line
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import event_document
from llmsdeck.errors import NoSuchRunError, StoreError
from llmsdeck.model import Run, RunEvent, RunId
from llmsdeck.snapshot import Window

_AT_ONCE: Final = 1000
_WITHIN: Final = 5.0
"""Seconds after which a run that has become stale is noticed; that announces nothing."""
_AGAIN: Final = 1.0
"""Seconds between two looks at a store that cannot be read."""
_LATE: Final = "is:stale,orphan"


async def plain(deck: DeckApi, options: Options, output: Output) -> int:
    """How things stand, then every event until interrupted; with --json one document a line."""
    stream = _Stream(deck, output)
    await stream.begin()
    while True:
        try:
            await deck.changed(_WITHIN)
            await stream.go_on()
        except StoreError as error:
            stream.lose(str(error))
            await asyncio.sleep(_AGAIN)


class _Stream:
    """What has been told, so that nothing is told twice."""

    def __init__(self, deck: DeckApi, output: Output) -> None:
        self._deck, self._output = deck, output
        self._last = 0
        self._late: frozenset[RunId] = frozenset()
        self._lost = False

    async def begin(self) -> None:
        """Tell how many runs there are of each status, and which ones are live."""
        newest = await self._deck.journal(limit=1)
        self._last = newest[-1].seq if newest else 0
        snapshot = await self._deck.snapshot(Window(size=0))
        live = (await self._deck.page(_AT_ONCE, filter="is:live")).runs
        self._late = frozenset(run.run_id for run in live if run.stale or run.orphan)
        self._say(counts_line(snapshot), *(stream_line(run, _how(run)) for run in reversed(live)))

    async def go_on(self) -> None:
        """Tell what is new."""
        while news := await self._deck.journal(self._last, _AT_ONCE):
            self._recover()
            for event in news:
                await self._tell(event)
                self._last = event.seq
        await self._tell_late()
        self._recover()

    def lose(self, reason: str) -> None:
        """Tell, once, that nothing can be known at the moment."""
        if not self._lost:
            self._say(f"NO SIGNAL: {reason}")
        self._lost = True

    def _recover(self) -> None:
        if self._lost:
            self._say("The store can be read again.")
        self._lost = False

    async def _tell(self, event: RunEvent) -> None:
        if self._output.as_json:
            self._output.raw(json.dumps(event_document(event)) + "\n")
            return
        run = None
        if event.run_id is not None:
            # One that has been removed since is told without its source.
            with contextlib.suppress(NoSuchRunError):
                run = await self._deck.find(event.run_id)
        self._say(told_line(event, run))

    async def _tell_late(self) -> None:
        late = (await self._deck.page(_AT_ONCE, filter=_LATE)).runs
        for run in late:
            if run.run_id not in self._late:
                self._say(stream_line(run, _how(run)))
        self._late = frozenset(run.run_id for run in late)

    def _say(self, *lines: str) -> None:
        if not self._output.as_json:
            self._output.result({}, lines)


def _how(run: Run) -> str:
    return f"! {state(run)}" if run.stale or run.orphan else state(run)
