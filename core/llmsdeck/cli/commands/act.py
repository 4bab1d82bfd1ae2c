"""`cancel`, `retry` and `answer`: act on runs that are named or that a filter finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmsdeck.answers import CancelAnswer
from llmsdeck.api import DeckApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.answers import announce, conclude, deck_error, warn_of_standstill
from llmsdeck.cli.chosen import chosen_runs
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.cli.waiting import ended, run_state, until_cancelled
from llmsdeck.contract import Document, cancel_answer_document, error_document, run_document
from llmsdeck.errors import DeckError, RefusedError, UsageError
from llmsdeck.model import SHORT_ID_LENGTH, Run, RunId
from llmsdeck.resuming import sentence
from llmsdeck.states import Decision, RunStatus

_REFUSED: Final = RefusedError.exit_code


async def cancel(deck: DeckApi, options: Options, output: Output) -> int:
    """Ask runs to stop; 4 when one had ended before, or has not stopped in time with --wait."""
    answers = await deck.cancel(await chosen_runs(deck, options, "is:live"), CLI)
    refused = {each.run_id: deck_error(each.error) for each in answers if each.error}
    if len(answers) == 1:
        for error in refused.values():
            raise error
    answers = tuple(each for each in answers if not each.error)
    if options.wait:
        answers = await _with_verdicts(deck, answers)
    _tell(answers, refused, output)
    unfinished = options.wait and not ended([each.run for each in answers if each.run])
    late = unfinished or any(each.verdict == "too_late" for each in answers)
    return max([_REFUSED if late else 0, *(error.exit_code for error in refused.values())])


def _tell(answers: Sequence[CancelAnswer], refused: dict[RunId, DeckError], output: Output) -> None:
    """Print what became of each run."""
    document: Document = {
        "answers": [cancel_answer_document(each) for each in answers],
        **_errors(refused, output),
    }
    if not answers and not refused:
        output.message("No run that has not ended matches the filter.")
    output.result(document, (f"{each.run_id[:SHORT_ID_LENGTH]} {each.message}" for each in answers))


async def retry(deck: DeckApi, options: Options, output: Output) -> int:
    """Start new runs like ended ones and print their ids."""
    changes = _changes(options.changes)
    chosen = await chosen_runs(deck, options, "is:ended")
    alone = len(chosen) == 1 and not (changes or options.fresh)
    kept = sentence(await deck.kept(chosen[0])) if alone else ""
    started = await deck.retry(chosen, CLI, changes, fresh=options.fresh)
    if not started:
        output.message("No run that has ended matches the filter.")
    announce(started, output)
    if kept and started[0].created:
        output.message(kept)
    await warn_of_standstill(deck, started, output)
    return conclude(started, output, lambda run: run.run_id)


async def answer(deck: DeckApi, options: Options, output: Output) -> int:
    """Answer runs that ask whether to go on; 4 when one asks nothing."""
    chosen = await chosen_runs(deck, options, "is:asking")
    answers = await deck.answer(chosen, Decision(options.decision), CLI)
    refused = {each.run_id: deck_error(each.error) for each in answers if each.error}
    if len(answers) == 1:
        for error in refused.values():
            raise error
    runs = [each.run for each in answers if each.run]
    if not answers:
        output.message("No run that asks matches the filter.")
    document: Document = {"runs": [run_document(run) for run in runs], **_errors(refused, output)}
    output.result(document, map(run_state, runs))
    return max((error.exit_code for error in refused.values()), default=0)


def _errors(refused: dict[RunId, DeckError], output: Output) -> Document:
    """Say why runs were refused; the same for the document, where there is any."""
    for error in refused.values():
        output.message(f"llmsdeck: {error}")
    told = [{"run_id": run_id, **error_document(error)} for run_id, error in refused.items()]
    return {"errors": told} if told else {}


def _changes(words: Sequence[str]) -> dict[str, str]:
    """What `--set` says; raises UsageError."""
    changes: dict[str, str] = {}
    for word in words:
        key, given, value = word.partition("=")
        if not given:
            raise UsageError(f"--set takes KEY=VALUE, not {word!r}.")
        if changes.setdefault(key.strip(), value) != value:
            raise UsageError(f"{key} is set twice, to {changes[key]!r} and to {value!r}.")
    return changes


async def _with_verdicts(
    deck: DeckApi, answers: Sequence[CancelAnswer]
) -> tuple[CancelAnswer, ...]:
    """The answers once their runs have ended."""
    there = [answer.run.run_id for answer in answers if answer.run]
    runs = {run.run_id: run for run in await until_cancelled(deck, there)}
    return tuple(
        _with_verdict(answer, runs[answer.run_id]) if answer.run else answer for answer in answers
    )


def _with_verdict(answer: CancelAnswer, run: Run) -> CancelAnswer:
    """The answer once its run has ended, or as it stands when it has not."""
    if run.status is RunStatus.CANCELLED:
        return replace(answer, run=run, verdict="cancelled", message="Cancelled.")
    if not ended([run]):
        return replace(answer, run=run, message="Not stopped yet; its worker goes on trying.")
    if answer.verdict == "too_late":
        return replace(answer, run=run)
    return replace(answer, run=run, verdict="too_late", message=f"Too late, it is {run.status}.")
