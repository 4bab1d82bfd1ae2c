"""What it costs to start: the command line, a worker, and a worker's first run."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.figures import Row, at_most, in_turns
from bench.marks import Marks
from bench.programs import cpu_seconds, memory_mb, running
from bench.queue import huey_environment, huey_errands, huey_worker, request
from bench.setting import Setting, environment
from llmsdeck.paths import HOME_VARIABLE, StorePaths
from llmsdeck.store.store import Store, open_store

PROGRAM: Final = Path(sys.executable).with_name("llmsdeck")
_LOOKS: Final = 0.002
"""Seconds between two looks at a store that is expected to change."""
_PATIENCE: Final = 60.0


def commands(setting: Setting) -> Iterator[Row]:
    """Cold commands, against a Python that does nothing."""
    with setting.folder() as folder:
        variables = {**environment(), HOME_VARIABLE: str(folder)}
        measures = {
            "python": partial(_run_ms, [sys.executable, "-c", "pass"], variables),
            "help": partial(_run_ms, [str(PROGRAM), "--help"], variables),
            "list": partial(_run_ms, [str(PROGRAM), "list"], variables),
        }
        for measure in measures.values():
            measure()
        taken = in_turns(setting.pick(5, 15), measures)
    for verb, most in (("help", 3.0), ("list", 8.0)):
        yield Row(
            name=f"llmsdeck {'--' * (verb == 'help')}{verb}, cold",
            unit="ms",
            ours=taken[verb],
            peer="python -c pass",
            theirs=taken["python"],
            target=at_most(most),
        )


def _run_ms(command: list[str], variables: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=variables, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def idle_worker(setting: Setting) -> Iterator[Row]:
    """Memory and processor of a worker that waits, and of Huey's consumer."""
    seconds = setting.pick(4, 20)
    with setting.folder() as folder, llmsdeck_worker(folder) as process:
        asyncio.run(_until(folder, "SELECT count(*) FROM workers"))
        memory, cpu = _idle(process.pid, seconds)
    huey = _idle_huey(setting, seconds)
    yield Row(
        name="idle worker, resident memory",
        unit="MB",
        ours=[memory],
        peer="Huey's consumer",
        theirs=[huey[0]] if huey else (),
        target=at_most(40, absolute=True),
    )
    yield Row(
        name="idle worker, processor",
        unit="%",
        ours=[cpu],
        peer="Huey's consumer",
        theirs=[huey[1]] if huey else (),
    )


def _idle_huey(setting: Setting, seconds: float) -> tuple[float, float] | None:
    python = setting.peers.package("huey")
    if python is None:
        return None
    with setting.folder() as folder, huey_worker(python, folder, 1) as process:
        return _idle(process.pid, seconds)


def _idle(pid: int, seconds: float) -> tuple[float, float]:
    """Megabytes, and percent of one processor."""
    time.sleep(1)
    before = cpu_seconds(pid)
    time.sleep(seconds)
    return memory_mb(pid), 100 * (cpu_seconds(pid) - before) / seconds


def first_runs(setting: Setting) -> Iterator[Row]:
    """From the start of a worker's process until the work of a run that waited begins."""
    measures: dict[str, Callable[[], float]] = {
        "claimed": partial(_first_run_ms, setting, "SELECT count(started_ms) FROM runs"),
        "phase": partial(_first_run_ms, setting, "SELECT count(*) FROM phases"),
    }
    python = setting.peers.package("huey")
    if python is not None:
        measures["huey"] = partial(_first_errand_ms, setting, python)
    taken = in_turns(setting.rounds, measures)
    for name, key in (("claimed", "claimed"), ("in its first phase", "phase")):
        yield Row(
            name=f"spawn of a worker → first run {name}",
            unit="ms",
            ours=taken[key],
            peer="Huey: first task begun",
            theirs=taken.get("huey", ()),
            target=at_most(1),
        )


def _first_run_ms(setting: Setting, question: str) -> float:
    with setting.folder() as folder:
        (folder / "project").mkdir()
        (folder / "project" / "README.md").write_text("# A project\n\nOf one page.\n")
        asyncio.run(_accept(folder))
        began = time.perf_counter()
        with llmsdeck_worker(folder):
            asyncio.run(_until(folder, question))
            return (time.perf_counter() - began) * 1000


def _first_errand_ms(setting: Setting, python: Path) -> float:
    with setting.folder() as folder:
        marks = Marks(folder / "marks", 1)
        huey_errands(python, folder, 1, 0, 1)
        command = [str(python.parent / "huey_consumer"), "bench.huey_worker.huey"]
        began = time.monotonic_ns()
        with running(command, huey_environment(folder, 1)):
            return (marks.wait_for(0) - began) / 1e6


async def _accept(folder: Path) -> None:
    async with open_store(StorePaths(folder / "store")) as store:
        await request(store, str(folder / "project"))


async def _until(folder: Path, question: str) -> None:
    """Wait until a count in the store is no longer zero."""
    deadline = time.monotonic() + _PATIENCE
    async with open_store(StorePaths(folder / "store")) as store:
        while not await _count(store, question):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{question} stayed at zero for {_PATIENCE:g} s")
            await asyncio.sleep(_LOOKS)


async def _count(store: Store, question: str) -> int:
    return await store.read(lambda db: int(db.execute(question).fetchone()[0]))


def llmsdeck_worker(
    folder: Path, variables: dict[str, str] | None = None
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """The installed program as a worker of the store in a folder."""
    command = [str(PROGRAM), "worker", "--store", str(folder / "store")]
    return running(command, variables or environment())
