"""The database and Python let the same runs through, and put them in the same order."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from desk import Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from llmsdeck import processes
from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.filter import EVERYTHING, Filter, Order, matches, parse
from llmsdeck.filter.keys import FLAGS, NUMBER_KEYS, WORD_KEYS
from llmsdeck.filter.order import ORDERS
from llmsdeck.filter.tree import All, Among, Between, Either, Not, Text
from llmsdeck.model import Actor, ActorKind, Run, RunRequest, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, Phase
from llmsdeck.store import endings, intents, leases, query, search
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

HERE, AWAY = WorkerId("4711-abcdef"), WorkerId("4712-ABC")
SOURCES = ["/srv/Flask", "/srv/50%_off", "/srv/Ünï\\code", "/srv/a b,c"]
REFS = [None, "main", "Main", "v2"]


async def furnish(desk: Desk) -> None:
    """Runs of every kind, each with something of its own."""
    desk.policy = Policy(queue_cap=100)
    began = processes.started(os.getpid()) or ""
    await desk.register(HERE, os.getpid(), began)
    for number in range(24):
        request = RunRequest(
            source=SOURCES[number % 4],
            ref=REFS[number // 3 % 4],
            model=["none", "Qwen"][number % 2],
            priority=number % 3 - 1,
            force=True,
        )
        actor = Actor(ActorKind.AGENT, "ada") if number % 2 else Actor(ActorKind.CLI)
        run_id, _ = await desk.store.write(
            lambda db, request=request, actor=actor: intents.enqueue(
                db, desk.stamp, request, actor, desk.policy
            )
        )
        if number % 6 == 0:
            await desk.sql("UPDATE runs SET parent_run = ? WHERE run_id = ?", run_id, run_id)
        desk.clock.advance(1 + number / 7)
    for number in range(18):
        await live(desk, number)


async def live(desk: Desk, number: int) -> None:
    """Let the next run of the queue come to the end that its number stands for."""
    (claim,) = await desk.claim(HERE if number % 5 else AWAY)
    desk.clock.advance(number * 1.5)
    lease = claim.lease
    match number % 6:
        case 0:
            await desk.complete(lease, size=10**number)
        case 1 | 2:
            kind = list(ErrorKind)[number % 7]
            message = f"The {kind} of 100% failed_\n{SOURCES[number % 4]}"
            await desk.store.write(
                lambda db: endings.fail(db, desk.stamp, lease, HERE, kind, message)
            )
        case 3:
            await desk.store.write(lambda db: leases.enter(db, desk.stamp, lease, Phase.WRITE))
        case 4:
            await desk.cancel(lease.run_id)
        case _:
            await desk.complete(lease, size=0)


texts = st.sampled_from(
    ["flask", "FLASK", "%", "_", "\\", "ü", "Ü", "50%", "a b", "MAIN", "failed_", "\n", "0", "zz"]
) | st.text(max_size=3, min_size=1).filter(lambda text: "\0" not in text and text.isprintable())


def among(key: str) -> st.SearchStrategy[Filter]:
    choices = WORD_KEYS[key].choices
    extra = {"worker": ["4711", "4712-abc"], "by": ["agent", "cli", "ADA"], "model": ["qwen"]}
    words = st.sampled_from([str(c) for c in choices] or extra.get(key, ["main", "v2", "flask"]))
    values = words if choices else words | texts
    return st.builds(Among, st.just(key), st.lists(values, min_size=1, max_size=3).map(tuple))


def between(key: str) -> st.SearchStrategy[Filter]:
    ends = st.none() | st.sampled_from([0.0, 1.0, 2.0, 10.0, 30.0, 90.0, 1000.0]) | st.floats(0, 200)
    return st.builds(Between, st.just(key), ends, ends, st.booleans()).filter(
        lambda part: part.least is not None or part.most is not None
    )


filters = st.recursive(
    st.one_of(
        texts.map(Text),
        st.sampled_from(sorted(WORD_KEYS)).flatmap(among),
        st.sampled_from(sorted(NUMBER_KEYS)).flatmap(between),
    ),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Either(tuple(parts))),
    ),
    max_leaves=5,
)


class Library:
    """A furnished store that stays open for many questions, and all of its runs."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self.desk, self._loop = desk, loop
        self.now_ms = desk.clock.wall_ms()
        self.runs = self.page(1000)

    def ask(self, question: Callable[[sqlite3.Connection, query.Vantage], list[Run]]) -> list[Run]:
        def look(db: sqlite3.Connection) -> list[Run]:
            return question(db, query.vantage(db, self.desk.stamp, self.desk.store.paths))

        return self._loop.run_until_complete(self.desk.store.read(look))

    def page(self, limit: int) -> list[Run]:
        return self.ask(lambda db, seen: list(query.page(db, seen, limit, None).runs))

    def found(self, filter: Filter, order: Order, step: int) -> list[Run]:
        """All pages of a filter, `step` runs each."""

        def walk(db: sqlite3.Connection, seen: query.Vantage) -> list[Run]:
            rows = db.execute("SELECT * FROM runs WHERE status = 'processing'").fetchall()
            wanted = search.condition(filter, self.now_ms, tuple(map(seen.run, rows)))
            found: list[int] = []
            after = None
            while places := search.found(db, wanted, order, after, step):
                found += [place.seq for place in places]
                after = order.read_cursor(order.cursor(places[-1]))
            assert search.count(db, wanted) == len(found)
            by_seq = {run.seq: run for run in self.runs}
            return [by_seq[seq] for seq in found]

        return self.ask(walk)


@asynccontextmanager
async def furnished(root: Path) -> AsyncGenerator[Desk]:
    async with open_store(StorePaths(root)) as store:
        desk = Desk(store, FakeClock())
        await furnish(desk)
        yield desk


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    loop = asyncio.new_event_loop()
    opening = furnished(tmp_path_factory.mktemp("library"))
    try:
        yield Library(loop.run_until_complete(opening.__aenter__()), loop)
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()


def test_the_library_has_runs_of_every_kind(library: Library) -> None:
    kinds = {flag for run in library.runs for flag, holds in FLAGS.items() if holds(run)}
    assert kinds == set(FLAGS)
    assert {run.status for run in library.runs} == {
        "pending", "processing", "completed", "failed", "cancelled"
    }  # fmt: skip
