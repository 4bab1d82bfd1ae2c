"""The line above the runs that says which are listed, in what order, and how many are marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from llmsdeck.filter import Order
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain

_GAP: Final = Content("   ")
_LEAST_FILTER: Final = 12
"""Cells that the filter keeps however little room there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How the list is looked at, besides what the picture says itself."""

    problem: str = ""
    """Why the typed filter cannot be used."""
    marked: int = 0
    view: str = ""
    """Digit and name of the kept view in force."""


def listing(snapshot: DeckSnapshot, looking: Looking, width: int) -> Content:
    """Marks, view, filter and order, as far as there are any; or why the typed filter cannot be.

    The filter gives way first when there is little room.
    """
    if looking.problem:
        said = Content.assemble(("filter: ", words.STRONG), (plain(looking.problem), words.BAD))
        return words.fit(said, width)
    before, after = list(_marks_and_view(snapshot, looking)), list(_figures_and_order(snapshot))
    if snapshot.filter:
        room = width - sum(part.cell_length + len(_GAP) for part in (*before, *after))
        said = Content.assemble(("filter: ", words.STRONG), plain(snapshot.filter))
        before.append(
            words.fit(said, max(_LEAST_FILTER, min(room + len(_GAP) - 1, said.cell_length)))
        )
        before[-1] = Content(" ").join([before[-1], *after[:1]])
        after = after[1:]
    return words.cut(_GAP.join([*before, *after]), width)


def _marks_and_view(snapshot: DeckSnapshot, looking: Looking) -> Iterator[Content]:
    if looking.marked:
        yield Content.assemble((f"{words.MARK} {words.number(looking.marked)} marked", words.ALARM))
    if looking.view and (snapshot.filter or snapshot.sort):
        yield Content.assemble("view ", (plain(looking.view), words.LIVE))


def _figures_and_order(snapshot: DeckSnapshot) -> Iterator[Content]:
    if snapshot.filter:
        matching, kept = words.number(snapshot.total), words.number(snapshot.counts.kept)
        style = words.QUIET if snapshot.total else words.WARN
        yield Content.assemble((f"({matching} of {kept})", style))
    if snapshot.sort:
        yield Content.assemble("sort: ", words.order(Order.parse(snapshot.sort)))
