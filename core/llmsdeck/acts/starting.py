"""New runs: what they may ask for, and those that retry others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmsdeck.acts.base import Acting
from llmsdeck.api import Field, Vet
from llmsdeck.errors import DeckError, NoSuchRunError, RefusedError, StoreError, UsageError
from llmsdeck.model import NO_MODEL, Actor, RunId, RunRequest
from llmsdeck.states import LIVE
from llmsdeck.store import policy as stored_policy

if TYPE_CHECKING:
    from llmsdeck.answers import Kept, Preflight, Started


class Starting(Acting):
    """Accepts runs."""

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
