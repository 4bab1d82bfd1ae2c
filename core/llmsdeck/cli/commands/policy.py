"""`policy`: show the shared limits, or change them."""

from __future__ import annotations

from llmsdeck.api import DeckApi
from llmsdeck.cli.actor import CLI
from llmsdeck.cli.describe import policy_lines
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import policy_document
from llmsdeck.errors import UsageError
from llmsdeck.settings import known_key


async def policy(deck: DeckApi, options: Options, output: Output) -> int:
    """Make the named changes together, then show the named keys, or all."""
    changes: dict[str, str] = {}
    shown: dict[str, None] = {}
    for word in options.settings:
        name, given, value = word.partition("=")
        key = known_key(name.strip())
        if given and changes.setdefault(key, value) != value:
            raise UsageError(f"{key} is given twice, as {changes[key]!r} and as {value!r}.")
        shown[key] = None
    limits = await deck.set_policy(changes, CLI) if changes else await deck.policy()
    keys = tuple(shown or limits.values())
    output.result(policy_document(limits, keys), policy_lines(limits, keys))
    return 0
