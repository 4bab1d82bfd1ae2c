"""`read`: print an artifact."""

from __future__ import annotations

from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import text_document
from llmsdeck.errors import UsageError
from llmsdeck.model import ArtifactName, RunId

_PIECE_CHARS: Final = 1_000_000
"""Printed at a time, so that a large artifact needs little memory."""


async def read(deck: DeckApi, options: Options, output: Output) -> int:
    """The artifact's text as it is; on a terminal with marks for what is invisible."""
    name = _artifact(options.artifact)
    run = await deck.find(options.run)
    if output.as_json:
        output.result(text_document(run, await deck.read_artifact(run.run_id, name)), ())
        return 0
    await _print(deck, run.run_id, name, output)
    return 0


def _artifact(name: str) -> ArtifactName:
    if name not in list(ArtifactName):
        raise UsageError(f"{name!r} is no artifact; choose from {', '.join(ArtifactName)}.")
    return ArtifactName(name)


async def _print(deck: DeckApi, run_id: RunId, name: ArtifactName, output: Output) -> None:
    offset, more = 0, True
    while more:
        text = await deck.read_artifact(run_id, name, offset, _PIECE_CHARS)
        output.raw(text.content)
        offset, more = offset + len(text.content), text.truncated
