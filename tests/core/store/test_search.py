"""The database and Python let the same runs through, and put them in the same order."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from desk import Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from llmsdeck import processes
from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.filter import EVERYTHING, Filter, Order, matches, parse
from llmsdeck.filter.keys import FLAGS, NUMBER_KEYS, WORD_KEYS
from llmsdeck.filter.order import ORDERS, Place
from llmsdeck.filter.tree import All, Among, Between, Either, Not, Text
from llmsdeck.model import Actor, ActorKind, Run, RunId, RunRequest, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, Phase
from llmsdeck.store import endings, intents, leases, query, search
from llmsdeck.store.columns import COLUMNS
from llmsdeck.store.condition import Condition
from llmsdeck.store.leases import Lease
from llmsdeck.store.rows import Vantage
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

HERE, AWAY = WorkerId("4711-abcdef"), WorkerId("4712-abc")
SOURCES = ["/srv/Flask", "/srv/50%_off", "/srv/Ünï\\code", "/srv/a b,c"]
REFS = [None, "main", "Main", "v2"]


async def furnish(desk: Desk) -> None:
    """Runs of every kind, each with something of its own."""
    desk.policy = Policy(queue_cap=100)
    await desk.register(HERE, os.getpid(), processes.started(os.getpid()) or "")
    for number in range(24):
        await desk.store.write(partial(enqueue, desk=desk, number=number))
        desk.clock.advance(1 + number / 7)
    for number in range(18):
        (claim,) = await desk.claim(HERE if number % 5 else AWAY)
        desk.clock.advance(number * 1.5)
        await go_on(desk, claim.lease, number)
    await desk.cancel(await desk.enqueue("/gone"))
    (claim,) = await desk.claim(HERE)
    ask = partial(endings.ask, stamp=desk.stamp, lease=claim.lease, worker=HERE)
    await desk.store.write(partial(ask, expected_tokens=9, token_budget=5))


def enqueue(db: sqlite3.Connection, desk: Desk, number: int) -> None:
    request = RunRequest(
        source=SOURCES[number % 4],
        ref=REFS[number // 3 % 4],
        model=["none", "Qwen"][number % 2],
        priority=number % 3 - 1,
        force=True,
    )
    actor = Actor(ActorKind.AGENT, "ada") if number % 2 else Actor(ActorKind.CLI)
    parent = RunId("7f3k" + "0" * 16) if number % 6 == 0 else None
    intents.enqueue(db, desk.stamp, request, actor, desk.policy, parent)


async def go_on(desk: Desk, lease: Lease, number: int) -> None:
    """Let a claimed run come to what its number stands for; some stay as they are."""
    match number % 6:
        case 0 | 5:
            await desk.complete(lease, size=10**number)
        case 1 | 2:
            kind = list(ErrorKind)[number % 7]
            message = f"The {kind} of 100% failed_\n{SOURCES[number % 4]}"
            by = Actor(ActorKind.WORKER)
            await desk.store.write(
                lambda db: endings.fail(db, desk.stamp, lease, by, kind, message)
            )
        case 3:
            await desk.store.write(
                lambda db: leases.enter_phase(db, desk.stamp, lease, HERE, Phase.WRITE)
            )
        case _:
            await desk.cancel(lease.run_id)


texts = st.sampled_from(
    ["flask", "FLASK", "%", "_", "\\", "ü", "Ü", "50%", "a b", "MAIN", "failed_", "\n", "0", "zz"]
) | st.text(max_size=3, min_size=1).filter(lambda text: "\0" not in text and text.isprintable())


def among(key: str) -> st.SearchStrategy[Filter]:
    choices = WORD_KEYS[key].choices
    extra = {"worker": ["4711", "4712-ABC"], "by": ["agent", "cli", "ADA"], "model": ["qwen"]}
    words = st.sampled_from([str(c) for c in choices] or extra.get(key, ["main", "v2", "flask"]))
    values = words if choices else words | texts
    return st.builds(Among, st.just(key), st.lists(values, min_size=1, max_size=3).map(tuple))


def between(key: str) -> st.SearchStrategy[Filter]:
    ends = (
        st.none() | st.sampled_from([0.0, 1.0, 2.0, 10.0, 30.0, 90.0, 1000.0]) | st.floats(0, 200)
    )
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


SEVERAL = [
    "status,source",
    "-source,-score,duration",
    "score,status",
    "-duration,-finished,source",
    "source,-score,age",
    "status,-created",
]
"""Orders of more than one key; of some keys not every run has a value."""


class Library:
    """A furnished store that stays open for many questions, and all of its runs."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self.desk, self._loop = desk, loop
        self.now_ms = desk.clock.wall_ms()
        self.runs = self.page(1000)

    def ask(self, question: Callable[[sqlite3.Connection, Vantage], list[Run]]) -> list[Run]:
        def look(db: sqlite3.Connection) -> list[Run]:
            return question(db, query.vantage(db, self.desk.stamp, self.desk.store.paths))

        return self._loop.run_until_complete(self.desk.store.read(look))

    def page(self, limit: int) -> list[Run]:
        return self.ask(lambda db, seen: list(query.page(db, seen, limit, None).runs))

    def found(self, filter: Filter, order: Order, step: int) -> list[Run]:
        """All pages of a filter, `step` runs each."""

        def walk(db: sqlite3.Connection, seen: Vantage) -> list[Run]:
            rows = db.execute(f"SELECT {COLUMNS} FROM runs WHERE status = 'processing'").fetchall()
            wanted = Condition.of(filter, self.now_ms, tuple(map(seen.run, rows)))
            found: list[int] = []
            after = None
            while places := search.found(db, wanted, order, after, step):
                found += [place.seq for place in places]
                assert len(found) <= len(self.runs), "pages overlap"
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


