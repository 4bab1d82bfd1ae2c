"""A remembered list is what looking at every run would give, whatever happens meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from desk import Desk

from llmsdeck.filter import Order, matches, parse
from llmsdeck.filter.order import ORDERS
from llmsdeck.model import Run, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.store import lists, picture, query, search
from llmsdeck.store.columns import COLUMNS
from llmsdeck.store.ended import EndedRuns
from llmsdeck.store.lists import Lists
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

SORTS = [
    "", *ORDERS, *(f"-{name}" for name in ORDERS),
    "source,score", "-status,-duration,source", "score,-finished", "status,-created",
]  # fmt: skip
FILTERS = ["", "is:live", "source:b -status:failed", "ended<5s", "score>=80"]


class Reader:
    """Looks at every list again and again, and compares it with all runs."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.lists, self.ended = Lists(), EndedRuns()

    async def look(self, filter: str, sort: str, window: Window, focus: RunId) -> DeckSnapshot:
        def look(db: sqlite3.Connection) -> DeckSnapshot:
            return picture.snapshot(
                db, self.desk.stamp, self.desk.store.paths, window, focus, filter, sort,
                read_only=False, lists=self.lists, ended=self.ended,
            )  # fmt: skip

        return await self.desk.store.read(look)

    async def all_runs(self) -> list[Run]:
        def look(db: sqlite3.Connection) -> list[Run]:
            seen_from = query.vantage(db, self.desk.stamp, self.desk.store.paths)
            return [seen_from.run(row) for row in db.execute(f"SELECT {COLUMNS} FROM runs")]

        return await self.desk.store.read(look)

    async def compare(self, filter: str, sort: str) -> None:
        runs, now = await self.all_runs(), self.desk.clock.wall_ms()
        listed = [run for run in runs if matches(parse(filter), run, now)]
        whole = list(Order.parse(sort).arranged(listed))
        right = [run.run_id for run in whole]
        for first in range(0, len(right) + 2, 3):
            for focus in (runs[0].run_id, runs[-1].run_id):
                shown = await self.look(filter, sort, Window(first, 4), focus)
                where = (filter, sort, first)
                assert list(shown.runs) == whole[first : first + 4], where
                assert shown.total == len(right), where
                assert shown.focus_row == (right.index(focus) if focus in right else None), where


@asynccontextmanager
async def opened(root: Path) -> AsyncGenerator[Desk]:
    async with open_store(StorePaths(root)) as store:
        desk = Desk(store, FakeClock())
        desk.policy = Policy(queue_cap=100)
        yield desk


async def begin(desk: Desk) -> None:
    """Ended, running and pending runs, on both sides of the edge of a shelf."""
    await desk.completed("/a")
    await desk.sql("UPDATE sqlite_sequence SET seq = ? WHERE name = 'runs'", lists.SHELF - 4)
    for number in range(6):
        desk.clock.advance(1 + number % 3)
        await desk.completed("/ab"[: 1 + number % 2])
    await desk.cancel(await desk.enqueue("/b"))
    await desk.claimed("/b")
    await desk.enqueue("/c")


async def end_one(desk: Desk) -> None:
    await desk.completed("/b")


async def remove_one(desk: Desk) -> None:
    await desk.sql("DELETE FROM runs WHERE seq = (SELECT min(seq) + 1 FROM runs WHERE seq > 4000)")


async def remove_the_last_to_end(desk: Desk) -> None:
    await desk.sql("DELETE FROM runs WHERE ended_nth = (SELECT max(ended_nth) FROM runs)")


async def accept_one(desk: Desk) -> None:
    await desk.enqueue("/b")


async def let_time_pass(desk: Desk) -> None:
    desk.clock.advance(3)


STEPS: list[Callable[[Desk], Coroutine[object, object, None]]] = [
    accept_one, end_one, let_time_pass, remove_one, end_one, remove_the_last_to_end, accept_one,
]  # fmt: skip


@pytest.mark.parametrize("filter", FILTERS)
async def test_every_window_is_right_while_runs_come_end_and_go(
    tmp_path: Path, filter: str
) -> None:
    async with opened(tmp_path) as desk:
        await begin(desk)
        readers = {sort: Reader(desk) for sort in SORTS}
        for sort, reader in readers.items():
            await reader.compare(filter, sort)
        for step in STEPS:
            await step(desk)
            for sort, reader in readers.items():
                await reader.compare(filter, sort)


@pytest.mark.parametrize(("most_fresh", "times"), [(2_000, 1), (1, 3)])
async def test_a_list_is_put_in_order_anew_only_after_many_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, most_fresh: int, times: int
) -> None:
    asked: list[str] = []

    def arranged(*arguments: object) -> object:
        asked.append("again")
        return right(*arguments)  # type: ignore[arg-type] # passed on as they came

    right = search.arranged
    monkeypatch.setattr(search, "arranged", arranged)
    monkeypatch.setattr(lists, "MOST_FRESH", most_fresh)
    reader = Reader(desk)
    for _ in range(5):
        await desk.completed("/a")
        await reader.compare("", "score")
    assert len(asked) == times


async def test_an_ended_run_is_read_once_for_all_pictures(desk: Desk) -> None:
    await desk.completed("/a")
    await desk.claimed("/b")
    reader, window = Reader(desk), Window(0, 4)
    first = (await reader.look("", "", window, RunId(""))).runs
    second = (await reader.look("", "", window, RunId(""))).runs
    assert [new is old for new, old in zip(second, first, strict=True)] == [False, True]
