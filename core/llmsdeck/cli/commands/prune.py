"""`prune` and `restore`: show what would go, let it go, bring it back."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from llmsdeck.api import DeckApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.answers import deck_error
from llmsdeck.cli.chosen import chosen_filter
from llmsdeck.cli.describe import plan_lines, runs_and_size, trash_lines
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import Document, error_document, plan_document, trash_document
from llmsdeck.errors import DeckError, UsageError
from llmsdeck.model import RunId
from llmsdeck.pruning import PrunePlan, PruneRule
from llmsdeck.settings import write_duration


async def prune(deck: DeckApi, options: Options, output: Output) -> int:
    """Plan, ask unless --yes was given, and remove exactly what was planned."""
    rule = PruneRule(
        older_than_s=options.older_than,
        keep=options.keep,
        keep_each=options.keep_each,
        filter=chosen_filter(options),
    )
    plan = await deck.plan_prune(rule)
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
    if grace := (await deck.policy()).prune_grace:
        output.message(f"`llmsdeck restore` brings them back, for {write_duration(grace)}.")
    return 0


async def restore(deck: DeckApi, options: Options, output: Output) -> int:
    """Bring back the named runs; without a name, list those that can be brought back."""
    if not options.runs:
        return await _list_trash(deck, output)
    answers = await deck.restore(list(dict.fromkeys(options.runs)), CLI)
    refused = {each.reference: deck_error(each.error) for each in answers if each.error}
    if len(answers) == 1:
        for error in refused.values():
            raise error
    for error in refused.values():
        output.message(f"llmsdeck: {error}")
    back = dict.fromkeys(each.run_id for each in answers if each.run_id and not each.error)
    output.result(_restored_document(tuple(back), refused), back)
    return max((error.exit_code for error in refused.values()), default=0)


def _restored_document(back: Sequence[RunId], refused: Mapping[str, DeckError]) -> Document:
    document: Document = {"restored": list(back)}
    if refused:
        document["errors"] = [
            {"reference": reference, **error_document(error)}
            for reference, error in refused.items()
        ]
    return document


async def _list_trash(deck: DeckApi, output: Output) -> int:
    items = await deck.trash()
    output.result({"trash": [trash_document(item) for item in items]}, trash_lines(items))
    return 0


def _agreed(plan: PrunePlan, output: Output) -> bool:
    """Show the plan and ask; raises UsageError where nobody can answer."""
    if output.as_json or not sys.stdin.isatty():
        raise UsageError("Nobody is there to ask; say --dry-run to look or --yes to remove.")
    for line in plan_lines(plan):
        output.message(line)
    output.message("Remove them? Type yes:")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
