"""Tools that stop and remove runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llmsdeck.contract import Document, plan_document
from llmsdeck.errors import DeckError, RealityMovedError, RefusedError, UsageError
from llmsdeck.mcp.parameters import Cancel, Decide, Prune
from llmsdeck.mcp.schemas import CANCEL, PRUNE, RUN
from llmsdeck.mcp.surroundings import Call
from llmsdeck.mcp.tools.following import followed, told
from llmsdeck.mcp.tools.tool import REMOVES, STOPS, Answer, Tool
from llmsdeck.pruning import PrunePlan, PruneResult, PruneRule
from llmsdeck.settings import parse_duration
from llmsdeck.states import LIVE, RunStatus


async def cancel_run(call: Call, given: Cancel) -> Answer:
    """Ask a run to stop; the verdict is truthful."""
    run = await call.find(given.run_id)
    (answer,) = await call.at.deck.cancel([run.run_id], call.actor)
    if isinstance(answer.error, DeckError):
        raise answer.error
    run, verdict, message = answer.run or run, answer.verdict, answer.message
    if given.wait_s and run.status in LIVE:
        run = await followed(call, run, given.wait_s)
        if run.status is RunStatus.CANCELLED:
            verdict, message = "cancelled", "Cancelled."
    document: Document = {
        "run_id": run.run_id,
        "verdict": verdict,
        "message": message,
        "run": told(call, run),
    }
    return Answer(document=document)


async def answer_run(call: Call, given: Decide) -> Answer:
    """Answer a run that asks whether to go on over its budget."""
    run = await call.find(given.run_id)
    (answer,) = await call.at.deck.answer([run.run_id], given.decision, call.actor)
    if isinstance(answer.error, DeckError):
        raise answer.error
    call.at.watch.want_worker()
    return Answer(document=told(call, answer.run or run))


async def prune_runs(call: Call, given: Prune) -> Answer:
    """What pruning would remove; with `apply`, exactly that."""
    rule = PruneRule(
        older_than_s=None if given.older_than is None else parse_duration(given.older_than),
        keep=given.keep,
        keep_each=given.keep_each,
        filter=given.filter,
    )
    plan = await call.at.deck.plan_prune(rule)
    gone = await _apply(call, given, plan) if given.apply else None
    pruned = gone and {"runs": gone.runs, "total_bytes": gone.total_bytes}
    items = [replace(item, source=call.at.roots.shown(item.source)) for item in plan.items]
    shown = plan_document(replace(plan, items=tuple(items)))
    return Answer(document={"plan": shown, "pruned": pruned})


async def _apply(call: Call, given: Prune, plan: PrunePlan) -> PruneResult:
    if not call.at.config.prune:
        raise RefusedError("Agents may not prune here; the operator can set mcp.prune to true.")
    if given.fingerprint is None:
        raise UsageError("Ask for a plan first, then give its fingerprint with `apply`.")
    if given.fingerprint != plan.fingerprint:
        raise RealityMovedError("The runs to prune have changed since the plan; look again.")
    return await call.at.deck.apply_prune(plan, call.actor)


TOOLS: Final = (
    Tool(
        name="lmstxt_cancel_run",
        title="Cancel a run",
        description="Ask a run to stop. The verdict says `cancelled`, `requested` or `too_late`.",
        parameters=Cancel,
        answer=CANCEL,
        hints=STOPS,
        call=cancel_run,
    ),
    Tool(
        name="lmstxt_answer_run",
        title="Answer a run",
        description="Answer a run whose record has a `question`: `go` lets the model read all of "
        "it, `without-model` does without, `cancel` stops the run. Ask your user first.",
        parameters=Decide,
        answer=RUN,
        hints=STOPS,
        call=answer_run,
    ),
    Tool(
        name="lmstxt_prune_runs",
        title="Prune runs",
        description="Plan which ended runs would go, and why. Applying a plan needs its "
        "fingerprint and the operator's permission; what went can be brought back for a while.",
        parameters=Prune,
        answer=PRUNE,
        hints=REMOVES,
        call=prune_runs,
    ),
)
