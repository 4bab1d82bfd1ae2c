"""Attempts that take place in the worker itself: everything above them is real, and fast."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from llmsdeck.engine.child import Attempt
from llmsdeck.engine.executor import Execution
from llmsdeck.engine.messages import Message

Script: TypeAlias = Callable[[Attempt, asyncio.Event], AsyncIterator[Message]]
"""What an attempt does and says; the event is set once it is asked to stop."""


class InlineExecutor:
    """Starts attempts that follow a script."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def start(self, attempt: Attempt) -> Execution:
        """Begin an attempt; it is under way as soon as somebody listens."""
        attempt.make_folder()
        return InlineExecution(self._script, attempt)


class InlineExecution:
    """One attempt; its process is none that anybody could end."""

    pid = 2**22
    began = "inline"

    def __init__(self, script: Script, attempt: Attempt) -> None:
        self._stop = asyncio.Event()
        self._messages = script(attempt, self._stop)

    def messages(self) -> AsyncIterator[Message]:
        """What the script says."""
        return self._messages

    def cancel(self) -> None:
        """Ask the script to stop."""
        self._stop.set()

    def signal(self, number: signal.Signals) -> None:
        """Nobody is there to be signalled."""

    async def ended(self) -> str:
        """It has ended with its last message."""
        return "ended with exit code 0"

    def abandon(self) -> None:
        """Nothing is held of it."""
