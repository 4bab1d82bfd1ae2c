"""What a page of runs costs in a store that holds many, through the deck."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Final

from bench.figures import Row, Target, at_most
from bench.setting import Setting
from bench.stores import COMMON, RARE, copied, filled
from llmsdeck.deck import Deck, open_deck
from llmsdeck.filter.order import ORDERS
from llmsdeck.snapshot import Window

_PAGE: Final = 100
_INDEXED: Final = ("created", "age", "finished")
"""Orders that an index keeps; the others are put together when asked for."""

_SEVERAL: Final = ("status", "score")


def pages(setting: Setting) -> Iterator[Row]:
    """Milliseconds for the first page of each filter and order, and for a jump to the end."""
    with setting.folder() as folder:
        store = copied(filled(setting.work, setting.many), folder / "store")

        async def measured() -> list[Row]:
            async with open_deck(store) as deck:
                return [row async for row in _rows(deck, setting)]

        yield from asyncio.run(measured())


async def _rows(deck: Deck, setting: Setting) -> AsyncIterator[Row]:
    runs = f"{setting.many:,} runs"
    asked: list[tuple[str, str, str, Target | None]] = [
        (f"newest {_PAGE} of {runs}", "", "", at_most(5, absolute=True)),
        (f"filter, a common word, {runs}", COMMON, "", at_most(5, absolute=True)),
        (f"filter, a rare word, {runs}", RARE, "", at_most(100, absolute=True)),
    ]
    for order in ORDERS:
        limit = at_most(1, absolute=True) if order in _INDEXED else None
        asked.append((f"  sort by {order}, {runs}", "", order, limit))
    asked.append((f"  sort by {', then '.join(_SEVERAL)}, {runs}", "", ",".join(_SEVERAL), None))
    await _page_ms(deck, COMMON, "")
    for name, filter, sort, target in asked:
        times = [await _page_ms(deck, filter, sort) for _ in range(setting.rounds)]
        yield Row(name=name, unit="ms", ours=times, target=target)
    times = [await _end_ms(deck, setting.many) for _ in range(setting.rounds)]
    yield Row(name=f"jump to the end, {runs}", unit="ms", ours=times, target=None)


async def _page_ms(deck: Deck, filter: str, sort: str) -> float:
    began = time.perf_counter()
    await deck.page(_PAGE, None, filter, sort)
    return (time.perf_counter() - began) * 1000


async def _end_ms(deck: Deck, runs: int) -> float:
    began = time.perf_counter()
    await deck.snapshot(Window(runs - _PAGE, _PAGE))
    return (time.perf_counter() - began) * 1000
