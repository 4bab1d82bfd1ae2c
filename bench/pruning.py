"""Pruning a tenth of a large store while another process writes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final

from bench.figures import Row, at_most, percentile
from bench.lives import CLOCK, OPERATOR, SWEEP, sweep
from bench.setting import PATIENCE, Setting, environment, own
from bench.stores import copied, filled
from llmsdeck.engine.folders import prune_runs
from llmsdeck.model import RunId
from llmsdeck.paths import StorePaths
from llmsdeck.store import trash
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store, open_store

_PART: Final = 10
_WARM_UP: Final = 1.0
"""Seconds in which the other writer comes up."""

_Prune = Callable[[Store, list[RunId]], Coroutine[Any, Any, object]]


def prunes(setting: Setting) -> Iterator[Row]:
    """The whole prune against one transaction that does the same, and what it makes others wait."""
    store, count = filled(setting.work, setting.many), setting.many // _PART
    seconds, waits = _pruned(setting, store, count, _in_chunks)
    whole, whole_waits = _pruned(setting, store, count, _at_once)
    peer = "one transaction"
    yield Row(
        name=f"prune {count:,} of {setting.many:,} runs",
        unit="s",
        ours=[seconds],
        peer=peer,
        theirs=[whole],
        target=at_most(2.5),
        note=f"a checkpoint every {SWEEP:g} s",
    )
    yield Row(
        name="  longest wait of another writer",
        unit="ms",
        ours=[max(waits) * 1000],
        peer=peer,
        theirs=[max(whole_waits) * 1000],
        target=at_most(25, absolute=True),
        note=f"p99 {percentile(waits, 99) * 1000:.3g} ms",
    )


def _pruned(setting: Setting, store: Path, count: int, prune: _Prune) -> tuple[float, list[float]]:
    """Seconds that it took, and the waits of the other writer."""
    with setting.folder() as folder:
        copied(store, folder / "store")
        os.sync()  # or else the others would wait for the copy
        other = subprocess.Popen(
            own("beating", folder / "store"), env=environment(), stdout=subprocess.PIPE
        )
        try:
            seconds = asyncio.run(_timed(folder / "store", count, prune))
            other.terminate()
            told = json.loads(other.communicate(timeout=PATIENCE)[0])
        finally:
            other.kill()
            other.wait()
    return seconds, told["waits"]


async def _timed(folder: Path, count: int, prune: _Prune) -> float:
    async with open_store(StorePaths(folder)) as store:
        rows = await store.read(
            lambda db: db.execute(
                "SELECT run_id FROM runs ORDER BY seq LIMIT ?", (count,)
            ).fetchall()
        )
        run_ids = [RunId(row["run_id"]) for row in rows]
        sweeper = asyncio.create_task(sweep(store))
        await asyncio.sleep(_WARM_UP)
        began = time.perf_counter()
        await prune(store, run_ids)
        seconds = time.perf_counter() - began
        sweeper.cancel()
    return seconds


async def _in_chunks(store: Store, run_ids: list[RunId]) -> object:
    return await prune_runs(store, CLOCK, run_ids, OPERATOR)


async def _at_once(store: Store, run_ids: list[RunId]) -> object:
    stamp = Stamp.of(CLOCK)
    return await store.write(lambda db: trash.throw(db, stamp, run_ids, OPERATOR))
