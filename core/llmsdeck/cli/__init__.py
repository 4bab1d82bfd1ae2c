"""The headless command line: parse, call the deck, print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmsdeck.cli.options import parse
from llmsdeck.errors import DeckError

if TYPE_CHECKING:
    from llmsdeck.cli.execute import DeckOpener


def main(arguments: Sequence[str], open_deck: DeckOpener | None = None) -> int:
    """Do what was typed and return the exit code; tests pass an `open_deck` of their own.

    0 done, 1 the run failed (a gate is failed, bundles differ), 2 usage, 3 no such run, 4 refused,
    5 the store cannot be used, 130 cancelled, 141 the reader of the output has gone.
    """
    try:
        options = parse(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except DeckError as error:
        from llmsdeck.cli.output import Output

        Output(as_json="--json" in arguments, stdout=sys.stdout, stderr=sys.stderr).failure(error)
        return error.exit_code
    from llmsdeck.cli.execute import execute

    return execute(options, open_deck)
