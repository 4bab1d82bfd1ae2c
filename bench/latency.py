"""How soon one process notices what another one did: starts, changes, cancels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.errands import ERRAND, LONG_ERRAND
from bench.figures import Row, at_most, percentile
from bench.marks import Marks
from bench.queue import cancel, huey_errands, huey_worker, request, worker
from bench.setting import Setting, answers, own
from bench.watching import GAP
from llmsdeck.engine.child import Attempt
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.messages import PhaseMessage
from llmsdeck.job import Job
from llmsdeck.model import ArtifactName, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store

_IDLE: Final = 12.0
_GAP: Final = 0.02
"""Seconds between two samples, in which everything comes to rest."""
_AFTER_IDLE: Final = 3
_START_UP: Final = 1.5
"""Seconds after which processes that were started together begin together."""
_MS: Final = 1e6
"""Nanoseconds in a millisecond."""


def starts(setting: Setting) -> Iterator[Row]:
    """From the acceptance of a run to its start in a worker, one by one."""
    count = setting.pick(60, 200)
    idle = _IDLE if not setting.quick else _IDLE / 4
    with setting.folder() as folder, worker(folder, 4, count + _AFTER_IDLE):
        ours = asyncio.run(_started(folder, range(count), _GAP))
        late = asyncio.run(_started(folder, range(count, count + _AFTER_IDLE), idle))
    theirs = _huey_starts(setting, setting.pick(20, 60))
    for name, share, most in (("p50", 50.0, 4.0), ("p99", 99.0, 25.0)):
        yield Row(
            name=f"enqueue → start in another process, {name}",
            unit="ms",
            ours=[percentile(ours, share)],
            peer="Huey, SQLite",
            theirs=[percentile(theirs, share)] if theirs else (),
            target=at_most(most, absolute=True),
        )
    yield Row(
        name=f"  the same after {idle:g} s of idleness",
        unit="ms",
        ours=late,
        target=at_most(4, absolute=True),
    )


async def _started(folder: Path, numbers: range, gap: float) -> list[float]:
    """Milliseconds until the start of each run; what it takes to accept it is included."""
    marks = Marks(folder / "marks", numbers.stop)
    waits: list[float] = []
    async with open_store(StorePaths(folder)) as store:
        for number in numbers:
            await asyncio.sleep(gap)
            began = time.monotonic_ns()
            await request(store, f"{ERRAND}{number}")
            waits.append((await asyncio.to_thread(marks.wait_for, number) - began) / _MS)
    return waits


def _huey_starts(setting: Setting, count: int) -> list[float]:
    python = setting.peers.package("huey")
    if python is None:
        return []
    with setting.folder() as folder, huey_worker(python, folder, count + 1):
        marks = Marks(folder / "marks", count + 1)
        waits: list[float] = []
        for number in range(1, count + 1):
            began, _ = huey_errands(python, folder, count + 1, number, number + 1)
            waits.append((marks.wait_for(number) - began) / _MS)
    return waits


def cancels(setting: Setting) -> Iterator[Row]:
    """From the request to cancel to the stop of an attempt that answers."""
    count = setting.pick(30, 100)
    with setting.folder() as folder, worker(folder, 4, 2 * count):
        told = asyncio.run(_cancelled(folder, count))
    yield Row(
        name="cancel → attempt told to stop, p50",
        unit="ms",
        ours=[percentile(told, 50)],
        target=at_most(5, absolute=True),
        note=f"p99 {percentile(told, 99):.3g} ms",
    )


async def _cancelled(folder: Path, count: int) -> list[float]:
    marks = Marks(folder / "marks", 2 * count)
    waits: list[float] = []
    async with open_store(StorePaths(folder)) as store:
        for number in range(0, 2 * count, 2):
            run_id = await request(store, f"{LONG_ERRAND}{number}")
            await asyncio.to_thread(marks.wait_for, number)
            await asyncio.sleep(_GAP)
            began = time.monotonic_ns()
            await cancel(store, run_id)
            waits.append((await asyncio.to_thread(marks.wait_for, number + 1) - began) / _MS)
    return waits


def sights(setting: Setting) -> Iterator[Row]:
    """From a commit in one process to its being seen in another, and what watching costs."""
    count = setting.pick(40, 120)
    with setting.folder() as folder:
        start = time.monotonic() + _START_UP
        seen, made = answers(
            [own("watching", part, folder, count, start) for part in ("watch", "commit")]
        )
    waits = [_seen_after(commit, seen["at"]) for commit in made["at"][:-1]]
    yield Row(
        name="commit → seen in another process, p99",
        unit="ms",
        ours=[percentile(waits, 99)],
        target=at_most(5, absolute=True),
        note=f"p50 {percentile(waits, 50):.3g} ms",
    )
    yield Row(
        name=f"  processor of the watcher, {1 / GAP:g} commits/s",
        unit="%",
        ours=[100 * seen["cpu"]],
        target=at_most(0.5, absolute=True),
    )


def _seen_after(commit: int, seen: Sequence[int]) -> float:
    """Milliseconds from a commit to the first sight after it; a sight may come a bit earlier."""
    nearest = min(seen, key=lambda sight: abs(sight - commit))
    return max(0, nearest - commit) / _MS


def first_phases(setting: Setting) -> Iterator[Row]:
    """From the order to start an attempt to the first word of its process, fork server warm."""
    waits = asyncio.run(_first_phases(setting, setting.pick(8, 30)))
    yield Row(
        name="start of a run process → its first phase",
        unit="ms",
        ours=waits,
        target=at_most(60, absolute=True),
        note=f"p99 {percentile(waits, 99):.3g} ms",
    )


async def _first_phases(setting: Setting, count: int) -> list[float]:
    executor = ProcessExecutor()
    waits = [await _first_phase(setting, executor) for _ in range(count + 1)]
    return waits[1:]


async def _first_phase(setting: Setting, executor: ProcessExecutor) -> float:
    with setting.folder() as folder:
        (folder / "README.md").write_text("# A project\n\nOf one page.\n")
        job = Job(
            run_id=RunId("bench"),
            source=str(folder),
            ref=None,
            artifacts=(ArtifactName.LLMS,),
            model="none",
        )
        attempt = Attempt(job=job, folder=folder / "out", heartbeat_interval=2)
        began = time.monotonic_ns()
        execution = await executor.start(attempt)
        waits = [
            (time.monotonic_ns() - began) / _MS
            async for message in execution.messages()
            if isinstance(message, PhaseMessage)
        ]
        await execution.ended()
        return waits[0]
