"""What stands in the place of what is not there: runs, matches, a signal, a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content

from llmsdeck.model import Run
from llmsdeck_tui import keys
from llmsdeck_tui.keys import Key
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe


def first_run(suggestion: str, written: Callable[[Key], str], *, read_only: bool) -> Content:
    """What to do with an empty deck: two keys, where the folder one is in is a repository."""
    if read_only:
        return Content.assemble(
            ("No runs yet.", words.STRONG),
            "\n\nThis dashboard only looks; a run started elsewhere will be shown here.",
        )
    new, show, leave = (written(key) for key in (keys.NEW, keys.HELP_KEY, keys.LEAVE))
    if suggestion:
        then = Content.assemble(" and then ", ("enter", words.LIVE), ": you are in\n")
        what = Content.assemble(then, (plain(suggestion, 60), words.STRONG), ", a repository.")
    else:
        what = Content(" and name a repository: a folder, or owner/name on GitHub.")
    return Content.assemble(
        ("No runs yet.", words.STRONG),
        "\n\nPress ", (new, words.LIVE), what,
        "\n\nThe deck reads what is tracked in it and writes llms.txt and llms-full.txt,"
        "\nusually within seconds and without a model. ", ("enter", words.LIVE),
        " on the run opens them.\n\n",
        (show, words.LIVE), (" shows all keys, ", words.QUIET),
        (leave, words.LIVE), (" quits; ", words.QUIET),
        ("llmsdeck --demo", ""), (" shows a busy deck.", words.QUIET),
    )  # fmt: skip


def no_match(back: str) -> Content:
    """How to leave a list that the filter has left empty."""
    return Content.assemble("No run matches the filter. ", words.does(back, "shows all runs."))


def gone(run: Run) -> Content:
    """That a run which is still shown has been pruned, and how it comes back."""
    return Content.assemble(
        ("This run has been pruned; ", words.WARN),
        f"`llmsdeck restore {run.short_id}` brings it back for a while.",
    )


def no_signal(since: datetime, reason: str) -> Content:
    """That what is shown is old, since when and why."""
    return Content.assemble((f"NO SIGNAL since {words.clock(since)}  ", words.STRONG), safe(reason))


def no_worker(reason: str) -> Content:
    """Why no worker could be started."""
    return Content.assemble(("NO WORKER  ", words.STRONG), safe(reason))
