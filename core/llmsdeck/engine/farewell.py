"""The last write of a worker: it gives back what it still holds and leaves the register."""

from __future__ import annotations

import logging
import sqlite3
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.errors import StoreError
from llmsdeck.model import WorkerId
from llmsdeck.store import endings, leases, workers
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

log = logging.getLogger(__name__)

PATIENCE: Final = 1.0
"""Seconds to wait for a lock; others notice the end of the process anyway."""


async def sign_off(store: Store, clock: Clock, worker: WorkerId) -> StoreError | None:
    """Sign off once no attempt goes on; None, or why runs that the worker held are still its own.

    Writes that have waited for a lock for longer fail at once, those of beats too.
    """
    try:
        with store.patience.at_most(PATIENCE):
            await store.write(lambda db: _sign_off(db, Stamp.of(clock), worker))
    except StoreError as error:
        log.warning("Signing off failed, others will tidy up: %s", error)
        return await _left_behind(store, worker, error)
    return None


def _sign_off(db: sqlite3.Connection, stamp: Stamp, worker: WorkerId) -> None:
    for held in leases.held(db, worker):
        endings.release(db, stamp, held.lease, worker)
    workers.leave(db, worker)


async def _left_behind(store: Store, worker: WorkerId, why: StoreError) -> StoreError | None:
    try:
        held = await store.read(lambda db: leases.held(db, worker))
    except StoreError:
        return why
    if not held:
        return None
    runs = ", ".join(each.lease.run_id for each in held)
    return StoreError(
        f"The worker has stopped, but could not give back what it held ({runs}); another worker "
        f"will find out and go on. {why}"
    )
