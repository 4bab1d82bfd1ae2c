"""What an attempt puts on record; every write is under its lease."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from llmsdeck import calls
from llmsdeck.engine.copies import copy_target, refresh_copies
from llmsdeck.engine.messages import (
    AskMessage,
    CallMessage,
    DoneMessage,
    HeldMessage,
    LaneMessage,
    NoteMessage,
    WarningMessage,
)
from llmsdeck.engine.publish import seal
from llmsdeck.engine.station import Station
from llmsdeck.errors import LostLeaseError, RejectedError, StoreError
from llmsdeck.model import Actor, ActorKind, RunWarning
from llmsdeck.states import CancelState, ErrorKind, Phase, RunStatus
from llmsdeck.store import endings, leases
from llmsdeck.store.lanes import Sighting
from llmsdeck.store.leases import Claim, Lease
from llmsdeck.store.stamp import Stamp

log = logging.getLogger(__name__)

Result = TypeVar("Result")

MAX_WARNINGS: Final = 50
"""Different warnings kept per run; further ones are counted together."""
MAX_NOTES: Final = 500
"""Calls to a model and the like that are kept per attempt; a pipeline makes some dozens."""
RETRY_PAUSE: Final = 0.5
"""Seconds between tries while the store cannot be written."""


class Record:
    """The row of one attempt, as long as its lease holds."""

    def __init__(
        self,
        station: Station,
        claim: Claim,
        on_cancel: Callable[[Lease], None],
        on_loss: Callable[[], None],
    ) -> None:
        self.lease = claim.lease
        self._station = station
        self._claim = claim
        self._on_cancel = on_cancel
        self._on_loss = on_loss
        self._warnings: dict[tuple[str, str], int] = {}
        self._notes = 0
        self._published = False

    @property
    def folder(self) -> Path:
        """Where the attempt, and nobody else, writes; the token is the one it was claimed under."""
        claimed = self._claim.lease
        return self._station.store.paths.attempt(claimed.run_id, claimed.token)

    @property
    def _actor(self) -> Actor:
        return Actor(ActorKind.WORKER, self._station.worker)

    @property
    def _stamp(self) -> Stamp:
        return Stamp.of(self._station.clock)

    def warn(self, message: WarningMessage) -> None:
        """Keep a warning until the end of the attempt."""
        key = (message.kind, message.message)
        if key not in self._warnings and len(self._warnings) >= MAX_WARNINGS:
            key = ("more", "Further warnings were not kept.")
        self._warnings[key] = self._warnings.get(key, 0) + message.count

    async def process(self, pid: int, began: str) -> None:
        """Name the run process."""
        await self._write(lambda db, lease: leases.set_process(db, lease, pid, began))

    async def phase(self, phase: Phase) -> None:
        """The attempt entered a phase."""
        stamp, worker = self._stamp, self._station.worker
        await self._write(lambda db, lease: leases.enter_phase(db, stamp, lease, worker, phase))

    async def cancel_state(self, state: CancelState) -> None:
        """The cancel got one step further."""
        stamp, worker = self._stamp, self._station.worker
        await self._write(lambda db, lease: leases.climb_cancel(db, stamp, lease, worker, state))

    async def lane(self, seen: LaneMessage) -> None:
        """A model server answered the attempt."""
        stamp, sighting = self._stamp, Sighting(**seen.model_dump(exclude={"type"}))
        await self._write(
            lambda db, lease: leases.see_lane(db, stamp, lease, self._actor, sighting)
        )

    async def call(self, call: CallMessage) -> None:
        """A call to a model has ended."""
        await self._note(calls.EVENT, _sentence(call), call.model_dump(exclude={"type"}))

    async def note(self, note: NoteMessage) -> None:
        """The attempt has something to say."""
        await self._note(note.kind, note.message, {})

    async def _note(self, kind: str, message: str, data: Mapping[str, object]) -> None:
        self._notes += 1
        if self._notes > MAX_NOTES:
            return
        stamp = self._stamp
        await self._write(
            lambda db, lease: leases.note(db, stamp, lease, self._actor, kind, message, data)
        )

    async def waits(self, reason: HeldMessage | AskMessage) -> None:
        """The attempt does not count: it waits for its model server, or for an answer."""
        stamp, worker = self._stamp, self._station.worker
        if isinstance(reason, HeldMessage):
            away = partial(endings.hold, server=reason.server, reason=reason.message)
        else:
            away = partial(endings.ask, **reason.model_dump(exclude={"type"}))
        await self._write(lambda db, lease: away(db, stamp, lease, worker))

    async def failed(self, kind: ErrorKind, message: str) -> None:
        """The attempt did not produce a bundle."""
        stamp, warnings = self._stamp, self._kept_warnings()
        await self._write(
            lambda db, lease: endings.fail(db, stamp, lease, self._actor, kind, message, warnings)
        )

    async def tidy(self) -> None:
        """Remove what the attempt left, unless it is the run's bundle now."""
        if not self._published:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def released(self) -> None:
        """The attempt was interrupted and does not count."""
        stamp, worker = self._stamp, self._station.worker
        await self._write(lambda db, lease: endings.release(db, stamp, lease, worker))

    async def done(self, done: DoneMessage) -> None:
        """The attempt left a bundle: seal it and publish."""
        try:
            if missing := sorted(set(self._claim.artifacts) - set(done.artifacts)):
                raise RejectedError(f"The attempt did not leave {', '.join(missing)}.")
            artifacts = await asyncio.to_thread(seal, self.folder, done.artifacts)
        except RejectedError as error:
            await self.failed(ErrorKind.REJECTED, str(error))
            return
        completion = endings.Completion(
            commit=done.commit,
            outcome=done.outcome,
            score=done.score,
            artifacts=artifacts,
            warnings=self._kept_warnings(),
        )
        stamp = self._stamp
        await self._write(lambda db, lease: self._complete(db, stamp, lease, completion))
        if self._claim.output_dir is not None:
            await self._copy()

    async def _copy(self) -> None:
        """Mirror the bundle at once; what fails here is tried again by the janitor."""
        try:
            await refresh_copies(self._station.store, self._station.clock)
        except StoreError as error:
            log.warning("Copying the bundle of run %s: %s", self.lease.run_id, error)

    def _complete(
        self, db: sqlite3.Connection, stamp: Stamp, lease: Lease, completion: endings.Completion
    ) -> None:
        target = copy_target(self._claim.output_dir, self._claim.source)
        worker = self._station.worker
        status = endings.complete(db, stamp, lease, worker, completion, target)
        self._published = status is RunStatus.COMPLETED

    def _kept_warnings(self) -> tuple[RunWarning, ...]:
        return tuple(
            RunWarning(kind=kind, message=message, count=count)
            for (kind, message), count in self._warnings.items()
        )

    async def _write(self, operation: Callable[[sqlite3.Connection, Lease], object]) -> None:
        """Write under the lease, patiently; a lost lease is reported, not raised."""
        clock = self._station.clock
        begun = clock.now()
        while True:
            try:
                await self._write_once(operation)
                return
            except LostLeaseError:
                self._on_loss()
                return
            except StoreError as error:
                if (clock.now().seconds_since(begun) or 0) > self._station.policy.stale_after:
                    log.error("Run %s cannot be recorded: %s", self.lease.run_id, error)
                    self._on_loss()
                    return
            await clock.sleep(RETRY_PAUSE)

    async def _write_once(self, operation: Callable[[sqlite3.Connection, Lease], object]) -> None:
        try:
            await self._station.store.write(lambda db: operation(db, self.lease))
        except LostLeaseError:
            if not await self._renewed():
                raise
            await self._station.store.write(lambda db: operation(db, self.lease))

    async def _renewed(self) -> bool:
        """A cancel leaves the run with its worker, under a new token."""
        held = await self._station.store.read(lambda db: leases.held(db, self._station.worker))
        ours = leases.standing(self.lease, held)
        if ours is not None and ours.cancelling:
            self._on_cancel(ours.lease)
        return ours is not None


def _sentence(call: CallMessage) -> str:
    """`summary: 812 tokens in, 96 out, 4.2 s, 23 tok/s; used.`"""
    speed = "" if call.tokens_per_s is None else f", {call.tokens_per_s:.0f} tok/s"
    figures = f"{call.prompt_tokens} tokens in, {call.completion_tokens} out, {call.seconds:.1f} s"
    verdict = "used" if call.accepted else "not used"
    reason = f": {call.reason}" if call.reason else "."
    return f"{call.purpose}: {figures}{speed}; {verdict}{reason}"
