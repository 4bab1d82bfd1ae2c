"""The keys that open each screen, dialog and text."""

from __future__ import annotations

from llmsdeck_tui import demo

TO_RUN = ("down",) * 3
"""To one of which there is much to tell."""
OPENED = {
    "runs": (demo.busy, ()),
    "filter": (demo.busy, ("slash", "=status:")),
    "start": (demo.busy, ("n", "=./docs")),
    "clone": (demo.history, (*TO_RUN, "e")),
    "change": (demo.busy, ("space", "space", "e", "=gemma")),
    "cancel": (demo.busy, (*TO_RUN, "c")),
    "retry": (demo.history, (*TO_RUN, "r")),
    "bulk": (demo.busy, ("space", "space", "c")),
    "heavy bulk": (demo.late, ("space", "space", "c")),
    "prune": (demo.old, ("p",)),
    "policy": (demo.busy, ("P", "down", "enter")),
    "sort": (demo.busy, ("s", "end", "space")),
    "columns": (demo.busy, ("C", "down")),
    "views": (demo.busy, ("v", "end", "s", "=broken")),
    "jump": (demo.busy, ("i", "=7f3")),
    "copy": (demo.history, (*TO_RUN, "y")),
    "choose": (demo.history, (*TO_RUN, "D")),
    "diff": (demo.history, (*TO_RUN, "d")),
    "run": (demo.history, (*TO_RUN, "enter")),
    "events": (demo.history, (*TO_RUN, "enter", "2")),
    "find": (demo.history, (*TO_RUN, "enter", "2", "slash", "=phase")),
    "text": (demo.history, (*TO_RUN, "enter", "3", "enter")),
    "outline": (demo.history, (*TO_RUN, "enter", "3", "enter", "o")),
    "why": (demo.history, (*TO_RUN, "w")),
    "calls": (demo.history, (*TO_RUN, "enter", "5")),
    "failures": (demo.history, ("F",)),
    "actions": (demo.history, ("A",)),
    "trash": (demo.old, ("p", "y", "U")),
    "help": (demo.busy, ("question_mark",)),
    "palette": (demo.busy, ("colon",)),
    "settings": (demo.busy, ("comma",)),
    "themes": (demo.busy, ("ctrl+t",)),
    "quit": (demo.owned, ("q",)),
}
