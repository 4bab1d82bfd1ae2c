"""`export` and `import`: carry ended runs and their bundles from one store to another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from llmsdeck.api import TransferApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.answers import deck_error
from llmsdeck.cli.chosen import chosen_runs
from llmsdeck.cli.describe import runs_and_size
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import Document, error_document
from llmsdeck.errors import DeckError
from llmsdeck.model import SHORT_ID_LENGTH, RunId


async def export(deck: TransferApi, options: Options, output: Output) -> int:
    """Write the chosen runs into a new file and print its name."""
    exported = await deck.export_runs(await chosen_runs(deck, options, "is:ended"), options.to)
    refused = {run_id: deck_error(error) for run_id, error in exported.errors.items()}
    if not exported.run_ids and len(refused) == 1:
        for error in refused.values():
            raise error
    for run_id, error in refused.items():
        output.message(f"{run_id[:SHORT_ID_LENGTH]}: {error}")
    if exported.file is None:
        output.message("There was no run to export; no file was made.")
    else:
        output.message(f"Exported {runs_and_size(len(exported.run_ids), exported.size_bytes)}.")
    document: Document = {
        "file": exported.file,
        "size_bytes": exported.size_bytes,
        "runs": list(exported.run_ids),
        **_errors(refused),
    }
    output.result(document, filter(None, [exported.file]), exact=True)
    return _worst(refused)


async def import_runs(deck: TransferApi, options: Options, output: Output) -> int:
    """Take in the runs of a file and print the ids of those that are new."""
    answers = await deck.import_runs(options.file, CLI)
    refused = {each.run_id: deck_error(each.error) for each in answers if each.error}
    skipped = {each.run_id: each.skipped for each in answers if each.skipped}
    for run_id, said in {**skipped, **refused}.items():
        output.message(f"{run_id[:SHORT_ID_LENGTH]}: {said}")
    known = refused.keys() | skipped.keys()
    new = [each.run_id for each in answers if each.run_id not in known]
    output.message(f"Imported {len(new)} of {len(answers)} runs.")
    document: Document = {
        "imported": new,
        "skipped": [{"run_id": run_id, "reason": why} for run_id, why in skipped.items()],
        **_errors(refused),
    }
    output.result(document, new)
    return _worst(refused)


def _errors(refused: Mapping[RunId, DeckError]) -> Document:
    told = [{"run_id": run_id, **error_document(error)} for run_id, error in refused.items()]
    return {"errors": told} if told else {}


def _worst(refused: Mapping[RunId, DeckError]) -> int:
    return max((error.exit_code for error in refused.values()), default=0)


VERBS: Final[Mapping[str, Callable[[TransferApi, Options, Output], Awaitable[int]]]] = {
    "export": export,
    "import": import_runs,
}
