"""Which runs a verb acts on: those that are named, or those that a filter finds."""

from __future__ import annotations

from llmsdeck.api import DeckApi, TransferApi
from llmsdeck.cli.options import Options
from llmsdeck.errors import UsageError
from llmsdeck.filter import both
from llmsdeck.model import RunId


async def chosen_runs(deck: DeckApi | TransferApi, options: Options, also: str) -> list[RunId]:
    """Ids of the named runs, each once, or of those that match `--filter` and `also`.

    A mistyped name stops everything before anything happens. Raises UsageError unless runs are
    chosen in one of the two ways.
    """
    wanted = chosen_filter(options)
    if bool(options.runs) == bool(wanted):
        raise UsageError("Name runs, or give a --filter that finds them: one of the two.")
    if wanted:
        return list(await deck.matching(both(wanted, also)))
    return list(dict.fromkeys([(await deck.find(name)).run_id for name in options.runs]))


def chosen_filter(options: Options) -> str:
    """What `--filter` says, blank when it is not given; a blank one may be a shell's mistake."""
    if options.filter is not None and not options.filter.strip():
        raise UsageError("The --filter is blank; say which runs are meant, such as is:live.")
    return options.filter or ""
