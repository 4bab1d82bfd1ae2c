"""How accepted and refused requests are reported, by `start` and by `retry`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmsdeck.answers import Started
from llmsdeck.api import DeckApi
from llmsdeck.cli.output import Output
from llmsdeck.contract import Document, error_document, run_document
from llmsdeck.errors import DeckError
from llmsdeck.model import Run


def announce(started: Sequence[Started], output: Output) -> None:
    """Tell people what became of each request; raises the error of an only one."""
    for answer in started:
        if answer.error and len(started) == 1:
            raise answer.error
        output.message(_sentence(answer))


def conclude(started: Sequence[Started], output: Output, line: Callable[[Run], str | None]) -> int:
    """Print the runs, one line each where there is one; the worst refusal's exit code, or 0."""
    runs = [answer.run for answer in started if answer.run]
    refused = [
        {
            "source": answer.source,
            **({"run_id": answer.retry_of} if answer.retry_of else {}),
            **error_document(deck_error(answer.error)),
        }
        for answer in started
        if answer.error
    ]
    document: Document = {"runs": [run_document(run) for run in runs]}
    if refused:
        document["errors"] = refused
    output.result(document, filter(None, map(line, runs)), exact=True)
    return max(
        (deck_error(answer.error).exit_code for answer in started if answer.error), default=0
    )


async def warn_of_standstill(deck: DeckApi, started: Sequence[Started], output: Output) -> None:
    """Say so when nobody is there to execute what was just accepted."""
    accepted = any(answer.run for answer in started)
    if accepted and not any(worker.alive for worker in await deck.workers()):
        output.message(
            "No worker is alive; open the dashboard, run `llmsdeck worker`, or start with --wait."
        )


def _sentence(answer: Started) -> str:
    if answer.error:
        return f"{answer.source}: {answer.error}" if answer.source else str(answer.error)
    assert answer.run is not None
    if answer.created:
        return f"Run {answer.run.short_id} of {answer.source} is in the queue."
    return (
        f"Run {answer.run.short_id} of {answer.source} is already {answer.run.status}; "
        "--force starts another."
    )


def deck_error(error: Exception) -> DeckError:
    """The refusal; anything else is a fault of the program and goes up."""
    if isinstance(error, DeckError):
        return error
    raise error
