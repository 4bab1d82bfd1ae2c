"""A made-up deck that lives: runs come, go through their phases, and end in every way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

from llmsdeck.model import ArtifactName, Run, RunId, RunWarning
from llmsdeck.states import ErrorKind, Outcome, Phase, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.demo.decks import AGENT, LLMS, busy

TICK: Final = 0.25
"""Seconds between two steps."""
ARRIVAL: Final = 9.0
"""Seconds between two new runs."""
MOST_PENDING: Final = 4
RESCUE: Final = 150.0
"""Seconds without a beat after which a run is given to another attempt."""
_SOURCES: Final = (
    "pallets/click",
    "encode/starlette",
    "acme/billing",
    "psf/requests",
    "acme/design-system",
    "python-attrs/attrs",
    "acme/infra",
)
_PHASES: Final = {
    Phase.COLLECT: 40,
    Phase.ANALYSE: 40,
    Phase.WRITE: 160,
    Phase.EXPAND: 24,
    Phase.CHECK: 8,
}
"""Units of work in each phase, one for each step and run."""
_LATE: Final = (RunWarning(kind="model", message="the model timed out", count=3),)


@asynccontextmanager
async def living_deck(*, read_only: bool = False) -> AsyncGenerator[FakeDeck]:
    """A busy deck whose last moment is now, and that goes on while it is open."""
    past, clock = FakeClock(), FakeClock()
    busy(past)
    clock.step_wall(time.time() - past.wall_ms() / 1000)
    deck = busy(clock)
    deck.store_dir, deck.read_only = "a demo: all of it is made up", read_only
    life = asyncio.create_task(_live(deck, clock))
    try:
        yield deck
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def _live(deck: FakeDeck, clock: FakeClock) -> None:
    world = World(deck, clock)
    before = time.monotonic()
    while True:
        await asyncio.sleep(TICK)
        now = time.monotonic()
        await world.step(now - before)
        before = now


class World:
    """Everything that is not the dashboard: whoever asks for runs, and the worker."""

    def __init__(self, deck: FakeDeck, clock: FakeClock) -> None:
        self._deck, self._clock = deck, clock
        self._numbers = count()
        self._until_arrival = ARRIVAL

    async def step(self, seconds: float) -> None:
        """Let time pass and everybody do a little."""
        self._clock.advance(seconds)
        live = (await self._deck.page(100, filter="is:live")).runs
        pending = [run for run in live if run.status is RunStatus.PENDING]
        processing = [run for run in live if run.status is RunStatus.PROCESSING]
        self._ask(seconds, len(pending))
        for run in processing:
            self._work_on(run)
        ready = [run for run in pending if not run.retry_in_s and not run.held]
        free = self._deck.limits.slots - len(processing)
        for run in sorted(ready, key=lambda run: (-run.priority, run.seq))[: max(0, free)]:
            self._deck.claim(run.run_id)

    def _ask(self, seconds: float, pending: int) -> None:
        self._until_arrival -= seconds
        if self._until_arrival <= 0 and pending < MOST_PENDING:
            self._until_arrival = ARRIVAL
            number = next(self._numbers)
            self._deck.add(_SOURCES[number % len(_SOURCES)], by=AGENT)

    def _work_on(self, run: Run) -> None:
        if run.cancelling:
            if next(self._numbers) % 4 == 0:
                self._deck.climb(run.run_id)
        elif run.stale or run.orphan:
            if (run.heartbeat_age_s or 0) > RESCUE:
                self._deck.lose_attempt(run.run_id)
        else:
            self._go_on(run, run.phase or Phase.COLLECT)

    def _go_on(self, run: Run, phase: Phase) -> None:
        if run.source == "acme/payments":
            return  # it is the one that hangs
        total = run.progress.total or _PHASES[phase]
        if run.progress.done < total:
            share = max(1, total // _PHASES[phase])
            self._deck.enter(run.run_id, phase, min(total, run.progress.done + share), total)
        elif phase is Phase.CHECK:
            self._end(run.run_id, run.seq)
        else:
            phases = list(_PHASES)
            following = phases[phases.index(phase) + 1]
            self._deck.enter(run.run_id, following, 0, _PHASES[following])

    def _end(self, run_id: RunId, seq: int) -> None:
        texts = {ArtifactName.LLMS: LLMS, ArtifactName.LLMS_FULL: LLMS * 40}
        match seq % 7:
            case 3:
                self._deck.fail(run_id, ErrorKind.TIMEOUT, "The run took longer than 30m.")
            case 5:
                self._deck.complete(
                    run_id, texts, outcome=Outcome.DEGRADED, score=64, warnings=_LATE
                )
            case _:
                self._deck.complete(run_id, texts, score=88 + seq % 11)
