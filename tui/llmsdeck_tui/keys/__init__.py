"""The one table of keys: bindings, footer, help and command palette are all made from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding, BindingType

from llmsdeck_tui.keys.deck import BACK, DECK, HELP_KEY, LEAVE, NEW
from llmsdeck_tui.keys.deeds import (
    ANSWER,
    BULK,
    CANCEL,
    CHANGE,
    CHOICE,
    COMPLETE,
    POLICY,
    PRUNE,
    QUIT,
    RETRY,
    START,
)
from llmsdeck_tui.keys.everywhere import APP, DIALOG, MOVES, SETTINGS
from llmsdeck_tui.keys.key import Key, bindings
from llmsdeck_tui.keys.listing import (
    COLUMNS,
    COMPLETE_FILTER,
    FILTER,
    JUMP,
    KEPT,
    MARKS,
    SORT,
    TABLE,
    VIEWS,
)
from llmsdeck_tui.keys.run import CHOOSE, COPY, FIND, READ, RUN
from llmsdeck_tui.keys.sheets import ACTIONS, DIFF, GROUPS, TRASH

__all__ = [
    "ACTIONS",
    "ANSWER",
    "APP",
    "BACK",
    "BULK",
    "CANCEL",
    "CHANGE",
    "CHOICE",
    "CHOOSE",
    "COLUMNS",
    "COMPLETE",
    "COMPLETE_FILTER",
    "COPY",
    "DECK",
    "DIALOG",
    "DIFF",
    "EVERY",
    "FILTER",
    "FIND",
    "GROUPS",
    "HELP",
    "HELP_KEY",
    "JUMP",
    "KEPT",
    "LEAVE",
    "MARKS",
    "MOVES",
    "NEW",
    "POLICY",
    "PRUNE",
    "QUIT",
    "READ",
    "RETRY",
    "RUN",
    "SETTINGS",
    "SORT",
    "START",
    "TABLE",
    "TOGETHER",
    "TRASH",
    "VIEWS",
    "Key",
    "bindings",
    "of",
]

HELP: Final = (
    ("Runs", DECK),
    ("Everywhere", APP),
    ("The list", TABLE),
    ("Marks", MARKS),
    ("Views", VIEWS),
    ("One run", RUN),
    ("Events", FIND),
    ("Lists", MOVES),
    ("Filter", FILTER + COMPLETE_FILTER),
    ("Dialogs", DIALOG),
    ("Retrying", RETRY),
    ("Many runs", BULK + CHANGE),
    ("Sorting", SORT),
    ("Going to a run", JUMP),
    ("Columns", COLUMNS),
    ("Keeping views", KEPT),
    ("Cancelling", CANCEL),
    ("Answering", ANSWER),
    ("Copying", COPY),
    ("Comparing", CHOOSE + DIFF),
    ("Failures", GROUPS),
    ("Actions", ACTIONS),
    ("Trash", TRASH),
    ("Pruning", PRUNE),
    ("Policy", POLICY),
    ("Settings", SETTINGS),
    ("Starting a run", START + COMPLETE + CHOICE[:1]),
    ("Quitting", QUIT),
)
"""Every key under the heading where help lists it."""

EVERY: Final = tuple(key for _, group in HELP for key in group)
"""Every key there is."""

TOGETHER: Final = (
    APP + DECK + TABLE + MOVES + MARKS,
    MOVES + MARKS + VIEWS + TABLE,
    FILTER + COMPLETE_FILTER,
    DIALOG + BULK + MOVES,
    DIALOG + RETRY,
    DIALOG + CHANGE,
    DIALOG + JUMP,
    DIALOG + SORT + MOVES,
    DIALOG + COLUMNS + MOVES,
    DIALOG + KEPT + MOVES,
    DIALOG + CANCEL + MOVES,
    DIALOG + ANSWER + MOVES,
    DIALOG + PRUNE + MOVES,
    DIALOG + POLICY + MOVES,
    DIALOG + SETTINGS + MOVES,
    DIALOG + QUIT,
    DIALOG + START + COMPLETE,
    APP + RUN + MOVES,
    DIALOG + COPY + MOVES,
    DIALOG + CHOOSE + MOVES,
    APP + DIFF + MOVES,
    APP + GROUPS + MOVES,
    APP + ACTIONS + MOVES,
    APP + TRASH + MOVES,
)
"""Keys that are in force at the same time, so that no two of a group may be the same."""


def of(bound: Iterable[BindingType]) -> list[Key]:
    """The keys that some bindings were made from, in the order of the table."""
    names = {binding.id for binding in bound if isinstance(binding, Binding)}
    return [key for _, group in HELP for key in group if key.id in names]
