"""Taking runs from owners that are gone or silent, so that they end or go on elsewhere."""

from __future__ import annotations

import logging
import signal
import sqlite3
from dataclasses import dataclass
from functools import partial

from llmsdeck import processes
from llmsdeck.clock import Clock, Instant
from llmsdeck.errors import LostLeaseError
from llmsdeck.model import RunId
from llmsdeck.paths import StorePaths
from llmsdeck.states import ErrorKind
from llmsdeck.store import endings, query
from llmsdeck.store.leases import Lease
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRun:
    """A run that nobody works on any more, as it was observed."""

    lease: Lease
    beat_ns: int
    kind: ErrorKind
    reason: str
    pid: int | None
    pid_started: str | None


async def rescue(store: Store, clock: Clock, only: RunId | None = None) -> None:
    """End the attempts of lost runs, all or one; what such an attempt left running is killed.

    A run that has beaten again since it was observed is left alone.
    """
    stamp = Stamp.of(clock)
    for run in await store.read(lambda db: _lost(db, stamp, store.paths)):
        if only is not None and run.lease.run_id != only:
            continue
        try:
            await store.write(partial(_reap, stamp=Stamp.of(clock), run=run))
        except LostLeaseError:
            continue
        if run.pid is not None and run.pid_started is not None:
            processes.kill_group(run.pid, run.pid_started, signal.SIGKILL)
        log.info("Rescued run %s: %s", run.lease.run_id, run.reason)


def _lost(db: sqlite3.Connection, stamp: Stamp, paths: StorePaths) -> tuple[LostRun, ...]:
    seen_from = query.vantage(db, stamp, paths)
    rows = db.execute("SELECT * FROM runs WHERE status = 'processing' ORDER BY seq").fetchall()
    found: list[LostRun] = []
    for row in rows:
        vital = seen_from.vitality(row["worker_id"], Instant(row["boot_id"], row["beat_ns"]))
        if vital.lost:
            same_boot = row["boot_id"] == stamp.now.boot_id
            found.append(
                LostRun(
                    lease=Lease(RunId(row["run_id"]), row["token"]),
                    beat_ns=row["beat_ns"],
                    kind=ErrorKind.WORKER_LOST if vital.orphan else ErrorKind.HUNG,
                    reason=vital.reason or "",
                    pid=row["pid"] if same_boot else None,
                    pid_started=row["pid_started"],
                )
            )
    return tuple(found)


def _reap(db: sqlite3.Connection, stamp: Stamp, run: LostRun) -> None:
    message = f"The attempt was lost: {run.reason}."
    endings.reap(db, stamp, run.lease, run.beat_ns, run.kind, message)
