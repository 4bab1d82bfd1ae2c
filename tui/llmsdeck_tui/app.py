"""The dashboard as an application: theme, screens, and how it ends."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.command import Provider

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock, SystemClock
from llmsdeck.model import Actor, ActorKind
from llmsdeck_tui import safe, themes
from llmsdeck_tui.palette import DeckCommands
from llmsdeck_tui.screens.quit import QuitDialog
from llmsdeck_tui.screens.runs import RunsScreen

OPERATOR = Actor(ActorKind.OPERATOR)


class DeckApp(App[None]):
    """The dashboard over one open deck, which its caller closes."""

    TITLE = "llmsdeck"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {DeckCommands}
    CSS_PATH = Path(__file__).with_name("app.tcss")

    def __init__(
        self, deck: DeckApi, *, clock: Clock | None = None, actor: Actor = OPERATOR
    ) -> None:
        super().__init__()
        self.runs = RunsScreen(deck, clock or SystemClock(), actor)
        self.register_theme(themes.DECK)
        self.theme = themes.DECK.name

    def on_mount(self) -> None:
        """Open on the runs."""
        self.push_screen(self.runs)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours, for themes that do not know them."""
        return themes.VARIABLES

    async def action_quit(self) -> None:
        """Quit as `q` does; asked a second time, at once."""
        if isinstance(self.screen, QuitDialog):
            self.exit()
        else:
            self.runs.action_leave()

    def _fatal_error(self) -> None:
        # Textual would print the locals of every frame, and those may hold what nobody should see.
        lines = traceback.format_exc().splitlines()
        self.panic(Text("\n".join(safe.plain(line) for line in lines)))
