"""The one door: every front end looks at the store and acts on it through a deck."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmsdeck.api import Field, Vet
from llmsdeck.clock import Clock, SystemClock
from llmsdeck.errors import (
    DeckError,
    NoSuchRunError,
    ReadOnlyError,
    RefusedError,
    StoreError,
    UsageError,
)
from llmsdeck.lookout import Lookout
from llmsdeck.model import NO_MODEL, Actor, Run, RunId, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import LIVE, Decision, RunStatus
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.store import Store, open_store

if TYPE_CHECKING:
    from llmsdeck.answers import (
        Answered,
        CancelAnswer,
        Exported,
        Imported,
        Kept,
        Preflight,
        PriorityAnswer,
        Started,
    )
    from llmsdeck.engine.companion import Companion
    from llmsdeck.pruning import PrunePlan, PruneResult, PruneRule, Restored, TrashItem

WORKER_PATIENCE = 20.0
"""Seconds a started worker may take to register."""


class Deck(Lookout):
    """DeckApi over a store; use `open_deck`.

    What acts is loaded by the first act, since most decks are opened to look.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._store = store
        self._companion: Companion | None = None
        self._starting = asyncio.Lock()

    async def preflight(self, request: RunRequest) -> Preflight:
        """What starting this would find."""
        from llmsdeck import intake
        from llmsdeck.answers import Preflight

        try:
            asked = await asyncio.to_thread(intake.canonical, request, Path.cwd())
            return await intake.look(asked)
        except DeckError as error:
            return Preflight(ok=False, message=str(error))

    async def suggest(self, field: Field, source: str = "") -> tuple[str, ...]:
        """What a field of a request may say."""
        from llmsdeck import offering
        from llmsdeck.filter.tree import of_source

        place = await asyncio.to_thread(offering.located, source) if field == "ref" else ""
        there = await offering.offers(field, place)
        only = of_source(place)
        past = await self.values(field, only) if only or field != "ref" else ()
        known = dict.fromkeys((*there, *(each.value for each in past)))
        return tuple(value for value in known if value != NO_MODEL)

    async def canonical(self, request: RunRequest) -> RunRequest:
        """The request in the form that equal requests share."""
        from llmsdeck import intake

        return await asyncio.to_thread(intake.canonical, request, Path.cwd())

    async def start(
        self, requests: Sequence[RunRequest], actor: Actor, vet: Vet | None = None
    ) -> tuple[Started, ...]:
        """Enqueue one run per request."""
        return tuple([await self._start(request, actor, vet) for request in requests])

    async def _start(
        self, request: RunRequest, actor: Actor, vet: Vet | None, parent: RunId | None = None
    ) -> Started:
        from llmsdeck import intake
        from llmsdeck.answers import Started
        from llmsdeck.store import intents

        shown = intake.shown(request)
        try:
            asked = await asyncio.to_thread(intake.canonical, request, Path.cwd())
            if vet is not None:
                await asyncio.to_thread(vet, asked)
            if refusal := await asyncio.to_thread(intake.refusal, asked):
                raise UsageError(refusal)
            stamp = self._stamp
            run_id, created = await self._store.write(
                lambda db: intents.enqueue(db, stamp, asked, actor, stored_policy.load(db), parent)
            )
            run = await self.find(run_id)
            return Started(source=shown, retry_of=parent, run=run, created=created)
        except StoreError:
            raise
        except DeckError as error:
            return Started(source=shown, retry_of=parent, error=error)

    async def cancel(self, run_ids: Sequence[RunId], actor: Actor) -> tuple[CancelAnswer, ...]:
        """Ask runs to stop, in few transactions however many they are."""
        asked = await asyncio.gather(*(self._ask_to_stop(run_id, actor) for run_id in run_ids))
        runs = await self._runs(run_ids)
        return tuple([await self._told(answer, runs.get(answer.run_id)) for answer in asked])

    async def _ask_to_stop(self, run_id: RunId, actor: Actor) -> CancelAnswer:
        from llmsdeck.answers import CancelAnswer
        from llmsdeck.store import intents

        stamp = self._stamp
        try:
            receipt = await self._store.write(lambda db: intents.cancel(db, stamp, run_id, actor))
        except NoSuchRunError as error:
            return CancelAnswer(run_id=run_id, error=error)
        return CancelAnswer(run_id=run_id, verdict=receipt.verdict, message=receipt.message)

    async def _told(self, answer: CancelAnswer, run: Run | None) -> CancelAnswer:
        """The answer with its run as it is now; nobody is left to stop an orphan, so it ends."""
        if run is None or not run.orphan:
            return replace(answer, run=run)
        from llmsdeck.engine.rescue import rescue

        await rescue(self._store, self._clock, only=run.run_id)
        run = (await self._runs([run.run_id])).get(run.run_id)
        if run is not None and run.status is not RunStatus.CANCELLED:
            message = "Another worker has it now."
            return replace(answer, run=run, verdict="requested", message=message)
        message = "Cancelled; its worker was gone."
        return replace(answer, run=run, verdict="cancelled", message=message)

    async def retry(
        self,
        run_ids: Sequence[RunId],
        actor: Actor,
        changes: Mapping[str, str] | None = None,
        vet: Vet | None = None,
        *,
        fresh: bool = False,
    ) -> tuple[Started, ...]:
        """Start a new run like each ended one."""
        from llmsdeck.request import read_changes

        change = read_changes(changes or {}, fresh=fresh)
        return tuple([await self._retry(run_id, actor, change, vet) for run_id in run_ids])

    async def _retry(
        self,
        run_id: RunId,
        actor: Actor,
        change: Callable[[RunRequest], RunRequest],
        vet: Vet | None,
    ) -> Started:
        from llmsdeck.answers import Started
        from llmsdeck.request import request_like

        try:
            run = await self.find(run_id)
        except NoSuchRunError as error:
            return Started(source="", retry_of=run_id, error=error)
        if run.status in LIVE:
            refusal = RefusedError(f"Run {run.short_id} has not ended; cancel it first.")
            return Started(source=run.source, retry_of=run_id, error=refusal)
        return await self._start(change(request_like(run)), actor, vet, parent=run_id)

    async def kept(self, run_id: RunId) -> Kept:
        """What a retry of this run would use again now."""
        from llmsdeck.stages.kept import kept_of
        from llmsdeck.store import records

        run = await self.find(run_id)
        calls = await self._store.read(lambda db: records.calls_of_line(db, run.run_id))
        return await asyncio.to_thread(kept_of, self._store.paths.cache, run, calls)

    async def set_priority(
        self, run_ids: Sequence[RunId], priority: int, actor: Actor
    ) -> tuple[PriorityAnswer, ...]:
        """Let pending runs start sooner or later, in few transactions however many they are."""
        from llmsdeck.answers import PriorityAnswer
        from llmsdeck.store import intents

        stamp = self._stamp
        done = await self._to_each(
            run_ids, lambda db, run_id: intents.set_priority(db, stamp, run_id, priority, actor)
        )
        return tuple(PriorityAnswer(run_id=each, run=run, error=error) for each, run, error in done)

    async def answer(
        self, run_ids: Sequence[RunId], decision: Decision, actor: Actor
    ) -> tuple[Answered, ...]:
        """Answer runs that ask, in few transactions however many they are."""
        from llmsdeck.answers import Answered
        from llmsdeck.store import intents

        stamp = self._stamp
        done = await self._to_each(
            run_ids, lambda db, run_id: intents.answer(db, stamp, run_id, decision, actor)
        )
        return tuple(Answered(run_id=each, run=run, error=error) for each, run, error in done)

    async def _to_each(
        self, run_ids: Sequence[RunId], intent: Callable[[sqlite3.Connection, RunId], None]
    ) -> list[tuple[RunId, Run | None, DeckError | None]]:
        """Each run as it is after the intent, or why that was refused."""
        refusals = await asyncio.gather(*(self._refusal(intent, run_id) for run_id in run_ids))
        runs = await self._runs(run_ids)
        return [
            (run_id, None if error else runs.get(run_id), error)
            for run_id, error in zip(run_ids, refusals, strict=True)
        ]

    async def _refusal(
        self, intent: Callable[[sqlite3.Connection, RunId], None], run_id: RunId
    ) -> DeckError | None:
        try:
            await self._store.write(lambda db: intent(db, run_id))
        except (NoSuchRunError, RefusedError) as error:
            if isinstance(error, ReadOnlyError):
                raise
            return error
        return None

    async def plan_prune(self, rule: PruneRule) -> PrunePlan:
        """What pruning by this rule would remove now."""
        from llmsdeck.store import prune

        stamp = self._stamp
        return await self._store.read(
            lambda db: prune.plan(db, stamp, rule, stored_policy.load(db))
        )

    async def apply_prune(self, plan: PrunePlan, actor: Actor) -> PruneResult:
        """Move exactly the planned runs into the trash."""
        from llmsdeck.engine.folders import prune_runs
        from llmsdeck.pruning import PruneResult
        from llmsdeck.store import prune

        await self._store.read(lambda db: prune.verify(db, plan))
        run_ids = [item.run_id for item in plan.items]
        gone = await prune_runs(self._store, self._clock, run_ids, actor)
        went = frozenset(gone)
        size = sum(item.size_bytes for item in plan.items if item.run_id in went)
        return PruneResult(run_ids=gone, total_bytes=size)

    async def trash(self, limit: int = 1000) -> tuple[TrashItem, ...]:
        """What can be brought back."""
        from llmsdeck.store import trash

        stamp = self._stamp
        return await self._store.read(
            lambda db: trash.listed(db, stamp, stored_policy.load(db), limit)
        )

    async def restore(self, references: Sequence[str], actor: Actor) -> tuple[Restored, ...]:
        """Bring pruned runs back."""
        from llmsdeck.engine.folders import restore_runs

        found = await self._store.read(lambda db: [_pruned(db, each) for each in references])
        wanted = [answer.run_id for answer in found if answer.run_id is not None]
        back = frozenset(await restore_runs(self._store, self._clock, wanted, actor))
        return await self._store.read(
            lambda db: tuple(
                answer if answer.error or answer.run_id in back else _left(db, answer)
                for answer in found
            )
        )

    async def export_runs(self, run_ids: Sequence[RunId], file: Path) -> Exported:
        """Write ended runs into a new file."""
        from llmsdeck.engine.exporting import export_runs

        return await export_runs(self._store, run_ids, file)

    async def import_runs(self, file: Path, actor: Actor) -> tuple[Imported, ...]:
        """Take in the runs of such a file."""
        from llmsdeck.engine.importing import import_runs

        return await import_runs(self._store, self._clock, file, actor)

    async def set_policy(self, changes: Mapping[str, str], actor: Actor) -> Policy:
        """Change limits, all or none."""
        stamp = self._stamp
        return await self._store.write(lambda db: stored_policy.change(db, stamp, changes, actor))

    async def deliver(self) -> None:
        """Bring copies in output folders up to date now."""
        from llmsdeck.engine.copies import refresh_copies

        for failure in await refresh_copies(self._store, self._clock):
            raise DeckError(failure)

    async def ensure_worker(self) -> bool:
        """Start a worker process when none is alive."""
        from llmsdeck.engine.companion import Companion

        async with self._starting:
            if await self._worker_is_alive():
                return False
            self._companion = Companion.start(self._store.paths)
            try:
                async with asyncio.timeout(WORKER_PATIENCE):
                    await self._see_worker(self._companion)
            except TimeoutError as error:
                raise StoreError(
                    f"The started worker did not report within {WORKER_PATIENCE:g} s; "
                    f"see {self._companion.log_file}."
                ) from error
        return True

    async def _see_worker(self, companion: Companion) -> None:
        while not await self._worker_is_alive():
            if not companion.running:
                raise companion.failure()
            # Not `changed`: whoever follows the deck would miss what is heard here.
            await self._clock.sleep(0.02)

    async def _worker_is_alive(self) -> bool:
        """Somebody would execute a run that is accepted now."""
        return any(worker.alive and worker.state == "running" for worker in await self.workers())

    async def stop_worker(self) -> None:
        """Drain the worker that `ensure_worker` started."""
        if self._companion is not None:
            await self._companion.stop()
            self._companion = None

    def let_go(self) -> None:
        """Leave a started worker to finish the queue by itself."""
        if self._companion is not None:
            self._companion.let_go()


def _pruned(db: sqlite3.Connection, reference: str) -> Restored:
    """The pruned run that is meant, or why there is none."""
    from llmsdeck.pruning import Restored
    from llmsdeck.store import trash

    try:
        return Restored(reference=reference, run_id=trash.find(db, reference))
    except DeckError as error:
        return Restored(reference=reference, error=error)


def _left(db: sqlite3.Connection, answer: Restored) -> Restored:
    """Why a run that was in the trash did not come back: no room, or somebody else was faster."""
    now = _pruned(db, answer.reference)
    sentence = "max_runs leaves no room for it; raise that with `llmsdeck policy`, then try again."
    return replace(answer, error=now.error or RefusedError(sentence))


@contextlib.asynccontextmanager
async def open_deck(
    paths: StorePaths, *, read_only: bool = False, clock: Clock | None = None
) -> AsyncGenerator[Deck]:
    """Open the deck of a store folder, which is made when absent; raises StoreError."""
    async with open_store(paths, read_only=read_only, beating=False) as store:
        deck = Deck(store, clock or SystemClock())
        try:
            yield deck
        finally:
            deck.let_go()
