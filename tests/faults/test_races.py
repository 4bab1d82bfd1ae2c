"""Cancel, complete, time-out and reaping meet on one run: one of them wins, and all are told so."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from racing import LOST, MOVES, begin_race, contend, take_place
from rounds import rounds

from llmsdeck.model import RunId
from llmsdeck.states import RunStatus
from llmsdeck.store.connection import connector
from llmsdeck.store.migrate import migrate

CONTESTANTS = tuple(MOVES)


def threads() -> Executor:
    barrier = threading.Barrier(len(CONTESTANTS))
    return ThreadPoolExecutor(len(CONTESTANTS), initializer=take_place, initargs=(barrier,))


def processes() -> Executor:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(CONTESTANTS))
    return ProcessPoolExecutor(len(CONTESTANTS), context, take_place, (barrier,))


def judge(db: sqlite3.Connection, run_id: RunId, told: dict[str, str]) -> None:
    """Fail unless one contestant won and the others were told the truth."""
    row = db.execute("SELECT * FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    status, cancelling = RunStatus(row["status"]), row["cancel_state"] is not None
    ends = ("completed", "failed", "cancelled", "attempt_lost", "cancel_requested")
    kinds = [
        kind
        for (kind,) in db.execute("SELECT kind FROM events WHERE run_seq = ?", (row["seq"],))
        if kind in ends
    ]
    # What was reaped goes back to the queue, and is cancelled there.
    assert len(kinds) == 1 or kinds == ["attempt_lost", "cancelled"], (told, kinds)
    won = {name for name in ("complete", "time out", "reap") if told[name] != LOST}
    assert len(won) == (0 if kinds[0] in ("cancel_requested", "cancelled") else 1), (told, kinds)
    assert (told["complete"] != LOST) == (status is RunStatus.COMPLETED), (told, status)
    cancels = {told["cancel"], told["cancel again"]}
    if status in (RunStatus.COMPLETED, RunStatus.FAILED):
        assert cancels == {"too_late"}, (told, status)
    elif status is RunStatus.CANCELLED:
        assert cancels == {"cancelled"}, (told, status)
    else:
        assert (status, cancelling, cancels) == (RunStatus.PROCESSING, True, {"requested"}), told


@pytest.mark.parametrize("contestants", [threads, processes])
def test_of_many_who_end_a_run_at_once_one_wins_and_all_are_told_the_truth(
    tmp_path: Path,
    contestants: Callable[[], Executor],
    record_property: Callable[[str, object], None],
) -> None:
    database, count = tmp_path / "deck.db", rounds(60, per_thousand=2500)
    with closing(connector(database, read_only=False)()) as db:
        migrate(db)
        races = [begin_race(db, limit) for limit in random.choices((1, 3), k=count)]
        with contestants() as pool:
            told = list(pool.map(partial(contend, database, races), CONTESTANTS))
        for race, each in zip(races, zip(*told, strict=True), strict=True):
            judge(db, race.lease.run_id, dict(zip(CONTESTANTS, each, strict=True)))
    winners = {who for who, each in zip(CONTESTANTS, told, strict=True) if set(each) != {LOST}}
    assert winners == set(CONTESTANTS), "somebody never won, so that this was no race"
    kind = contestants.__name__
    record_property(f"race rounds of five {kind}, 0 violations", count)
