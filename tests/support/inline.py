"""Attempts that take place in the worker itself: everything above them is real, and fast."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator

from llmsdeck.engine.child import Attempt
from llmsdeck.engine.executor import Execution
from llmsdeck.engine.messages import DoneMessage, Message, PhaseMessage
from llmsdeck.states import Outcome, Phase


def bundle_text(run_id: str, token: str) -> str:
    """What an attempt writes: its own name, so that nobody else's can pass for it."""
    return f"# {run_id} {token}\n"


class InlineExecutor:
    """Starts attempts that end by themselves after a moment, unless their source is `/wait`."""

    async def start(self, attempt: Attempt) -> Execution:
        return InlineExecution(attempt)


class InlineExecution:
    """One attempt; its process is none that anybody could end."""

    pid = 2**22
    began = "inline"

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    async def messages(self) -> AsyncIterator[Message]:
        folder = self._attempt.folder
        yield PhaseMessage(phase=Phase.COLLECT)
        if self._attempt.job.source == "/wait":
            await asyncio.Event().wait()
        await asyncio.sleep(0.001)
        yield PhaseMessage(phase=Phase.WRITE)
        text = bundle_text(self._attempt.job.run_id, folder.name)
        names = self._attempt.job.artifacts
        for name in names:
            (folder / name).write_text(text)
        yield DoneMessage(commit=None, outcome=Outcome.GOOD, score=90, artifacts=names)

    def cancel(self) -> None:
        """Nothing to do: the attempt ends within a moment."""

    def signal(self, number: signal.Signals) -> None:
        """Nobody is there to be signalled."""

    async def ended(self) -> str:
        return "ended with exit code 0"

    def abandon(self) -> None:
        """Nothing is held of it."""
