"""A worker with short runs for a while: memory and descriptors must stay where they are."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import Row, at_most
from bench.programs import memory_mb
from bench.queue import completed, request
from bench.setting import Setting
from bench.starting import llmsdeck_worker
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store

_PER_MINUTE: Final = 100
_WARM_UP: Final = 5
"""Runs before the first sample."""
_BETWEEN_SAMPLES: Final = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What a worker held at a moment."""

    minutes: float
    memory_mb: float
    descriptors: int


def soaks(setting: Setting) -> Iterator[Row]:
    """How memory and descriptors of a worker go up or down, per minute."""
    seconds = setting.soak_s or float(setting.pick(20, 60))
    with setting.folder() as folder:
        (folder / "project").mkdir()
        (folder / "project" / "README.md").write_text("# A project\n\nOf one page.\n")
        with llmsdeck_worker(folder) as process:
            samples = asyncio.run(_soaked(folder, process.pid, seconds))
    note = f"{_PER_MINUTE} runs a minute for {seconds:g} s"
    yield Row(
        name="memory of the worker, growth per minute",
        unit="MB",
        ours=[_slope(samples, [sample.memory_mb for sample in samples])],
        target=at_most(0.5, absolute=True),
        note=f"{note}; {samples[-1].memory_mb:.0f} MB at the end",
    )
    yield Row(
        name="its descriptors, growth per minute",
        unit="",
        ours=[_slope(samples, [sample.descriptors for sample in samples])],
        target=at_most(0.5, absolute=True),
        note=f"{note}; {samples[-1].descriptors} at the end",
    )


async def _soaked(folder: Path, pid: int, seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    source = str(folder / "project")
    async with open_store(StorePaths(folder / "store")) as store:
        for _ in range(_WARM_UP):
            await request(store, source)
        while await completed(store) < _WARM_UP:
            await store.changed(1)
        began = time.monotonic()
        while (past := time.monotonic() - began) < seconds:
            if past >= len(samples) * _BETWEEN_SAMPLES:
                samples.append(_sample(pid, past / 60))
            await request(store, source)
            await asyncio.sleep(60 / _PER_MINUTE)
    return samples


def _sample(pid: int, minutes: float) -> Sample:
    return Sample(minutes, memory_mb(pid), len(list(Path(f"/proc/{pid}/fd").iterdir())))


def _slope(samples: Sequence[Sample], values: Sequence[float]) -> float:
    return statistics.linear_regression([sample.minutes for sample in samples], values).slope
