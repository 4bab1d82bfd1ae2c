"""What may be asked of runs that have not ended."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmsdeck.acts.base import Acting
from llmsdeck.errors import DeckError, NoSuchRunError, ReadOnlyError, RefusedError
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.states import Decision, RunStatus

if TYPE_CHECKING:
    from llmsdeck.answers import Answered, CancelAnswer, PriorityAnswer


class Asking(Acting):
    """Has runs stop, wait their turn, or go on."""

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
