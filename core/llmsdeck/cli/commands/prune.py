"""`prune`: show what would go, then let it go."""

from __future__ import annotations

import sys

from llmsdeck.api import DeckApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.describe import plan_lines, runs_and_size
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import plan_document
from llmsdeck.errors import UsageError
from llmsdeck.model import PrunePlan, PruneRule


async def prune(deck: DeckApi, options: Options, output: Output) -> int:
    """Plan, ask unless --yes was given, and remove exactly what was planned."""
    plan = await deck.plan_prune(PruneRule(older_than_s=options.older_than, keep=options.keep))
    if options.dry_run or not plan.items:
        output.result({"plan": plan_document(plan), "pruned": None}, plan_lines(plan))
        return 0
    if not options.yes and not _agreed(plan, output):
        output.message("Nothing was removed.")
        return 0
    result = await deck.apply_prune(plan, CLI)
    document = {
        "plan": plan_document(plan),
        "pruned": {"runs": result.runs, "total_bytes": result.total_bytes},
    }
    output.result(document, [f"Removed {runs_and_size(result.runs, result.total_bytes)}."])
    return 0


def _agreed(plan: PrunePlan, output: Output) -> bool:
    """Show the plan and ask; raises UsageError where nobody can answer."""
    if output.as_json or not sys.stdin.isatty():
        raise UsageError("Nobody is there to ask; say --dry-run to look or --yes to remove.")
    for line in plan_lines(plan):
        output.message(line)
    output.message("Remove them? Type yes:")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
