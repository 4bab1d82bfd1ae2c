"""One attempt, from its claim to the end of its lease, watched from outside."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import Final

from llmsdeck.clock import Instant
from llmsdeck.engine.child import Attempt
from llmsdeck.engine.executor import Execution
from llmsdeck.engine.heart import GIVE_UP
from llmsdeck.engine.ladder import TERMINATE_GRACE, Ladder, Stop, StopKind
from llmsdeck.engine.messages import (
    AskMessage,
    BeatMessage,
    CallMessage,
    DoneMessage,
    Ending,
    FailedMessage,
    HeldMessage,
    LaneMessage,
    Message,
    NoteMessage,
    PhaseMessage,
    SeenMessage,
    StoppedMessage,
    WarningMessage,
)
from llmsdeck.engine.record import Record
from llmsdeck.engine.station import Station
from llmsdeck.job import Job
from llmsdeck.settings import PHASE_TIMEOUTS, SLOWEST_BEAT
from llmsdeck.states import CancelState, Decision, ErrorKind, Phase
from llmsdeck.store.leases import Beat, Claim, Lease

log = logging.getLogger(__name__)

UNWATCHED: Final = 2.0
"""Times `stale_after` without a beat after which a run process ends itself: its supervisor does so
much sooner, unless its worker was killed."""
WATCH_INTERVAL: Final = 0.25
"""Seconds between two looks at the deadlines."""


class Supervisor:
    """Runs one attempt and records its end exactly once, however it comes."""

    def __init__(self, station: Station, claim: Claim) -> None:
        self._station = station
        self._claim = claim
        self._record = Record(station, claim, self.cancel, self.lose)
        self._ladder = Ladder()
        self._phase: Phase | None = None
        self._ahead = tuple(Phase)
        self.is_concluding = False
        """The attempt is over and is being put on record, which ends its lease."""
        self._began = self._beat_at = self._phase_at = station.clock.now()

    @property
    def lease(self) -> Lease:
        """The right under which this attempt writes."""
        return self._record.lease

    def cancel(self, lease: Lease) -> None:
        """A cancel was requested: the lease was renewed for us, only to end the run."""
        self._record.lease = lease
        self._ladder.order(Stop(StopKind.CANCEL, "Cancelled.", self._station.policy.cancel_grace))

    def interrupt(self, grace: float) -> None:
        """The worker stops; the run goes back to the queue."""
        message = "The worker was asked to stop."
        self._ladder.order(Stop(StopKind.INTERRUPT, message, grace), insist=True)

    def lose(self) -> None:
        """Another party owns the run now; nothing of this attempt counts any more."""
        if self._ladder.stop is None or self._ladder.stop.kind is not StopKind.LOST:
            log.warning("Lost the lease on run %s", self.lease.run_id)
        self._ladder.order(Stop(StopKind.LOST, "The lease was lost.", 0), insist=True)

    async def run(self) -> None:
        """Execute the attempt and record how it ended, even when supervising it fails."""
        try:
            await self._supervise()
        except Exception as error:
            log.exception("Supervising run %s failed", self.lease.run_id)
            message = f"Its supervisor raised {type(error).__name__}: {error}"
            await self._record.failed(ErrorKind.INTERNAL, message)

    async def _supervise(self) -> None:
        try:
            execution = await self._start()
        except OSError as error:
            message = f"The run process could not be started: {error}."
            await self._record.failed(ErrorKind.WORKER_LOST, message)
            return
        watch = asyncio.create_task(self._watch(), name="deadlines")
        ladder = asyncio.create_task(
            self._ladder.descend(execution, self._on_force), name="stop ladder"
        )
        named = asyncio.create_task(
            self._record.process(execution.pid, execution.began), name="naming the process"
        )
        try:
            ending = await self._follow(execution)
            watch.cancel()
            exit_text = await self._exit(execution)
        except BaseException:
            execution.abandon()
            raise
        finally:
            watch.cancel()
            named.cancel()
            ladder.cancel()
            execution.signal(signal.SIGKILL)
        await self._conclude(ending, exit_text)
        await self._record.tidy()

    async def _start(self) -> Execution:
        claim, paths = self._claim, self._station.store.paths
        job = Job(
            run_id=claim.lease.run_id,
            source=claim.source,
            ref=claim.ref,
            artifacts=claim.artifacts,
            model=claim.model,
            token_budget=self._token_budget,
            without_model=claim.decision is Decision.WITHOUT_MODEL,
            previous=self._folder_of(claim.previous),
            cache=paths.cache if self._station.policy.cache_mb else None,
            fresh=claim.fresh,
            calls=paths.calls if self._station.policy.calls_mb else None,
            lanes=paths.lanes,
        )
        policy = self._station.policy
        execution = await self._station.executor.start(
            Attempt(
                job=job,
                folder=self._record.folder,
                heartbeat_interval=min(policy.heartbeat_interval, SLOWEST_BEAT),
                silence_limit=policy.stale_after * UNWATCHED,
            )
        )
        self._beat_at = self._station.clock.now()
        return execution

    @property
    def _token_budget(self) -> int:
        """None any more once it was asked about."""
        return 0 if self._claim.decision else self._station.policy.token_budget

    def _folder_of(self, made: Lease | None) -> Path | None:
        paths = self._station.store.paths
        return paths.attempt(made.run_id, made.token) if made else None

    async def _follow(self, execution: Execution) -> Ending | None:
        """Heed what the attempt says until it ends; None when it falls silent without an ending."""
        async for message in execution.messages():
            if isinstance(message, Ending):
                return message
            await self._heed(message)
        return None

    async def _heed(self, message: Message) -> None:
        match message:
            case BeatMessage():
                self._note_beat(message)
            case PhaseMessage(phase=phase) if phase in self._ahead:
                self._ahead = self._ahead[self._ahead.index(phase) + 1 :]
                self._phase, self._phase_at = phase, self._station.clock.now()
                await self._record.phase(phase)
            case WarningMessage():
                self._record.warn(message)
            case LaneMessage():
                await self._record.lane(message)
            case NoteMessage():
                await self._record.note(message)
            case CallMessage():
                await self._record.call(message)
            case SeenMessage():
                await self._show_cancel(CancelState.SEEN)
                await self._show_cancel(CancelState.STOPPING)
            case _:
                log.error("Run %s went back to an earlier phase; ignored", self.lease.run_id)

    def _note_beat(self, message: BeatMessage) -> None:
        now = self._station.clock.now()
        self._beat_at = Instant(now.boot_id, min(message.ns, now.ns))
        moved = Instant(now.boot_id, min(message.moved_ns, now.ns))
        self._station.heart.note(
            Beat(
                lease=self.lease,
                at=self._beat_at,
                moved=moved,
                done=message.done,
                total=message.total,
            )
        )

    async def _show_cancel(self, state: CancelState) -> None:
        if self._ladder.stop and self._ladder.stop.kind is StopKind.CANCEL:
            await self._record.cancel_state(state)

    async def _on_force(self) -> None:
        await self._show_cancel(CancelState.STOPPING)

    async def _watch(self) -> None:
        """Enforce silence, phase and run deadlines, whatever the attempt does."""
        while self._ladder.stop is None:
            if overdue := self._overdue():
                self._ladder.order(overdue)
            await self._station.clock.sleep(WATCH_INTERVAL)

    def _overdue(self) -> Stop | None:
        now, policy = self._station.clock.now(), self._station.policy
        grace, limit = policy.cancel_grace, self._claim.timeout_s or policy.run_timeout
        if (now.seconds_since(self._began) or 0) > limit:
            return Stop(StopKind.TIMEOUT, f"It took longer than {limit:g} s.", grace)
        phase_limit = PHASE_TIMEOUTS[self._phase] if self._phase else limit
        if self._phase and (now.seconds_since(self._phase_at) or 0) > phase_limit:
            message = f"Its phase {self._phase} took longer than {phase_limit:g} s."
            return Stop(StopKind.TIMEOUT, message, grace)
        silence = now.seconds_since(self._beat_at) or 0
        if silence > policy.stale_after * GIVE_UP:
            return Stop(StopKind.HUNG, f"It hung: no beat for {silence:.0f} s.", 0)
        return None

    async def _exit(self, execution: Execution) -> str:
        """How the process ended; one that has said its last word and lingers is ended."""
        try:
            async with asyncio.timeout(TERMINATE_GRACE):
                return await execution.ended()
        except TimeoutError:
            execution.signal(signal.SIGKILL)
            return f"fell silent and {await execution.ended()}"

    async def _conclude(self, ending: Ending | None, exit_text: str) -> None:
        """Put the end on record; an order to stop decides over what the attempt said last."""
        self.is_concluding = True
        stop = self._ladder.stop
        record = self._record
        match stop.kind if stop else None, ending:
            case StopKind.LOST, _:
                return
            case StopKind.TIMEOUT, _:
                await record.failed(ErrorKind.TIMEOUT, stop.message if stop else "")
            case _, DoneMessage() as done:
                await record.done(done)
            case StopKind.HUNG, _:
                await record.failed(ErrorKind.HUNG, stop.message if stop else "")
            case StopKind.INTERRUPT, _:
                await record.released()
            case _, FailedMessage(kind=kind, message=message):
                await record.failed(kind, message)
            case _, HeldMessage() | AskMessage() as reason:
                await record.waits(reason)
            case None, StoppedMessage():
                await record.failed(ErrorKind.INTERNAL, "The run stopped without being asked to.")
            case _, _:
                await record.failed(ErrorKind.WORKER_LOST, f"The run process {exit_text}.")
