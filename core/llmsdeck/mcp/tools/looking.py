"""Tools that look at runs without changing anything."""

from __future__ import annotations

from typing import Final

from llmsdeck.contract import Document, explanation_document
from llmsdeck.errors import NoSuchRunError
from llmsdeck.mcp.expectation import poll_after
from llmsdeck.mcp.parameters import List, One, WaitFor
from llmsdeck.mcp.record import run_record
from llmsdeck.mcp.schemas import DETAIL, EXPLANATION, RUN, RUNS
from llmsdeck.mcp.surroundings import Call
from llmsdeck.mcp.tools.following import followed, told
from llmsdeck.mcp.tools.tool import LOOKS, Answer, Tool
from llmsdeck.snapshot import PhaseSpan, Window


async def list_runs(call: Call, given: List) -> Answer:
    """A page of runs; older clients expect the bare list."""
    page = await call.at.deck.page(given.limit, given.cursor, given.filter)
    runs = [run_record(run, call.at.roots) for run in page.runs]
    return Answer(document={"runs": runs, "next_cursor": page.next_cursor}, text=runs)


async def get_run(call: Call, given: One) -> Answer:
    """A run, its phases, and when to look again."""
    run = await call.find(given.run_id)
    snapshot = await call.at.deck.snapshot(Window(size=0), focus=run.run_id)
    if snapshot.detail is None:
        raise NoSuchRunError(f"Run ID {run.run_id} not found: it has just been pruned.")
    document = {
        **told(call, snapshot.detail.run),
        "phases": [_phase(span) for span in snapshot.detail.phases],
        "poll_after_s": round(poll_after(snapshot), 3),
    }
    return Answer(document=document)


def _phase(span: PhaseSpan) -> Document:
    return {
        "phase": span.phase,
        "seconds": round(span.seconds, 3),
        "running": span.running,
        "usual_s": span.usual_s and [round(seconds, 3) for seconds in span.usual_s],
    }


async def wait_run(call: Call, given: WaitFor) -> Answer:
    """A run at its end, or as it is when the time is over."""
    run = await followed(call, await call.find(given.run_id), given.timeout_s)
    return Answer(document=told(call, run))


async def explain_run(call: Call, given: One) -> Answer:
    """Why a run is in its state."""
    run = await call.find(given.run_id)
    document = explanation_document(await call.at.deck.explain(run.run_id))
    return Answer(document=call.at.roots.veiled_document(document))


TOOLS: Final = (
    Tool(
        name="lmstxt_list_runs",
        title="List runs",
        description="Runs, newest first, of every client and of the operator.",
        parameters=List,
        answer=RUNS,
        hints=LOOKS,
        call=list_runs,
    ),
    Tool(
        name="lmstxt_get_run",
        title="Look at a run",
        description="One run with its phases; poll_after_s says when another look is worthwhile.",
        parameters=One,
        answer=DETAIL,
        hints=LOOKS,
        call=get_run,
    ),
    Tool(
        name="lmstxt_wait_run",
        title="Wait for a run",
        description="Wait until a run has ended, at most timeout_s; tells progress meanwhile.",
        parameters=WaitFor,
        answer=RUN,
        hints=LOOKS,
        call=wait_run,
    ),
    Tool(
        name="lmstxt_explain_run",
        title="Explain a run",
        description="Why a run is in its state: evidence, limits in force and what to do next.",
        parameters=One,
        answer=EXPLANATION,
        hints=LOOKS,
        call=explain_run,
    ),
)
