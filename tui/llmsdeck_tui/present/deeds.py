"""What people and agents did, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from llmsdeck.model import SHORT_ID_LENGTH, Run, RunEvent
from llmsdeck.text import short_source
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Line, joined
from llmsdeck_tui.safe import LIMIT, plain

_WHO, _NARROW_WHO, _KIND = 20, 14, 16
_SOURCE: Final = 60
_WIDE: Final = 100
"""Cells from which there is room for the year, the seconds and the kind of each event."""


def title(actions: Sequence[RunEvent], most: int) -> Content:
    """How many actions are listed."""
    newest = "the newest " if len(actions) >= most else ""
    count = f"  {newest}{words.counted(len(actions), 'action')} of operators, agents and commands"
    return Content.assemble(("Actions", words.STRONG), count)


def heading(width: int) -> Content:
    """The names of the columns."""
    when, who, kind = _cells("WHEN, UTC", "WHO", "KIND", width)
    return Content.assemble((f"{when}{who}{'RUN':<6}  {kind}WHAT", words.HEADING))


def line(event: RunEvent, run: Run | None, width: int) -> Line:
    """When, who, to which run if it is still there, what."""
    short = plain(event.run_id[:SHORT_ID_LENGTH]) if event.run_id else "deck"
    at = words.day_and_clock(event.at).removesuffix(" UTC")
    when, who, kind = _cells(
        at if width >= _WIDE else at[5:16], str(event.actor), plain(event.kind, _KIND), width
    )
    source = f"{plain(short_source(run.source), _SOURCE)}: " if run is not None else ""
    return joined(
        (when, words.QUIET),
        (who, words.LIVE),
        (f"{short:<6}  ", words.STRONG),
        (kind, ""),
        (source, words.STRONG),
        (plain(event.message, LIMIT), ""),
        indent=len(when + who + kind) + 8,
    )


def _cells(when: str, who: str, kind: str, width: int) -> tuple[str, str, str]:
    """The first columns, as wide as there is room for."""
    if width >= _WIDE:
        return f"{when:<19}  ", f"{plain(who, _WHO):<{_WHO}}  ", f"{kind:<{_KIND}}  "
    return f"{when:<11}  ", f"{plain(who, _NARROW_WHO):<{_NARROW_WHO}}  ", ""
