"""Pruned runs that can be brought back, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from llmsdeck.model import SHORT_ID_LENGTH
from llmsdeck.pruning import TrashItem
from llmsdeck.text import short_source
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

_SOURCE, _STATUS, _WHO = 24, 9, 18
_WIDE: Final = 100
"""Cells from which who pruned a run has a column."""


def title(items: Sequence[TrashItem], marked: int, most: int) -> Content:
    """How many can be brought back, and how many of them are marked."""
    last = "the last " if len(items) >= most else ""
    said = f"  {last}{words.counted(len(items), 'run')} can be brought back"
    marks = f"  {words.MARK} {words.number(marked)} marked" if marked else ""
    return Content.assemble(("Trash", words.STRONG), said, (marks, words.ALARM))


def heading(width: int) -> Content:
    """The names of the columns."""
    who = f"{'BY':<{_WHO}}  " if width >= _WIDE else ""
    text = f"  {'RUN':<6}  {'SOURCE':<{_SOURCE}}  {'STATUS':<{_STATUS}}  {'PRUNED, UTC':<11}  {who}"
    return Content.assemble((f"{text}{'SIZE':>7}  GONE IN", words.HEADING))


def line(item: TrashItem, width: int, *, marked: bool = False) -> Content:
    """One run: what it was, when it was pruned, and for how long it is still there."""
    at = words.day_and_clock(item.pruned_at)[5:16]
    who = f"{plain(str(item.pruned_by), _WHO):<{_WHO}}  " if width >= _WIDE else ""
    return Content.assemble(
        (f"{words.MARK} " if marked else "  ", words.ALARM),
        (f"{plain(item.run_id[:SHORT_ID_LENGTH])}  ", words.STRONG),
        words.fit_tail(safe(short_source(item.source), 200), _SOURCE),
        f"  {item.status:<{_STATUS}}  ",
        (f"{at}  {who}", words.QUIET),
        f"{words.size(item.size_bytes):>7}  {words.duration(item.left_s)}",
    )
