"""Durable writes: how many runs live per second, alone and beside three other processes."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench import plain
from bench.figures import Row, at_least, at_most, in_turns, percentile
from bench.setting import Setting, answer, answers, own
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import open_store

_START_UP: Final = 1.5
"""Seconds after which processes that were started together begin together."""
_PROCESSES: Final = 4
_CALLERS: Final = 25
_SOURCE: Final = Path(__file__).with_name("raw.c")


def alone(setting: Setting) -> Iterator[Row]:
    """Lives per second of one process, against one commit per step through the C interface."""
    raw = setting.peers.compiled(_SOURCE)
    sizes = {100: setting.pick(2000, 4000), 10: setting.pick(1000, 2000), 1: setting.pick(200, 500)}
    measures: dict[str, Callable[[], float]] = {
        str(callers): partial(_ours, setting, runs, callers) for callers, runs in sizes.items()
    }
    if raw is not None:
        measures["raw"] = partial(_raw, setting, raw, setting.pick(300, 800))
    taken = in_turns(setting.rounds, measures)
    for callers, least in ((100, 8.0), (10, 3.0), (1, 0.4)):
        yield Row(
            name=f"lives/s, FULL, {callers} caller{'s' * (callers > 1)}",
            unit="/s",
            ours=taken[str(callers)],
            peer="C, commit per step",
            theirs=taken.get("raw", ()),
            target=at_least(least),
        )


def _ours(setting: Setting, runs: int, callers: int) -> float:
    with setting.folder() as folder:
        told = answer(own("lives", folder, runs, callers, 0, "elected"))
    return runs / float(told["seconds"])


def _raw(setting: Setting, program: Path, runs: int) -> float:
    with setting.folder() as folder:
        told = answer([str(program), str(folder / "raw.db"), str(runs), *plain.STATEMENTS])
    return runs / float(told["seconds"])


def together(setting: Setting) -> Iterator[Row]:
    """Four processes at once, against four that use SQLite as everybody does."""
    ours, theirs = setting.pick(400, 800), setting.pick(60, 150)
    taken = in_turns(
        setting.rounds,
        {
            "ours": partial(_our_crowd, setting, ours),
            "theirs": partial(_plain_crowd, setting, theirs),
        },
    )
    rates = {
        name: [_rate(round_, runs) for round_ in taken[name]]
        for name, runs in (("ours", ours), ("theirs", theirs))
    }
    peer = "4 sqlite3 writers"
    yield Row(
        name="lives/s, FULL, 4 processes × 25 callers",
        unit="/s",
        ours=rates["ours"],
        peer=peer,
        theirs=rates["theirs"],
        target=at_least(1.8),
    )
    for name, share, most in (("p99", 99.0, 15.0), ("worst", 100.0, 250.0)):
        yield Row(
            name=f"  one step of them, {name}",
            unit="ms",
            ours=[_wait(each, share) for each in taken["ours"]],
            peer=peer,
            theirs=[_wait(each, share) for each in taken["theirs"]],
            target=at_most(most, absolute=True),
        )
    yield Row(
        name="  SQLITE_BUSY that reached a caller",
        unit="",
        ours=[_busy(round_) for round_ in taken["ours"]],
        peer=peer,
        theirs=[_busy(round_) for round_ in taken["theirs"]],
        target=at_most(0, absolute=True),
    )
    yield Row(
        name="  slowest process, part of the mean",
        unit="%",
        ours=[_fairness(round_) for round_ in taken["ours"]],
        peer=peer,
        theirs=[_fairness(round_) for round_ in taken["theirs"]],
        target=at_least(50, absolute=True),
    )


_Round = list[dict[str, Any]]
"""What each process of a round has told."""


def _our_crowd(setting: Setting, runs: int) -> _Round:
    with setting.folder() as folder:
        asyncio.run(_prepare(folder))
        start = time.monotonic() + _START_UP
        crowd = ["elected"] + ["plain"] * (_PROCESSES - 1)
        told = answers([own("lives", folder, runs, _CALLERS, start, part) for part in crowd])
    return [{**each, "start": start} for each in told]


async def _prepare(folder: Path) -> None:
    async with open_store(StorePaths(folder)):
        pass


def _plain_crowd(setting: Setting, runs: int) -> _Round:
    with setting.folder() as folder:
        database = str(folder / "plain.db")
        plain.PlainWriter(database).close()
        start = time.monotonic() + _START_UP
        told = answers([own("plain", database, runs, start) for _ in range(_PROCESSES)])
    return [{**each, "start": start} for each in told]


def _rate(crowd: _Round, runs: int) -> float:
    return float(runs * len(crowd) / (max(each["end"] for each in crowd) - crowd[0]["start"]))


def _wait(crowd: _Round, share: float) -> float:
    return percentile([wait for each in crowd for wait in each["waits"]], share) * 1000


def _busy(crowd: _Round) -> float:
    return float(sum(each["busy"] for each in crowd))


def _fairness(crowd: _Round) -> float:
    """How fast the slowest process was, in percent of the mean."""
    speeds = [1 / float(each["end"] - each["start"]) for each in crowd]
    return 100 * min(speeds) / statistics.mean(speeds)
