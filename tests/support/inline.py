"""Attempts in the worker itself that leave a bundle with their own name in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from llmsdeck.engine.child import Attempt
from llmsdeck.engine.messages import DoneMessage, Message, PhaseMessage
from llmsdeck.states import Outcome, Phase
from llmsdeck.testing.inline import InlineExecutor


def bundle_text(run_id: str, token: str) -> str:
    """What an attempt writes: its own name, so that nobody else's can pass for it."""
    return f"# {run_id} {token}\n"


def inline_executor() -> InlineExecutor:
    """Starts attempts that end by themselves after a moment, unless their source is `/wait`."""
    return InlineExecutor(_write_own_name)


async def _write_own_name(attempt: Attempt, stop: asyncio.Event) -> AsyncIterator[Message]:
    folder = attempt.folder
    yield PhaseMessage(phase=Phase.COLLECT)
    if attempt.job.source == "/wait":
        await asyncio.Event().wait()
    await asyncio.sleep(0.001)
    yield PhaseMessage(phase=Phase.WRITE)
    text = bundle_text(attempt.job.run_id, folder.name)
    names = attempt.job.artifacts
    for name in names:
        (folder / name).write_text(text)
    yield DoneMessage(commit=None, outcome=Outcome.GOOD, score=90, artifacts=names)
