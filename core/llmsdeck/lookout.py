"""Looking at a store without acting on it, and without loading what acts."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.errors import RefusedError
from llmsdeck.pages import ArtifactText
from llmsdeck.store import policy as stored_policy
from llmsdeck.store import query
from llmsdeck.store.ended import EndedRuns
from llmsdeck.store.sight import sight
from llmsdeck.store.stamp import Stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import (
        AsyncGenerator,
        Callable,
        Coroutine,
        Generator,
        Hashable,
        Mapping,
        Sequence,
    )

    from llmsdeck.cache import Cache
    from llmsdeck.calls import CallText, ModelCall
    from llmsdeck.comparison import Comparison
    from llmsdeck.failures import FailureGroup
    from llmsdeck.model import ArtifactName, Run, RunEvent, RunId
    from llmsdeck.pages import Page, ValueCount
    from llmsdeck.paths import StorePaths
    from llmsdeck.settings import Policy
    from llmsdeck.snapshot import DeckSnapshot, RunDetail, Window, WorkerInfo
    from llmsdeck.store.rows import Vantage
    from llmsdeck.verdict import Profile, Verdict
    from llmsdeck.why import Explanation

Result = TypeVar("Result")

READ_LIMIT = 64 * 1024 * 1024
"""Bytes of an artifact that are read at most; bundles are capped far below."""


class View(Protocol):
    """What a lookout needs of a store."""

    @property
    def paths(self) -> StorePaths:
        """Where it keeps its things."""
        ...

    @property
    def read_only(self) -> bool:
        """Nothing can be written through it."""
        ...

    async def read(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a query in one read transaction; raises StoreError."""
        ...

    async def changed(
        self, within: float, look: Callable[[sqlite3.Connection], Hashable] = ...
    ) -> bool:
        """True once what is looked at may have changed, False after `within` s."""
        ...


