"""The verbs that act on a deck."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.cli.options import PLAIN, Options
from llmsdeck.cli.output import Output

Command = Callable[[DeckApi, Options, Output], Awaitable[int]]
"""Does what was typed and returns the exit code; raises DeckError."""

_PLACES: Final[Mapping[str, str]] = {
    "start": "start:start",
    "list": "look:list_runs",
    "show": "look:show",
    "why": "look:why",
    "events": "look:events",
    "calls": "calls:calls",
    "workers": "look:workers",
    "read": "read:read",
    "check": "judge:check",
    "diff": "judge:diff",
    "cancel": "act:cancel",
    "answer": "act:answer",
    "retry": "act:retry",
    "prune": "prune:prune",
    "restore": "prune:restore",
    "policy": "policy:policy",
    PLAIN: "plain:plain",
}
"""Module and function of each verb, by name, so that a verb loads what it needs and no more."""


def command(verb: str) -> Command:
    """What a verb does."""
    module, _, function = _PLACES[verb].partition(":")
    found: Command = getattr(import_module(f"{__name__}.{module}"), function)
    return found
