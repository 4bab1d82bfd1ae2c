"""The dashboard in a terminal: its first frame, its answer to a key, what it costs to watch."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench import datatable_app
from bench.figures import Row, at_most, in_turns, percentile
from bench.programs import cpu_seconds, memory_mb
from bench.setting import Setting, environment, own
from bench.starting import PROGRAM
from bench.stores import copied, filled
from bench.terminal import Terminal, opened
from bench.traffic import RUNNING
from llmsdeck.model import SHORT_ID_LENGTH
from llmsdeck.paths import StorePaths

_DOWN: Final = b"\x1b[B"
_FEW: Final = 100
_VISIBLE: Final = 20
"""Runs that are on the first screen at least."""
_HERTZ: Final = 10
"""Refreshes of all running runs per second, when there is traffic."""
_GAP: Final = 0.06
"""Seconds between two keys."""
_SETTLE: Final = 2.0


def first_frames(setting: Setting) -> Iterator[Row]:
    """From the start of the process to a whole screen, against the smallest Textual app."""
    with _deck(setting, setting.many) as large, _deck(setting, _FEW) as small:
        measures: dict[str, Callable[[], Frame]] = {
            "many": partial(_first_frame, large),
            "few": partial(_first_frame, small),
            "minimal": _first_minimal,
        }
        taken = in_turns(setting.rounds, measures)
    name = f"first frame, {setting.many:,} runs"
    ours = [frame.milliseconds for frame in taken["many"]]
    for label, peer, key, most in (
        (name, f"{_FEW} runs", "few", 1.1),
        ("  beside Textual alone", "a minimal Textual app", "minimal", 1.4),
    ):
        theirs = [frame.milliseconds for frame in taken[key]]
        yield Row(name=label, unit="ms", ours=ours, peer=peer, theirs=theirs, target=at_most(most))
    yield Row(
        name=f"  resident memory, {setting.many:,} runs",
        unit="MB",
        ours=[frame.memory_mb for frame in taken["many"]],
        peer="a minimal Textual app",
        theirs=[frame.memory_mb for frame in taken["minimal"]],
        target=at_most(1.3),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """A first screen."""

    milliseconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Deck:
    """A store with a worker that seems alive, so that the dashboard starts none."""

    folder: Path

    @property
    def command(self) -> list[str]:
        """The dashboard of this store."""
        return [str(PROGRAM), "--store", str(self.folder)]

    def newest(self, count: int) -> list[str]:
        """Short ids, as the dashboard shows them."""
        with closing(sqlite3.connect(StorePaths(self.folder).database)) as db:
            rows = db.execute("SELECT run_id FROM runs ORDER BY seq DESC LIMIT ?", (count,))
            return [row[0][:SHORT_ID_LENGTH] for row in rows]


@contextlib.contextmanager
def _deck(setting: Setting, runs: int, running: int = 0, hertz: float = 0) -> Generator[Deck]:
    with setting.folder() as folder:
        copied(filled(setting.work, runs), folder / "s")
        command = own("traffic", folder / "s", running, hertz)
        traffic = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE)
        try:
            assert traffic.stdout is not None
            traffic.stdout.readline()
            yield Deck(folder / "s")
        finally:
            traffic.kill()
            traffic.communicate()


def _first_frame(deck: Deck) -> Frame:
    return _frame(deck.command, deck.newest(_VISIBLE))


def _first_minimal() -> Frame:
    return _frame(own("minimal_app"), ["READY"])


def _frame(command: list[str], wanted: Sequence[str]) -> Frame:
    began = time.perf_counter()
    with opened(command, environment()) as terminal:
        painted = terminal.wait_for(*wanted)
        terminal.rest(_SETTLE / 4)
        return Frame((painted - began) * 1000, memory_mb(terminal.pid))


def keys(setting: Setting) -> Iterator[Row]:
    """From a key to its effect on the screen, at rest and under traffic."""
    count = setting.pick(25, 120)
    datatable = {hertz: _datatable_keys(count, hertz) for hertz in (0, _HERTZ)}
    peer = f"DataTable of {datatable_app.ROWS:,}"
    with _deck(setting, setting.many) as deck:
        idle = _deck_keys(deck, count)
    with _deck(setting, setting.many, RUNNING, _HERTZ) as deck:
        busy = _deck_keys(deck, count)
    traffic = f"{RUNNING * _HERTZ} updates/s"
    for label, ours, theirs, limits in (
        ("", idle, datatable[0], ((50, 10), (99, 35))),
        (f", {traffic}", busy, datatable[_HERTZ], ((95, 45), (99, 60))),
    ):
        for share, most in limits:
            yield Row(
                name=f"key → paint{label}, p{share}",
                unit="ms",
                ours=[percentile(ours, share)],
                peer=peer,
                theirs=[percentile(theirs, share)],
                target=at_most(most, absolute=True),
            )
        yield Row(
            name=f"  how much sooner{label}, p50",
            unit="ms",
            ours=[percentile(ours, 50)],
            peer=peer,
            theirs=[percentile(theirs, 50)],
            target=at_most(1 / 4),
        )


def _deck_keys(deck: Deck, count: int) -> list[float]:
    ids = deck.newest(count + 1)
    with opened(deck.command, environment()) as terminal:
        terminal.wait_for(f"▸ {ids[0]}")
        return _press(terminal, [f"▸ {each}" for each in ids[1:]])


def _datatable_keys(count: int, hertz: float) -> list[float]:
    with opened(own("datatable_app", hertz), environment()) as terminal:
        terminal.wait_for(datatable_app.place(0))
        return _press(terminal, [datatable_app.place(row) for row in range(1, count + 1)])


def _press(terminal: Terminal, effects: Sequence[str]) -> list[float]:
    """Go down row by row; the milliseconds until each effect is painted."""
    terminal.rest(_SETTLE)
    waits: list[float] = []
    for effect in effects:
        terminal.rest(_GAP)
        pressed = time.perf_counter()
        terminal.type(_DOWN)
        waits.append((terminal.wait_for(effect) - pressed) * 1000)
    return waits


def watching(setting: Setting) -> Iterator[Row]:
    """Processor time of a dashboard that is looked at, at rest and with running runs."""
    seconds = setting.pick(5, 15)
    htop = setting.peers.command("htop")
    with _deck(setting, setting.many) as deck:
        idle = _cpu(deck.command, seconds)
    yield Row(name="dashboard at rest", unit="%", ours=[idle], target=at_most(0.2, absolute=True))
    with _deck(setting, setting.many, RUNNING, 1) as deck:
        slow = _cpu(deck.command, seconds)
    yield Row(
        name=f"  {RUNNING} running runs that beat once a second",
        unit="%",
        ours=[slow],
        peer="htop",
        theirs=[_cpu([str(htop), "-d", "10"], seconds)] if htop else (),
        target=at_most(1.5),
    )
    with _deck(setting, setting.many, RUNNING, _HERTZ) as deck:
        fast = _cpu(deck.command, seconds)
    yield Row(
        name=f"  {RUNNING} running runs that beat {_HERTZ} times a second",
        unit="%",
        ours=[fast],
        peer=f"DataTable of {datatable_app.ROWS:,}",
        theirs=[_cpu(own("datatable_app", _HERTZ), seconds)],
        target=at_most(0.2),
    )


def _cpu(command: list[str], seconds: float) -> float:
    """Percent of one processor, once it has settled."""
    with opened(command, environment()) as terminal:
        terminal.rest(2 * _SETTLE)
        before = cpu_seconds(terminal.pid)
        terminal.rest(seconds)
        return 100 * (cpu_seconds(terminal.pid) - before) / seconds
