"""Agents as tests play them: the official client, with and without tasks, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import mcp_types as types
from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, NotificationBinding, ResultClaim
from mcp.server.lowlevel.server import Server
from pydantic import BaseModel, ConfigDict

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock, SystemClock
from llmsdeck.config import AgentConfig
from llmsdeck.mcp.roots import Roots
from llmsdeck.mcp.server import Answers, build
from llmsdeck.mcp.subscriptions import telling_old_clients
from llmsdeck.mcp.surroundings import TASKS, Surroundings
from llmsdeck.mcp.watch import Watch

PATIENCE_S = 20.0


class Handle(types.Result):
    """A tool's answer that is the handle of a task."""

    model_config = ConfigDict(extra="allow")

    result_type: Literal["task"] = "task"
    task_id: str
    status: str
    poll_interval_ms: int
    created_at: str
    last_updated_at: str
    ttl_ms: int | None


class _Params(types.RequestParams):
    model_config = ConfigDict(extra="allow")


class TaskRequest(types.Request[_Params, str]):
    """Any of the methods that are about tasks."""

    name_param = "taskId"

    method: str
    params: _Params


class TaskState(types.Result):
    """Whatever is answered about a task."""

    model_config = ConfigDict(extra="allow")

    def __getattr__(self, name: str) -> Any:
        return (self.model_extra or {}).get(name)


class _Told(BaseModel):
    model_config = ConfigDict(extra="allow")


@dataclass
class TaskClient(ClientExtension):
    """Declares tasks; keeps every handle it gets and every notification about one."""

    identifier: str = TASKS
    handles: list[Handle] = field(default_factory=list[Handle])
    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    polls: int = 0

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return (ResultClaim(result_type="task", model=Handle, resolve=self._see_through),)

    def notifications(self) -> Sequence[NotificationBinding[Any]]:
        return (
            NotificationBinding(
                method="notifications/tasks", params_type=_Told, handler=self._hear
            ),
        )

    async def _hear(self, told: _Told) -> None:
        self.told.append(dict(told.model_extra or {}))

    async def _see_through(self, handle: Handle, context: ClaimContext) -> types.CallToolResult:
        """Poll as often as the server asks for, until the task has ended."""
        self.handles.append(handle)
        pause = handle.poll_interval_ms
        while True:
            await asyncio.sleep(pause / 1000)
            self.polls += 1
            state = await task(context.session, "tasks/get", handle.task_id)
            if state.status != "working":
                return types.CallToolResult.model_validate(state.result or {"content": []})
            pause = state.pollIntervalMs


async def task(session: Any, method: str, task_id: str, **more: object) -> TaskState:
    """Ask about a task."""
    params = _Params.model_validate({"taskId": task_id, **more})
    state: TaskState = await session.send_request(
        TaskRequest(method=method, params=params), TaskState
    )
    return state


@dataclass
class Agency:
    """A server in this process, and clients for it."""

    server: Server[Any]
    at: Surroundings

    def client(
        self,
        name: str = "tester",
        *,
        old: bool = False,
        tasks: TaskClient | None = None,
        asked: bool = False,
    ) -> Client:
        """A client of protocol 2026-07-28, or of the ones before it; its user may be asked."""
        return Client(
            self.server,
            mode="legacy" if old else "auto",
            client_info=types.Implementation(name=name, version="1"),
            extensions=[tasks] if tasks else None,
            elicitation_callback=never_asked if asked else None,
            read_timeout_seconds=PATIENCE_S,
        )


async def never_asked(context: object, params: object) -> types.ElicitResult:
    """Declares that the user can be asked; tasks put their questions otherwise."""
    raise AssertionError("the server asked outside of a task")


@asynccontextmanager
async def agency(
    deck: DeckApi,
    root: Path,
    store: Path,
    *,
    clock: Clock | None = None,
    config: AgentConfig | None = None,
) -> AsyncGenerator[Agency]:
    """Serve a deck; agents may name what is in `root`."""
    config = config or AgentConfig()
    roots = Roots.of((root,), store, root)
    watch = Watch(deck, clock or SystemClock())
    at = Surroundings(deck=deck, roots=roots, config=config, watch=watch)
    answers = Answers(at)
    async with watch.running(), telling_old_clients(answers.subscriptions):
        yield Agency(build(answers), at)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until something in this process holds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(PATIENCE_S / 10_000)
    raise AssertionError(f"not within {PATIENCE_S:g} s: {what}")


def told(result: types.CallToolResult) -> Any:
    """What a tool answered, which must not be an error."""
    assert not result.is_error, text_of(result)
    return result.structured_content


def text_of(result: types.CallToolResult) -> str:
    """The first text of an answer."""
    (first, *_) = result.content
    assert isinstance(first, types.TextContent)
    return first.text


def refusal(result: types.CallToolResult) -> dict[str, Any]:
    """Kind and facts of an error, which there must be."""
    assert result.is_error
    return dict((result.meta or {})["llmsdeck/error"])
