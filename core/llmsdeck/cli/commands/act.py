"""`cancel` and `retry`: act on runs that are named by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.answers import announce, conclude, warn_of_standstill
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.cli.waiting import ended, until_cancelled
from llmsdeck.contract import cancel_answer_document
from llmsdeck.errors import RefusedError
from llmsdeck.model import CancelAnswer, Run, RunId
from llmsdeck.states import RunStatus

_REFUSED: Final = RefusedError.exit_code


async def cancel(deck: DeckApi, options: Options, output: Output) -> int:
    """Ask runs to stop; 4 when one had ended before, or has not stopped in time with --wait."""
    answers = await deck.cancel(await _find_all(deck, options.runs), CLI)
    if options.wait:
        runs = await until_cancelled(deck, [answer.run.run_id for answer in answers])
        answers = tuple(map(_with_verdict, answers, runs))
    document = {"answers": [cancel_answer_document(answer) for answer in answers]}
    output.result(document, (f"{answer.run.short_id} {answer.message}" for answer in answers))
    refused = any(answer.verdict == "too_late" for answer in answers)
    unfinished = options.wait and not ended([answer.run for answer in answers])
    return _REFUSED if refused or unfinished else 0


async def retry(deck: DeckApi, options: Options, output: Output) -> int:
    """Start new runs like ended ones and print their ids."""
    started = await deck.retry(await _find_all(deck, options.runs), CLI)
    announce(started, output)
    await warn_of_standstill(deck, started, output)
    return conclude(started, output, lambda run: run.run_id)


async def _find_all(deck: DeckApi, references: Sequence[str]) -> list[RunId]:
    """Ids of all named runs, each once; a mistyped one stops everything before anything happens."""
    return list(dict.fromkeys([(await deck.find(name)).run_id for name in references]))


def _with_verdict(answer: CancelAnswer, run: Run) -> CancelAnswer:
    """The answer once its run has ended, or as it stands when it has not."""
    if run.status is RunStatus.CANCELLED:
        return replace(answer, run=run, verdict="cancelled", message="Cancelled.")
    if not ended([run]):
        return replace(answer, run=run, message="Not stopped yet; its worker goes on trying.")
    if answer.verdict == "too_late":
        return replace(answer, run=run)
    return replace(answer, run=run, verdict="too_late", message=f"Too late, it is {run.status}.")
