"""What a step of a run costs in a small and in a large store."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from bench.figures import Row, at_most
from bench.lives import CLOCK, MADE, OPERATOR, ROOMY
from bench.setting import Setting
from bench.stores import copied, filled
from llmsdeck.deck import Deck
from llmsdeck.model import RunRequest, WorkerId
from llmsdeck.snapshot import Window
from llmsdeck.store import endings, intents, leases
from llmsdeck.store.leases import Beat, Claim
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store, open_store

_FEW: Final = 1000
_WORKER: Final = WorkerId("bench")
_TURN: Final = 40
"""Steps of a kind in one turn; the median of them is the turn's figure."""


class Bench:
    """One open store, and a step of each kind to take in it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._deck = Deck(store, CLOCK)
        self._claims: list[Claim] = []

    async def turn(self) -> Mapping[str, float]:
        """Milliseconds of one step of each kind."""
        sources = [RunRequest(source=f"/growth/{n}", force=True) for n in range(_TURN)]
        enqueue = [partial(self._write, partial(_enqueue, request=each)) for each in sources]
        return {
            "enqueue": await _median_ms(enqueue),
            "claim": await _median_ms([self._claim] * _TURN),
            "beat": await _median_ms([partial(self._beat, n) for n in range(_TURN)]),
            "complete": await _median_ms([self._complete] * _TURN),
            "first page": await _median_ms([self._look] * _TURN),
        }

    async def _write(self, operation: Callable[[Connection], object]) -> None:
        await self._store.write(operation)

    async def _claim(self) -> None:
        stamp = Stamp.of(CLOCK)
        self._claims += await self._store.write(lambda db: leases.claim(db, stamp, _WORKER, 1))

    async def _beat(self, number: int) -> None:
        now, lease = CLOCK.now(), self._claims[number].lease
        beat = Beat(lease=lease, at=now, moved=now, done=number, total=_TURN)
        await self._store.beat(lambda db: leases.beat(db, [beat]))

    async def _complete(self) -> None:
        stamp, lease = Stamp.of(CLOCK), self._claims.pop().lease
        await self._store.write(lambda db: endings.complete(db, stamp, lease, _WORKER, MADE, None))

    async def _look(self) -> None:
        await self._deck.snapshot(Window())


def _enqueue(db: Connection, request: RunRequest) -> None:
    intents.enqueue(db, Stamp.of(CLOCK), request, OPERATOR, ROOMY)


async def _median_ms(steps: Sequence[Callable[[], Awaitable[None]]]) -> float:
    times: list[float] = []
    for step in steps:
        began = time.perf_counter()
        await step()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


@asynccontextmanager
async def _opened(setting: Setting, kept: Path) -> AsyncGenerator[Bench]:
    with setting.folder() as folder:
        async with open_store(copied(kept, folder / "store")) as store:
            yield Bench(store)


def steps(setting: Setting) -> Iterator[Row]:
    """Each step in a large store, against the same step in a small one."""
    stores = [filled(setting.work, runs) for runs in (_FEW, setting.many)]
    few, many = asyncio.run(_taken(setting, *stores))
    for step in many[0]:
        yield Row(
            name=f"{step}, {setting.many:,} runs",
            unit="ms",
            ours=[turn[step] for turn in many],
            peer=f"{_FEW:,} runs",
            theirs=[turn[step] for turn in few],
            target=at_most(1.5),
        )


async def _taken(
    setting: Setting, kept_small: Path, kept_large: Path
) -> tuple[list[Mapping[str, float]], list[Mapping[str, float]]]:
    few: list[Mapping[str, float]] = []
    many: list[Mapping[str, float]] = []
    async with _opened(setting, kept_small) as small, _opened(setting, kept_large) as large:
        for _ in range(setting.rounds + 1):
            few.append(await small.turn())
            many.append(await large.turn())
    return few[1:], many[1:]
