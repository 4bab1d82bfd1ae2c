"""`read`: print an artifact."""

from __future__ import annotations

from llmsdeck.api import LookApi
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import text_document
from llmsdeck.errors import UsageError
from llmsdeck.model import ArtifactName


async def read(deck: LookApi, options: Options, output: Output) -> int:
    """The artifact's text as it is; on a terminal with marks for what is invisible."""
    name = _artifact(options.artifact)
    run = await deck.find(options.run)
    text = await deck.read_artifact(run.run_id, name)
    if output.as_json:
        output.result(text_document(run, text), ())
    else:
        output.raw(text.content)
    return 0


def _artifact(name: str) -> ArtifactName:
    try:
        return ArtifactName(name)
    except ValueError:
        raise UsageError(
            f"{name!r} is no artifact; choose from {', '.join(ArtifactName)} or a part such as "
            f"{ArtifactName.part(1)}."
        ) from None
