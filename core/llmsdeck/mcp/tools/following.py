"""A run while a client waits for it, and as it is told."""

from __future__ import annotations

from llmsdeck.contract import Document
from llmsdeck.forecast import progress_of
from llmsdeck.mcp.record import run_record
from llmsdeck.mcp.surroundings import Call
from llmsdeck.model import Run
from llmsdeck.states import LIVE
from llmsdeck.why import state_of


async def followed(call: Call, run: Run, within: float) -> Run:
    """The run at its end, or as it is after that long; the client sees its progress."""
    shown = -1.0

    async def report(now: Run) -> None:
        nonlocal shown
        done, total = progress_of(now)
        if done > shown:  # a client may expect that progress only grows; an attempt may begin anew
            shown = done
            await call.report(done, total, call.at.roots.veiled(state_of(now)))

    return await call.at.watch.until_ended(run.run_id, within, report)


def told(call: Call, run: Run, notes: tuple[str, ...] = ()) -> Document:
    """The record of a run, with what keeps it from being executed."""
    if run.status in LIVE and call.at.watch.trouble:
        notes = (*notes, call.at.roots.veiled(f"No worker: {call.at.watch.trouble}"))
    return run_record(run, call.at.roots, notes)
