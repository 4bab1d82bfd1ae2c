"""How the command line follows runs until they have ended."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TextIO

from llmsdeck.api import DeckApi, LookApi
from llmsdeck.cli.describe import state
from llmsdeck.cli.tones import Tone, Toned, drawn, wanted
from llmsdeck.errors import DeckError
from llmsdeck.forecast import progress_of
from llmsdeck.model import Run, RunId
from llmsdeck.states import TERMINAL
from llmsdeck.text import visible

_LOOK_AGAIN_S: Final = 1.0
"""Ages and workers change without a write, so look this often at least."""
_CANCEL_MARGIN_S: Final = 15.0
"""Beyond the grace period: to be seen, killed, recorded, or taken over from a dead worker."""
_WORKER_STARTS: Final = 3
_BAR: Final = 20
"""Cells of the bar."""
_LEAST_FOR_BAR: Final = 60
"""Columns of a terminal that has room for a bar and words."""
_CELLS: Final = ("█", "░")
_ASCII_CELLS: Final = ("#", "-")


async def until_ended(
    deck: LookApi,
    run_ids: Sequence[RunId],
    each: Callable[[Sequence[Run]], Awaitable[object]],
) -> tuple[Run, ...]:
    """Call `each` whenever the runs may have changed; return them when all have ended."""
    while True:
        runs = tuple([await deck.find(run_id) for run_id in run_ids])
        await each(runs)
        if ended(runs):
            return runs
        await deck.changed(within=_LOOK_AGAIN_S)


async def until_cancelled(deck: DeckApi, run_ids: Sequence[RunId]) -> tuple[Run, ...]:
    """The runs when all have ended, or as they are when that takes longer than a cancel may."""
    keeper = WorkerKeeper(deck)
    grace = (await deck.policy()).cancel_grace
    try:
        async with asyncio.timeout(grace + _CANCEL_MARGIN_S):
            return await until_ended(deck, run_ids, keeper.ensure)
    except TimeoutError:
        return tuple([await deck.find(run_id) for run_id in run_ids])


def ended(runs: Sequence[Run]) -> bool:
    """Nothing more will happen to any of these runs."""
    return not any(map(_live, runs))


class WorkerKeeper:
    """Sees to it that somebody executes runs, and gives up when workers die at once."""

    def __init__(self, deck: DeckApi) -> None:
        self._deck = deck
        self._starts = 0

    async def ensure(self, runs: Sequence[Run]) -> None:
        """Start a worker when there is work and none alive; raises DeckError at the fourth."""
        if ended(runs) or not await self._deck.ensure_worker():
            return
        self._starts += 1
        if self._starts > _WORKER_STARTS:
            raise DeckError(
                f"{_WORKER_STARTS} workers were started and none stayed alive; "
                "run `llmsdeck worker` to see why. The runs stay in the queue."
            )


class ProgressLine:
    """Live runs on stderr: one line with a bar on a terminal, else a line per change of a run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._colours = wanted(stream)
        self._shown: dict[RunId, str] = {}
        self._width = 0

    def show(self, runs: Sequence[Run]) -> None:
        """Say where the runs are, if that is news."""
        if self._live:
            self._rewrite(runs)
        else:
            self._report(runs)
        self._stream.flush()

    def close(self) -> None:
        """Clear the line for what comes next."""
        if self._width:
            self._stream.write(f"\r{'':{self._width}}\r")
            self._stream.flush()

    def _rewrite(self, runs: Sequence[Run]) -> None:
        live = list(filter(_live, runs))
        done = f"{len(runs) - len(live)} of {len(runs)} ended" if len(runs) > 1 else ""
        text = " · ".join(filter(None, [done, *map(run_state, live)]))
        room = max(1, shutil.get_terminal_size().columns - 1)
        bar = self._bar(runs) if room >= _LEAST_FOR_BAR else Toned("", None)
        line = visible(text, room - len(bar))
        # Blanks over what stood there before, if that was longer.
        rest = " " * max(0, self._width - len(bar) - len(line))
        self._stream.write("\r" + drawn((bar, line), colours=self._colours) + rest)
        self._width = len(bar) + len(line)

    def _bar(self, runs: Sequence[Run]) -> Toned:
        """How much of the phases of all runs is done."""
        done = sum(progress_of(run)[0] for run in runs)
        share = done / sum(progress_of(run)[1] for run in runs)
        full, empty = _CELLS if _is_unicode(self._stream) else _ASCII_CELLS
        cells = round(share * _BAR)
        return Toned(f"{full * cells}{empty * (_BAR - cells)} {share:4.0%}  ", Tone.LIVE)

    def _report(self, runs: Sequence[Run]) -> None:
        for run in filter(_live, runs):
            news = f"{run.status} {run.phase}"
            if self._shown.get(run.run_id) != news:
                self._shown[run.run_id] = news
                self._stream.write(f"{visible(run_state(run))}\n")


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _live(run: Run) -> bool:
    return run.status not in TERMINAL


def run_state(run: Run) -> str:
    """A run and where it is, in one line."""
    return f"{run.short_id} {run.status} {state(run)}".rstrip()
