"""How soon a cancel ends an attempt whose model goes on talking, and one that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.figures import Row, at_most, percentile
from bench.lives import CLOCK, OPERATOR
from bench.queue import cancel, request
from bench.setting import PATIENCE, Setting, environment
from bench.starting import llmsdeck_worker
from llmsdeck import processes
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.worker import Worker
from llmsdeck.job import Draft, Job, Report
from llmsdeck.model import RunId
from llmsdeck.paths import CONFIG_VARIABLE, StorePaths
from llmsdeck.states import Phase
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store, open_store
from llmsdeck.testing.behaviours import Exchange
from llmsdeck.testing.model_server import ModelServer

_MODEL: Final = "tiny"
_PIECES: Final = 0.01
"""Seconds between two pieces of an answer that never ends."""
_LOOKS: Final = 0.001
"""Seconds between two looks at what is expected to change."""
_GRACE: Final = 1
"""Seconds that an attempt has to stop by itself, for these measures."""


def stops(setting: Setting) -> Iterator[Row]:
    """From the request to cancel until the run is on record as stopped, or its process is gone."""
    talks = asyncio.run(_while_a_model_talks(setting, setting.pick(10, 40)))
    hangs = asyncio.run(_while_it_hangs(setting, setting.pick(3, 10)))
    yield Row(
        name="cancel → stopped while a model's answer streams, p99",
        unit="ms",
        ours=[percentile(talks, 99) * 1000],
        target=at_most(300, absolute=True),
        note=f"p50 {percentile(talks, 50) * 1000:.3g} ms",
    )
    yield Row(
        name="cancel → process that holds the interpreter is gone, beyond the grace",
        unit="ms",
        ours=[(wait - _GRACE) * 1000 for wait in hangs],
        target=at_most(500, absolute=True),
        note=f"a grace of {_GRACE} s",
    )


async def _while_a_model_talks(setting: Setting, count: int) -> list[float]:
    waits: list[float] = []
    with setting.folder() as folder:
        (folder / "project").mkdir()
        (folder / "project" / "README.md").write_text("# A project\n\nOf one page.\n")
        async with ModelServer(_talk, models=(_MODEL,)) as server, _open(folder) as store:
            settings = {
                "LLMSDECK_MODEL__BASE_URL": server.url,
                CONFIG_VARIABLE: str(folder / "absent.toml"),
            }
            with llmsdeck_worker(folder, {**environment(), **settings}):
                for _ in range(count):
                    run_id = await request(store, str(folder / "project"), _MODEL)
                    await _until(lambda: server.calls > 0)
                    began = time.monotonic()
                    await cancel(store, run_id)
                    while not await _has_ended(store, run_id):
                        await store.changed(_LOOKS)
                    waits.append(time.monotonic() - began)
                    await _until(lambda: server.calls == 0)
    return waits


async def _talk(exchange: Exchange) -> None:
    """Answer for ever, a word at a time."""
    await exchange.begin()
    while True:
        await exchange.delta(content="again ")
        await asyncio.sleep(_PIECES)


async def _while_it_hangs(setting: Setting, count: int) -> list[float]:
    waits: list[float] = []
    with setting.folder() as folder:
        async with _open(folder) as store, _working(store):
            for _ in range(count):
                run_id = await request(store, "/hangs")
                pid, started = await _process(store, run_id)
                began = time.monotonic()
                await cancel(store, run_id)
                await _until(partial(_is_gone, pid, started))
                waits.append(time.monotonic() - began)
    return waits


async def hang(job: Job, folder: Path, report: Report) -> Draft:
    """Never let go of the interpreter: an expression that takes time without end."""
    report.phase(Phase.COLLECT)
    re.match(r"(a+)+$", "a" * 60 + "b")
    raise AssertionError


@contextlib.asynccontextmanager
async def _working(store: Store) -> AsyncGenerator[None]:
    """A worker of this process, whose run processes hang."""
    grace = {"cancel_grace": str(_GRACE)}
    await store.write(lambda db: stored_policy.change(db, Stamp.of(CLOCK), grace, OPERATOR))
    worker = Worker(store, CLOCK, ProcessExecutor(hang), slots=1)
    task = asyncio.create_task(worker.run())
    yield
    worker.drain()
    await task


@contextlib.asynccontextmanager
async def _open(folder: Path) -> AsyncGenerator[Store]:
    async with open_store(StorePaths(folder / "store")) as store:
        yield store


async def _has_ended(store: Store, run_id: RunId) -> bool:
    query = "SELECT finished_ms IS NOT NULL FROM runs WHERE run_id = ?"
    return await store.read(lambda db: bool(db.execute(query, (run_id,)).fetchone()[0]))


async def _process(store: Store, run_id: RunId) -> tuple[int, str]:
    """The run process, once it is on record."""
    query = "SELECT pid, pid_started FROM runs WHERE run_id = ? AND pid IS NOT NULL"
    while not (row := await store.read(lambda db: db.execute(query, (run_id,)).fetchone())):
        await store.changed(1)
    return int(row["pid"]), str(row["pid_started"])


def _is_gone(pid: int, began: str) -> bool:
    return not processes.is_same(pid, began)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(_LOOKS)