class Lookout:
    """LookApi over a store; use `open_lookout`, or `glance` where nothing is waited for."""

    def __init__(self, view: View, clock: Clock) -> None:
        self._view = view
        self._clock = clock

    @property
    def _stamp(self) -> Stamp:
        return Stamp.of(self._clock)

    async def _look(self, question: Callable[[sqlite3.Connection, Vantage], Result]) -> Result:
        stamp, paths = self._stamp, self._view.paths
        return await self._view.read(lambda db: question(db, query.vantage(db, stamp, paths)))

    async def snapshot(
        self, window: Window, focus: RunId | None = None, filter: str = "", sort: str = ""
    ) -> DeckSnapshot:
        """One consistent picture."""
        stamp, paths, take = self._stamp, self._view.paths, self._picture
        return await self._view.read(lambda db: take(db, stamp, paths, window, focus, filter, sort))

    @cached_property
    def _picture(self) -> Callable[..., DeckSnapshot]:
        """Takes pictures; each has the use of what was found out for those before."""
        from llmsdeck.store import picture
        from llmsdeck.store.lists import Lists

        return partial(
            picture.snapshot,
            read_only=self._view.read_only,
            lists=Lists(),
            ended=EndedRuns(),
        )

    async def changed(self, within: float) -> bool:
        """Wait until the store may have changed, in more than the beats of idle workers."""
        return await self._view.changed(within, sight)

    async def _runs(self, run_ids: Sequence[RunId]) -> Mapping[RunId, Run]:
        return await self._look(lambda db, seen_from: query.runs(db, seen_from, run_ids))

    async def policy(self) -> Policy:
        """The limits in force."""
        return await self._view.read(stored_policy.load)

    async def find(self, reference: str) -> Run:
        """The run with this id or unique prefix."""
        return await self._look(lambda db, seen_from: query.find(db, seen_from, reference))

    async def runs(self, run_ids: Sequence[RunId]) -> tuple[Run, ...]:
        """Those of the named runs that there are."""
        found = await self._runs(run_ids)
        return tuple(found[run_id] for run_id in run_ids if run_id in found)

    async def page(
        self, limit: int = 50, cursor: str | None = None, filter: str = "", sort: str = ""
    ) -> Page:
        """A page of the runs that a filter lets through."""
        return await self._look(
            lambda db, seen_from: query.page(db, seen_from, limit, cursor, filter, sort)
        )

    async def matching(self, filter: str, limit: int = 1000) -> tuple[RunId, ...]:
        """All runs that a filter lets through."""
        return await self._look(lambda db, seen_from: query.matching(db, seen_from, filter, limit))

    async def values(self, key: str, filter: str = "", limit: int = 50) -> tuple[ValueCount, ...]:
        """What runs have for a key of words."""
        return await self._look(
            lambda db, seen_from: query.values(db, seen_from, key, filter, limit)
        )

    async def detail(self, run_id: RunId) -> RunDetail:
        """Timeline and events of a run."""
        from llmsdeck.store import picture

        return await self._look(lambda db, seen_from: picture.detail(db, seen_from, run_id))

    async def explain(self, reference: str) -> Explanation:
        """Why a run is in its state."""
        from llmsdeck.snapshot import Window
        from llmsdeck.why import explain

        run = await self.find(reference)
        return explain(await self.snapshot(Window(size=0), focus=run.run_id))

    async def events(
        self, run_id: RunId | None, after: int = 0, limit: int = 1000
    ) -> tuple[RunEvent, ...]:
        """Events of a run, or of the deck itself, that follow event `after`."""
        return await self._view.read(lambda db: query.events_after(db, run_id, after, limit))

    async def journal(self, after: int | None = None, limit: int = 1000) -> tuple[RunEvent, ...]:
        """Events of every run and of the deck itself that follow event `after`, or the newest."""
        return await self._view.read(lambda db: query.journal(db, after, limit))

    async def actions(self, limit: int = 200, before: int | None = None) -> tuple[RunEvent, ...]:
        """What people and agents did, newest first."""
        from llmsdeck.store import records

        return await self._view.read(lambda db: records.actions(db, limit, before))

    async def failures(self) -> tuple[FailureGroup, ...]:
        """The newest failed runs in groups of the same cause."""
        from llmsdeck.store import records

        return await self._view.read(records.failures)

    async def read_artifact(
        self, run_id: RunId, name: ArtifactName, offset: int = 0, limit: int | None = None
    ) -> ArtifactText:
        """Text of a published artifact."""
        run = await self.find(run_id)
        path = next((a.path for a in run.artifacts if a.name == name), None)
        if path is None:
            has = ", ".join(a.name for a in run.artifacts) or f"no artifacts, it is {run.status}"
            raise RefusedError(f"Run {run.short_id} has no {name}; it has {has}.")
        import asyncio

        text = await asyncio.to_thread(_read_text, path)
        end = len(text) if limit is None else offset + limit
        return ArtifactText(
            name=name, content=text[offset:end], offset=offset, total_chars=len(text)
        )

    async def calls(self, run_id: RunId) -> tuple[ModelCall, ...]:
        """The calls to a model that a run made."""
        import asyncio

        from llmsdeck.cache import Cache
        from llmsdeck.store import records

        run, cache = await self.find(run_id), Cache(self._view.paths.calls)
        made = await self._view.read(lambda db: records.calls(db, run.run_id))
        return await asyncio.to_thread(_with_texts, cache, run.run_id, made)

    async def read_call(self, run_id: RunId, call: ModelCall) -> CallText:
        """What was said in a call of a run."""
        import asyncio

        from llmsdeck.cache import Cache
        from llmsdeck.calls import CallText

        run, cache = await self.find(run_id), Cache(self._view.paths.calls)
        kept = await asyncio.to_thread(cache.peek, run.run_id, call.text) if call.text else None
        said = CallText.unpack(kept) if kept else None
        if said is None:
            raise RefusedError(
                f"What was said in call {call.number} of run {run.short_id} is not kept;"
                " `llmsdeck policy calls_mb` says how much is."
            )
        return said

    async def check(
        self,
        subject: str,
        profile: Profile,
        *,
        links: bool = False,
        private: bool = False,
    ) -> Verdict:
        """Judge the bundle of a run, or any llms.txt on disk."""
        from llmsdeck import judging

        return await judging.check(subject, self.find, profile, links=links, private=private)

    async def diff(self, before: str, after: str) -> Comparison:
        """How two bundles differ."""
        from llmsdeck import judging

        return await judging.diff(before, after, self.find)

    async def workers(self) -> tuple[WorkerInfo, ...]:
        """Registered workers."""
        from llmsdeck.store import picture

        return await self._look(picture.registered)


def _read_text(path: str) -> str:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read(READ_LIMIT).decode("utf-8", "replace")
    except OSError as error:
        raise RefusedError(f"The artifact {path} cannot be read: {error.strerror}.") from error


def _with_texts(cache: Cache, run_id: RunId, made: Sequence[ModelCall]) -> tuple[ModelCall, ...]:
    """Calls of a run whose texts are those that are still there."""
    return tuple(
        call if call.text and cache.holds(run_id, call.text) else replace(call, text=None)
        for call in made
    )


@contextlib.asynccontextmanager
async def open_lookout(paths: StorePaths) -> AsyncGenerator[Lookout]:
    """Look at the store of a folder, which is made when absent; raises StoreError."""
    from llmsdeck.store.store import open_store

    async with open_store(paths, beating=False) as store:
        yield Lookout(store, SystemClock())


@contextlib.contextmanager
def glance(paths: StorePaths) -> Generator[Lookout]:
    """The same without an event loop, for whoever has nothing to wait for; raises StoreError.

    Loading one would take as long as all the rest. `finished` gets the answers of such a lookout.
    """
    from llmsdeck.store.glance import open_glance

    with open_glance(paths) as store:
        yield Lookout(store, SystemClock())


def finished(answer: Coroutine[object, None, Result]) -> Result:
    """What a coroutine comes to that waits for nothing."""
    try:
        answer.send(None)
    except StopIteration as end:
        return cast("Result", end.value)
    raise RuntimeError(f"{answer} waits, which needs an event loop")
