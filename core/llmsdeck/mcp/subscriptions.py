"""Telling clients of changes: the streams of protocol 2026-07-28, and subscriptions before it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import anyio
import mcp_types as types
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from pydantic import ConfigDict

from llmsdeck.contract import Document
from llmsdeck.errors import DeckError
from llmsdeck.mcp.resources import RUNS_URI, Resources
from llmsdeck.mcp.surroundings import Asked, Surroundings, may_be_asked
from llmsdeck.mcp.tasks import Tasks, demand_tasks, run_of
from llmsdeck.mcp.watch import LOOK_AGAIN_S, ended
from llmsdeck.model import Run
from llmsdeck.snapshot import Window

_MOST_STREAMS: Final = 64
_MOST_NAMES: Final = 100
"""Resources or tasks that one stream, or resources that one server of old clients, may follow."""


class _TaskParams(types.NotificationParams):
    model_config = ConfigDict(extra="allow")


class TaskNotification(types.Notification[_TaskParams, Literal["notifications/tasks"]]):
    """A task has changed; it is given in full."""

    method: Literal["notifications/tasks"] = "notifications/tasks"
    params: _TaskParams


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one stream follows."""

    uris: tuple[str, ...]
    task_ids: tuple[str, ...]
    lists: bool


class Subscriptions:
    """Serves `subscriptions/listen`, and `resources/subscribe` for clients of earlier protocols."""

    def __init__(self, at: Surroundings, resources: Resources, tasks: Tasks) -> None:
        self._at = at
        self._resources = resources
        self._tasks = tasks
        self._streams = 0
        self._old: OrderedDict[tuple[str, str], ServerSession] = OrderedDict()

    async def listen(
        self, asked: Asked, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        """Tell of changes on this request's stream until the client goes or the server stops."""
        if asked.request_id is None:
            raise MCPError(types.INVALID_REQUEST, "subscriptions/listen needs a request id.")
        if self._streams >= _MOST_STREAMS:
            raise MCPError(types.INTERNAL_ERROR, f"{_MOST_STREAMS} streams are open; close some.")
        meta: Document = {SUBSCRIPTION_ID_META_KEY: asked.request_id}
        self._streams += 1
        try:
            wanted = await self._wanted(asked, params.notifications)
            await self._acknowledge(asked, wanted, meta)
            await self._tell(asked, wanted, meta)
        finally:
            self._streams -= 1
        return types.SubscriptionsListenResult(_meta=cast("Any", meta))

    async def subscribe(self, asked: Asked, params: types.SubscribeRequestParams) -> None:
        """Follow a resource for the connection, the way of earlier protocols."""
        await self._marks((params.uri,), strict=True)
        self._old[_connection(asked), params.uri] = asked.session
        while len(self._old) > _MOST_NAMES:
            self._old.popitem(last=False)

    async def unsubscribe(self, asked: Asked, params: types.UnsubscribeRequestParams) -> None:
        """Follow it no longer."""
        self._old.pop((_connection(asked), params.uri), None)

    async def serve_old(self) -> None:
        """Tell old clients of changes until cancelled."""
        seen: dict[tuple[str, str], object] = {}
        while not self._at.watch.stopped:
            revision = self._at.watch.revision
            for key, session in tuple(self._old.items()):
                mark = (await self._marks((key[1],)))[0]
                if seen.setdefault(key, mark) != mark:
                    seen[key] = mark
                    await self._update_old(key, session)
            seen = {key: mark for key, mark in seen.items() if key in self._old}
            await self._at.watch.after(revision, LOOK_AGAIN_S)

    async def _update_old(self, key: tuple[str, str], session: ServerSession) -> None:
        try:
            await session.send_resource_updated(key[1])
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._old.pop(key, None)

    async def _wanted(self, asked: Asked, asks: types.SubscriptionFilter) -> _Wanted:
        task_ids: Any = (asks.model_extra or {}).get("taskIds") or []
        if task_ids:
            demand_tasks(asked)
        uris = asks.resource_subscriptions or []
        if not _names(task_ids) or not _names(uris):
            raise MCPError(types.INVALID_PARAMS, f"At most {_MOST_NAMES} names can be followed.")
        known = tuple(await self._tasks.known(task_ids))
        return _Wanted(tuple(uris), known, bool(asks.resources_list_changed))

    async def _acknowledge(self, asked: Asked, wanted: _Wanted, meta: Document) -> None:
        accepted: dict[str, Any] = {}
        if wanted.lists:
            accepted["resourcesListChanged"] = True
        if wanted.uris:
            accepted["resourceSubscriptions"] = list(wanted.uris)
        if wanted.task_ids:
            accepted["taskIds"] = list(wanted.task_ids)
        await asked.session.send_notification(
            types.SubscriptionsAcknowledgedNotification(
                params=types.SubscriptionsAcknowledgedNotificationParams(
                    notifications=types.SubscriptionFilter.model_validate(accepted),
                    _meta=cast("Any", meta),
                )
            ),
            related_request_id=asked.request_id,
        )

    async def _tell(self, asked: Asked, wanted: _Wanted, meta: Document) -> None:
        uris, runs = await self._marks(wanted.uris), await self._marks((RUNS_URI,))
        tasks: list[object] = [None] * len(wanted.task_ids)
        while not self._at.watch.stopped:
            revision = self._at.watch.revision
            now = await self._marks(wanted.uris)
            for uri in _changed(wanted.uris, uris, now):
                await _send_updated(asked, uri, meta)
            uris, tasks = now, await self._tell_tasks(asked, wanted.task_ids, tasks, meta)
            if wanted.lists and runs != (runs := await self._marks((RUNS_URI,))):
                await _send(asked, types.ResourceListChangedNotification(params=_stamped(meta)))
            await self._at.watch.after(revision, LOOK_AGAIN_S)

    async def _tell_tasks(
        self, asked: Asked, task_ids: Sequence[str], before: Sequence[object], meta: Document
    ) -> list[object]:
        """Send each task whose state differs, from the first on, and return the states."""
        now: list[object] = []
        for task_id, old in zip(task_ids, before, strict=True):
            state: Document | None = None
            with suppress(MCPError):  # a pruned task has no state that could be told
                state = await self._tasks.state(run_of(task_id), asks=may_be_asked(asked))
            mark = state and (state["status"], state["statusMessage"])
            if state is not None and mark != old:
                params = _TaskParams.model_validate({**state, "_meta": meta})
                await _send(asked, cast("Any", TaskNotification(params=params)))
            now.append(mark)
        return now

    async def _marks(self, uris: Sequence[str], *, strict: bool = False) -> list[object]:
        """What changes whenever the resources do; None for one that is not there."""
        marks: list[object] = []
        for uri in uris:
            try:
                marks.append(await self._mark(uri))
            except (DeckError, MCPError):
                if strict:
                    raise
                marks.append(None)
        return marks

    async def _mark(self, uri: str) -> object:
        if uri == RUNS_URI:
            counts = (await self._at.deck.snapshot(Window(size=0))).counts
            return counts.completed, counts.submitted, counts.pruned
        return _mark_of(await self._resources.run_of(uri))


@asynccontextmanager
async def telling_old_clients(subscriptions: Subscriptions) -> AsyncGenerator[None]:
    """Serve old subscriptions for as long as the context lasts."""
    telling = asyncio.create_task(subscriptions.serve_old(), name="old subscriptions")
    try:
        yield
    finally:
        telling.cancel()
        await ended([telling])


def _mark_of(run: Run) -> object:
    return run.status, run.phase, run.progress, run.cancel and run.cancel.state, run.attempt


def _names(values: object) -> bool:
    if not isinstance(values, list):
        return False
    listed = cast("list[object]", values)
    return len(listed) <= _MOST_NAMES and all(isinstance(each, str) for each in listed)


def _changed(uris: Sequence[str], old: Sequence[object], new: Sequence[object]) -> list[str]:
    return [uri for uri, a, b in zip(uris, old, new, strict=True) if a != b]


async def _send_updated(asked: Asked, uri: str, meta: Document) -> None:
    params = types.ResourceUpdatedNotificationParams(uri=uri, _meta=cast("Any", meta))
    await _send(asked, types.ResourceUpdatedNotification(params=params))


async def _send(asked: Asked, notification: types.ServerNotification) -> None:
    await asked.session.send_notification(notification, related_request_id=asked.request_id)


def _stamped(meta: Document) -> types.NotificationParams:
    return types.NotificationParams(_meta=cast("Any", meta))


def _connection(asked: Asked) -> str:
    """What tells connections apart: the session's id over HTTP; over stdio there is only one."""
    headers: Mapping[str, str] = getattr(asked.request, "headers", None) or {}
    return str(headers.get("mcp-session-id", ""))