@given(filters)
@settings(max_examples=400)
def test_the_database_lets_through_what_python_does(library: Library, filter: Filter) -> None:
    wanted = [run for run in library.runs if matches(filter, run, library.now_ms)]
    assert library.found(filter, Order(), 1000) == wanted


@given(filters | st.just(EVERYTHING), st.integers(1, 30))
@pytest.mark.parametrize("sort", [*ORDERS, *(f"-{name}" for name in ORDERS), *SEVERAL])
@settings(max_examples=20)
def test_pages_in_any_order_follow_each_other_without_gap_or_overlap(
    library: Library, sort: str, filter: Filter, step: int
) -> None:
    order = Order.parse(sort)
    wanted = [run for run in library.runs if matches(filter, run, library.now_ms)]
    assert library.found(filter, order, step) == order.arranged(wanted)


def test_every_key_and_order_of_the_language_is_known_to_the_database(library: Library) -> None:
    for key in NUMBER_KEYS:
        library.found(Between(key, 1, 2), Order(), 10)
    for line in ("is:live", "id:7", "by:ada", "worker:4711", "parent:7f3k", "phase:write"):
        assert library.found(parse(line), Order(), 10) or line == "id:7"


@pytest.mark.parametrize("cursor", ["", "x", "12", "-1", "WzEsMl0", "é", "W10", "bnVsbA", "9" * 30])
@pytest.mark.parametrize("sort", ["created", "score"])
def test_a_cursor_of_another_order_or_none_is_refused(
    library: Library, cursor: str, sort: str
) -> None:
    if (cursor, sort) == ("12", "created"):
        return
    with pytest.raises(UsageError, match="not a cursor"):
        library.ask(lambda db, seen: list(query.page(db, seen, 5, cursor, "", sort).runs))


def test_a_search_that_takes_too_long_is_given_up(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PATIENCE", -1.0)
    monkeypatch.setattr(search, "_STEPS", 1)
    with pytest.raises(RefusedError, match="was given up"):
        library.found(parse("flask"), Order(), 10)
    monkeypatch.undo()
    assert library.found(parse("flask"), Order(), 10)


def plan(db: sqlite3.Connection, wanted: Condition, sort: str, after: Place) -> str:
    """How the database finds the next page."""
    statement, values = search.page(wanted, Order.parse(sort), after, 51)
    rows = db.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    return "\n".join(row["detail"] for row in rows)


@pytest.mark.parametrize("sort", ["finished", "-finished", "finished,source"])
def test_the_next_page_by_end_begins_where_the_index_says(library: Library, sort: str) -> None:
    def explain(db: sqlite3.Connection, _: Vantage) -> list[Run]:
        order = Order.parse(sort)
        after = Place((5, "/a")[: len(order.keys)], 5)
        said = plan(db, Condition.of(EVERYTHING, 0), sort, after)
        assert re.search(r"SEARCH runs USING .*INDEX runs_ended \(finished_ms[<>]\?", said), said
        return []

    library.ask(explain)


@pytest.mark.parametrize(
    ("line", "through"),
    [
        ("flask", "SEARCH runs USING COVERING INDEX runs_searched (seq<?)"),
        ("zebra", "SEARCH runs USING COVERING INDEX runs_searched (seq<?)"),
        ("zebra", "INDEX sqlite_autoindex_runs_1 (run_id>? AND run_id<?)"),
        ("status:completed -score<5", "SEARCH runs USING COVERING INDEX runs_searched (seq<?)"),
        ("id:7f3k", "SEARCH runs USING COVERING INDEX sqlite_autoindex_runs_1"),
        ("status:pending flask", "SCAN runs USING INDEX runs_queue"),
        ("is:live", "SEARCH runs USING INTEGER PRIMARY KEY (rowid=?)"),
        ("is:stale", "SEARCH runs USING INTEGER PRIMARY KEY (rowid=?)"),
    ],
)
def test_a_page_goes_through_an_index_that_fits_its_filter(
    library: Library, line: str, through: str
) -> None:
    def explain(db: sqlite3.Connection, _: Vantage) -> list[Run]:
        wanted = Condition.of(parse(line), library.now_ms)
        assert through in plan(db, wanted, "", Place((5,), 5))
        return []

    library.ask(explain)
