"""The dashboard as an application: theme, screens, notices, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.binding import BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.theme import ThemeProvider
from textual.worker import Worker

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock, SystemClock
from llmsdeck.model import Actor, ActorKind, RunId
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui import failures, keys, preferences, safe, themes
from llmsdeck_tui.host import Host, Surroundings
from llmsdeck_tui.messages import SnapshotTaken, TableSettingsChanged
from llmsdeck_tui.notices import Endings, Hook, Notice
from llmsdeck_tui.palette import DeckCommands, Palette
from llmsdeck_tui.plainglyphs import AsciiGlyphs, limited
from llmsdeck_tui.screens.runs import RunsScreen
from llmsdeck_tui.views import TableSettings

TABLE: Final = "table"
OPERATOR = Actor(ActorKind.OPERATOR)


class DeckApp(Host):
    """The dashboard over one open deck, which its caller closes."""

    TITLE = "llmsdeck"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.APP)
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {DeckCommands}
    CSS_PATH = Path(__file__).with_name("app.tcss")

    def __init__(
        self,
        deck: DeckApi,
        *,
        clock: Clock | None = None,
        actor: Actor = OPERATOR,
        around: Surroundings | None = None,
    ) -> None:
        self._plain_glyphs = [AsciiGlyphs()] if limited(os.environ) else []
        super().__init__(around or Surroundings())
        table = TableSettings.from_dict(self.preferences.table(TABLE))
        self.runs = RunsScreen(deck, clock or SystemClock(), actor, table)
        self._endings = Endings(deck, self._marked)
        self._hook = Hook(self.around.notify_command)
        self._window_title = ""
        self.register_theme(themes.DECK)
        self.register_theme(themes.SIXTEEN)
        self.theme = self._liked_theme()

    def on_mount(self) -> None:
        """Open on the runs; keep a theme that is chosen from now on."""
        self.watch(self, "theme", self._keep_theme, init=False)
        self.push_screen(self.runs)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and plain signs where the terminal has no others."""
        return [*super().get_line_filters(), *self._plain_glyphs]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours, for themes that do not know them."""
        return themes.VARIABLES

    def action_theme(self) -> None:
        """Choose the colours."""
        self.search_themes()

    def search_themes(self) -> None:
        """Open the list of themes."""
        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_settings(self) -> None:
        """Open what is remembered of this user."""
        from llmsdeck_tui.screens.settings import SettingsDialog

        self.push_screen(SettingsDialog())

    async def action_quit(self) -> None:
        """Quit as `q` does; asked a second time, at once."""
        from llmsdeck_tui.screens.quit import QuitDialog

        if isinstance(self.screen, QuitDialog):
            self.exit()
        else:
            self.runs.action_leave()

    @on(SnapshotTaken)
    def follow(self, event: SnapshotTaken) -> None:
        """Count in the window's title, and look for runs that have ended."""
        self._entitle(event.snapshot)
        if self._endings.look(event.snapshot):
            self.tell_endings()

    @on(TableSettingsChanged)
    def keep_table(self, event: TableSettingsChanged) -> None:
        """Remember how the table is looked at."""
        self.preferences.put(TABLE, event.settings.to_dict())

    @on(Worker.StateChanged)
    def show_failure(self, event: Worker.StateChanged) -> None:
        """Say what a notice failed at."""
        if failure := failures.of_worker(event):
            self.notify(safe.plain(failure), severity="error", markup=False)

    @work(group="endings", exclusive=True, exit_on_error=False)
    async def tell_endings(self) -> None:
        """Tell which runs have ended that somebody here waits for."""
        for notice in await self._endings.news():
            self._tell(notice)

    @work(group="hook", exit_on_error=False)
    async def run_hook(self, notice: Notice) -> None:
        """Tell the user's own program."""
        await self._hook.run(notice)

    def _marked(self) -> frozenset[RunId]:
        return frozenset(self.runs.table.marks)

    def _tell(self, notice: Notice) -> None:
        if self.preferences.on(preferences.TOAST):
            self.notify(
                notice.sentence,
                severity="warning" if notice.bad else "information",
                markup=False,
            )
        if self.preferences.on(preferences.BELL):
            self.bell()
        if self.preferences.on(preferences.DESKTOP):
            self.tell_terminal("9", f"llmsdeck: {notice.sentence}")
        self.run_hook(notice)

    def _entitle(self, snapshot: DeckSnapshot) -> None:
        counts = snapshot.counts
        parts = [
            f"llmsdeck {self.around.mode}".rstrip(),
            *(
                f"{count} {word}"
                for count, word in (
                    (counts.stale, "stale"),
                    (counts.processing, "processing"),
                    (counts.pending, "pending"),
                    (counts.failed, "failed"),
                )
                if count
            ),
        ]
        title = " · ".join(parts)
        if self.preferences.on(preferences.TITLE) and title != self._window_title:
            self._window_title = title
            self.tell_terminal("2", title)

    def _liked_theme(self) -> str:
        usual = themes.usual(few_colours=self.around.few_colours).name
        liked = self.preferences.get(preferences.THEME, usual)
        return liked if liked in self.available_themes else usual

    def _keep_theme(self, theme: str) -> None:
        self.preferences.put(preferences.THEME, theme)

    def _fatal_error(self) -> None:
        self.panic(Text(failures.trace()))
