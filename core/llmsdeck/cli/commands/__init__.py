"""The verbs that act on a deck."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.cli.commands import act, judge, look, plain, policy, prune, read, start
from llmsdeck.cli.options import PLAIN, Options
from llmsdeck.cli.output import Output

Command = Callable[[DeckApi, Options, Output], Awaitable[int]]
"""Does what was typed and returns the exit code; raises DeckError."""

COMMANDS: Final[Mapping[str, Command]] = {
    "start": start.start,
    "list": look.list_runs,
    "show": look.show,
    "why": look.why,
    "events": look.events,
    "workers": look.workers,
    "read": read.read,
    "check": judge.check,
    "diff": judge.diff,
    "cancel": act.cancel,
    "answer": act.answer,
    "retry": act.retry,
    "prune": prune.prune,
    "restore": prune.restore,
    "policy": policy.policy,
    PLAIN: plain.plain,
}
