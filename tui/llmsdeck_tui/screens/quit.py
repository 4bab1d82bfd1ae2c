"""The question on quitting while this dashboard's worker still has work."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, RunId
from llmsdeck.snapshot import Counts
from llmsdeck_tui import keys
from llmsdeck_tui.present import dialogs, words
from llmsdeck_tui.screens.dialog import Dialog

_PAGE: Final = 500


class Leaving(StrEnum):
    """What becomes of unfinished runs."""

    LEAVE = "leave"
    DRAIN = "drain"
    CANCEL = "cancel"


class QuitDialog(Dialog[Leaving | None]):
    """Leave the worker running, drain it, or cancel everything."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.QUIT, keys.DIALOG)
    HEADING = "Quit?"

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self._counts = counts

    def compose_inside(self) -> ComposeResult:
        """What is unfinished, and the three ways out."""
        yield Static(dialogs.quit_question(self._counts))
        yield Static(classes="gap")
        for key in keys.QUIT:
            yield Static(Content.assemble((f"{key.written}  ", words.LIVE), key.help))

    def action_choose(self, way: str) -> None:
        """Quit this way."""
        self.dismiss(Leaving(way))


async def carry_out(way: Leaving, deck: DeckApi, actor: Actor) -> None:
    """Do what the way out asks for before the dashboard closes."""
    match way:
        case Leaving.LEAVE:
            return
        case Leaving.DRAIN:
            await deck.stop_worker()
        case Leaving.CANCEL:
            await deck.cancel(await unfinished(deck), actor)


async def unfinished(deck: DeckApi) -> list[RunId]:
    """Every run that is pending or processing, wherever it is in the list."""
    found: list[RunId] = []
    cursor: str | None = None
    while True:
        page = await deck.page(_PAGE, cursor, "is:live")
        found += [run.run_id for run in page.runs]
        cursor = page.next_cursor
        if cursor is None:
            return found
