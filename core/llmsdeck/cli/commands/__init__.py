"""The verbs that look at a deck or act on one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from llmsdeck.cli.options import PLAIN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from llmsdeck.api import DeckApi, LookApi
    from llmsdeck.cli.options import Options
    from llmsdeck.cli.output import Output

Look: TypeAlias = "Callable[[LookApi, Options, Output], Coroutine[object, None, int]]"
"""Shows what was typed and returns the exit code; raises DeckError."""
Act: TypeAlias = "Callable[[DeckApi, Options, Output], Awaitable[int]]"
"""Does what was typed and returns the exit code; raises DeckError."""

LOOKS: Final[Mapping[str, str]] = {
    "list": "look:list_runs",
    "show": "look:show",
    "why": "look:why",
    "events": "look:events",
    "calls": "calls:calls",
    "workers": "look:workers",
    "read": "read:read",
    "check": "judge:check",
    "diff": "judge:diff",
}
"""Module and function of each verb, by name, so that a verb loads what it needs and no more."""
ACTS: Final[Mapping[str, str]] = {
    "start": "start:start",
    "cancel": "act:cancel",
    "answer": "act:answer",
    "retry": "act:retry",
    "prune": "prune:prune",
    "restore": "prune:restore",
    "policy": "policy:policy",
    PLAIN: "plain:plain",
}


def looking(verb: str) -> Look:
    """What a verb shows."""
    found: Look = _function(LOOKS[verb])
    return found


def acting(verb: str) -> Act:
    """What a verb does."""
    found: Act = _function(ACTS[verb])
    return found


def _function(place: str) -> Any:
    module, _, function = place.partition(":")
    return getattr(import_module(f"{__name__}.{module}"), function)
