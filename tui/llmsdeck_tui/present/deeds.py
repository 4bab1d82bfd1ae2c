"""What people and agents did, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from llmsdeck.model import SHORT_ID_LENGTH, RunEvent
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Line, joined
from llmsdeck_tui.safe import LIMIT, plain

_WHO, _KIND = 20, 16
_INDENT: Final = 51
"""Where what was done begins."""
_WIDE: Final = 100
"""Cells from which the kind of each event has a column."""


def title(actions: Sequence[RunEvent], most: int) -> Content:
    """How many actions are listed."""
    newest = "the newest " if len(actions) >= most else ""
    count = f"  {newest}{words.counted(len(actions), 'action')} of operators, agents and commands"
    return Content.assemble(("Actions", words.STRONG), count)


def heading(width: int) -> Content:
    """The names of the columns."""
    kind = f"{'KIND':<{_KIND}}  " if width >= _WIDE else ""
    text = f"{'WHEN, UTC':<19}  {'WHO':<{_WHO}}  {'RUN':<6}  {kind}WHAT"
    return Content.assemble((text, words.HEADING))


def line(event: RunEvent, width: int) -> Line:
    """When, who, to which run, what."""
    run = plain(event.run_id[:SHORT_ID_LENGTH]) if event.run_id else "deck"
    kind = f"{plain(event.kind, _KIND):<{_KIND}}  " if width >= _WIDE else ""
    return joined(
        (f"{words.day_and_clock(event.at).removesuffix(' UTC')}  ", words.QUIET),
        (f"{plain(str(event.actor), _WHO):<{_WHO}}  ", words.LIVE),
        (f"{run:<6}  ", words.STRONG),
        (kind, ""),
        (plain(event.message, LIMIT), ""),
        indent=_INDENT + len(kind),
    )
