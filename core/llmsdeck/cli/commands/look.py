"""`list`, `show`, `events` and `workers`: look without changing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmsdeck.cli.describe import (
    event_line,
    explanation_lines,
    page_lines,
    run_lines,
    worker_lines,
)
from llmsdeck.contract import (
    event_document,
    explanation_document,
    run_document,
    worker_document,
)
from llmsdeck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmsdeck.api import LookApi
    from llmsdeck.cli.options import Options
    from llmsdeck.cli.output import Output
    from llmsdeck.model import Run, RunEvent

_EVENTS_AT_ONCE: Final = 1000


async def list_runs(deck: LookApi, options: Options, output: Output) -> int:
    """One page of runs, newest first unless --sort says otherwise."""
    page = await deck.page(options.limit, options.cursor, options.filter or "", options.sort)
    document = {
        "runs": [run_document(run) for run in page.runs],
        "next_cursor": page.next_cursor,
    }
    output.result(document, page_lines(page, filtered=bool(options.filter)))
    return 0


async def show(deck: LookApi, options: Options, output: Output) -> int:
    """One run."""
    run = await deck.find(options.run)
    output.result(run_document(run), run_lines(run))
    return 0


async def why(deck: LookApi, options: Options, output: Output) -> int:
    """Why a run is in its state."""
    explanation = await deck.explain(options.run)
    output.result(explanation_document(explanation), explanation_lines(explanation))
    return 0


async def events(deck: LookApi, options: Options, output: Output) -> int:
    """What happened to a run; with --follow, lines as it happens or one document at its end.

    Without a run: what happened to the deck itself, such as changes of policy.
    """
    if options.follow and not options.run:
        raise UsageError("Name the run to follow; `llmsdeck list` shows them.")
    run_id = (await deck.find(options.run)).run_id if options.run else None
    seen: list[RunEvent] = []

    async def show_new(_: Sequence[Run]) -> None:
        while news := await deck.events(run_id, seen[-1].seq if seen else 0, _EVENTS_AT_ONCE):
            seen.extend(news)
            if not output.as_json:
                output.result({}, map(event_line, news))

    await show_new([])
    if options.follow and run_id is not None:
        from llmsdeck.cli.waiting import until_ended

        await until_ended(deck, [run_id], show_new)
    if output.as_json:
        output.result({"events": [event_document(event) for event in seen]}, ())
    return 0


async def workers(deck: LookApi, options: Options, output: Output) -> int:
    """Who executes runs."""
    found = await deck.workers()
    document = {"workers": [worker_document(worker) for worker in found]}
    output.result(document, worker_lines(found))
    return 0
