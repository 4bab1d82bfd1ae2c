"""Keys that come before the screen is ready for them wait for it, in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias

from textual.app import App, ScreenStackError
from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Input

PATIENCE: Final = 2.0
"""Seconds after which keys are no longer held back, until the screen has been ready again."""
_LOOK: Final = 0.01
"""Seconds between two looks at whether the screen is ready."""
FOREGROUND: Final = frozenset(
    {
        "actions",
        "answer",
        "apply",
        "bulk",
        "cancel",
        "choose",
        "diff",
        "failures",
        "jump",
        "mark",
        "policy",
        "previous",
        "priority",
        "prune",
        "read",
        "restore",
        "retry",
        "start",
        "text",
        "trash",
    }
)
"""Groups of workers whose end the next key may depend on."""

Typed: TypeAlias = Key | Paste


class TypeAhead:
    """What was typed and is not done yet.

    A key that changes the screen, or that needs an answer of the deck, takes a moment. Over a slow
    line several keys come at once; without this, the second would go to the screen that the first
    is about to leave.
    """

    def __init__(
        self,
        app: App[None],
        forward: Callable[[Typed], Awaitable[None]],
        moves: Callable[[str], bool],
    ) -> None:
        self._app, self._forward, self._moves = app, forward, moves
        self._waiting: deque[Typed] = deque()
        self._task: asyncio.Task[None] | None = None
        self._impatient = False

    @property
    def is_empty(self) -> bool:
        """Everything that was typed is done."""
        return self._task is None or self._task.done()

    async def take(self, event: Typed) -> None:
        """Forward what was typed, at once when the screen is ready for it."""
        if self.is_empty and self._is_ready(event):
            await self._forward(event)
            if self._app.is_running:
                self._task = asyncio.create_task(self._follow(), name="typed ahead")
            return
        self._waiting.append(event)
        if self.is_empty:
            self._task = asyncio.create_task(self._drain(), name="typed ahead")

    def stop(self) -> None:
        """Forget what is not done."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        await self._handled()
        await self._drain()

    async def _drain(self) -> None:
        while self._waiting and self._app.is_running:
            await self._ready(self._waiting[0])
            await self._forward(self._waiting.popleft())
            await self._handled()

    async def _handled(self) -> None:
        """Wait until the key has gone all the way up, and what it made each widget say too."""
        for _ in range(2):
            try:
                nodes = [*(self._app.focused or self._app.screen).ancestors_with_self]
            except ScreenStackError:
                return
            for node in nodes:
                await _passed(node)

    async def _ready(self, event: Typed) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not self._is_ready(event):
            if asyncio.get_running_loop().time() > deadline:
                self._impatient = True
                return
            await asyncio.sleep(_LOOK)
            await self._handled()

    def _is_ready(self, event: Typed) -> bool:
        try:
            screen = self._app.screen
        except ScreenStackError:
            return True
        ready = self._can_take(screen, event)
        self._impatient = self._impatient and not ready
        return ready or self._impatient

    def _can_take(self, screen: Screen[object], event: Typed) -> bool:
        if not (screen.is_mounted and screen.is_current):
            return False
        if isinstance(event, Key) and self._moves(event.key) and self._app.focused is not None:
            return True
        if any(w.group in FOREGROUND and not w.is_finished for w in self._app.workers):
            return False
        return isinstance(self._app.focused, Input) or getattr(screen, "is_pictured", True)


async def _passed(node: MessagePump) -> None:
    """Wait until a node has handled what it has been told so far."""
    done = asyncio.Event()
    if node.call_later(done.set):
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await done.wait()
