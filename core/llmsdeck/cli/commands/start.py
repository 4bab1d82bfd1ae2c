"""`start`: enqueue runs and, with --wait, see them through."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TextIO

from llmsdeck.answers import Started
from llmsdeck.api import DeckApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.answers import announce, conclude, warn_of_standstill
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.cli.waiting import ProgressLine, WorkerKeeper, run_state, until_cancelled, until_ended
from llmsdeck.errors import DeckError, UsageError
from llmsdeck.model import DEFAULT_ARTIFACTS, ArtifactName, Run, RunRequest
from llmsdeck.request import read_artifacts
from llmsdeck.states import RunStatus

_MOST_LINES: Final = 10_000
_CANCELLED: Final = 130
_END_CODES: Final = {RunStatus.COMPLETED: 0, RunStatus.FAILED: 1}


async def start(deck: DeckApi, options: Options, output: Output) -> int:
    """Enqueue a run per source; the exit code is the worst of them."""
    started = await deck.start(_requests(options), CLI)
    announce(started, output)
    if options.wait:
        return await _see_through(deck, started, options, output)
    await warn_of_standstill(deck, started, output)
    return conclude(started, output, lambda run: run.run_id)


def read_sources(typed: Sequence[str], stdin: TextIO) -> list[str]:
    """The sources as typed, with the lines of standard input in place of a dash.

    Raises UsageError for more than a store could take.
    """
    sources: list[str] = []
    for source in typed:
        lines = islice(stdin, _MOST_LINES + 1) if source == "-" else (source,)
        sources += filter(None, (line.strip() for line in lines))
    if len(sources) > _MOST_LINES:
        raise UsageError(f"More than {_MOST_LINES} sources at once; start them in parts.")
    if not sources:
        raise UsageError("No source was given; standard input was empty.")
    return sources


def _requests(options: Options) -> list[RunRequest]:
    """One request per source, as typed; raises UsageError."""
    return [
        RunRequest(
            source=source,
            ref=options.ref,
            artifacts=_artifacts(options.artifacts),
            model=options.model,
            output_dir=options.output,
            timeout_s=options.timeout,
            priority=options.priority,
            force=options.force,
        )
        for source in read_sources(options.sources, sys.stdin)
    ]


def _artifacts(names: str | None) -> tuple[ArtifactName, ...]:
    return DEFAULT_ARTIFACTS if names is None else read_artifacts(names)


async def _see_through(
    deck: DeckApi, started: Sequence[Started], options: Options, output: Output
) -> int:
    """Wait for the runs and print their bundles' folders; Ctrl+C cancels what this call started."""
    interrupted = False
    try:
        await _wait(deck, started, output)
    except asyncio.CancelledError:
        _forget_interrupt()
        interrupted = True
        await _cancel(deck, started, output)
    delivered = await _deliver(deck, output) if options.output else 0
    answers = [await _renewed(deck, answer) for answer in started]
    code = conclude(answers, output, lambda run: run.bundle_dir)
    runs = [answer.run for answer in answers if answer.run]
    for run in runs:
        output.message(run_state(run))
    return _CANCELLED if interrupted else max([code, delivered, *map(_end_code, runs)])


async def _wait(deck: DeckApi, started: Sequence[Started], output: Output) -> None:
    progress = ProgressLine(output.stderr)
    keeper = WorkerKeeper(deck)

    async def show(runs: Sequence[Run]) -> None:
        progress.show(runs)
        await keeper.ensure(runs)

    try:
        await until_ended(deck, [answer.run.run_id for answer in started if answer.run], show)
    finally:
        progress.close()


async def _deliver(deck: DeckApi, output: Output) -> int:
    """See to it that copies are where they were asked for; the exit code."""
    try:
        await deck.deliver()
    except DeckError as error:
        output.message(f"llmsdeck: {error}")
        return error.exit_code
    return 0


async def _cancel(deck: DeckApi, started: Sequence[Started], output: Output) -> None:
    """Cancel the runs of this call, not those it joined, and wait for the verdict."""
    own = [answer.run.run_id for answer in started if answer.run and answer.created]
    output.message("Cancelling; press Ctrl+C again to leave at once.")
    await deck.cancel(own, CLI)
    await until_cancelled(deck, own)


def _forget_interrupt() -> None:
    """Let this task go on after Ctrl+C, which asyncio delivers as a cancel of the main task."""
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()


async def _renewed(deck: DeckApi, answer: Started) -> Started:
    return replace(answer, run=await deck.find(answer.run.run_id)) if answer.run else answer


def _end_code(run: Run) -> int:
    return _END_CODES.get(run.status, _CANCELLED)
