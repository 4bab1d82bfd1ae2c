"""What people and agents did, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from llmsdeck.model import SHORT_ID_LENGTH, RunEvent
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Line, joined
from llmsdeck_tui.safe import LIMIT, plain


def title(actions: Sequence[RunEvent], most: int) -> Content:
    """How many actions are listed."""
    newest = "the newest " if len(actions) >= most else ""
    count = f"  {newest}{words.counted(len(actions), 'action')} of operators, agents and commands"
    return Content.assemble(("Actions", words.STRONG), count)


def heading() -> Content:
    """The names of the columns."""
    text = f"{'WHEN, UTC':<19}  {'WHO':<20}  {'RUN':<6}  {'WHAT':<16}  "
    return Content.assemble((text, words.HEADING))


def line(event: RunEvent) -> Line:
    """When, who, to which run, what."""
    run = plain(event.run_id[:SHORT_ID_LENGTH]) if event.run_id else "deck"
    return joined(
        (f"{words.day_and_clock(event.at).removesuffix(' UTC')}  ", words.QUIET),
        (f"{plain(str(event.actor), 20):<20}  ", words.LIVE),
        (f"{run:<6}  ", words.STRONG),
        (f"{plain(event.kind, 16):<16}  ", ""),
        (plain(event.message, LIMIT), ""),
        indent=69,
    )
