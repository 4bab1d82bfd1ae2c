"""What every screen may ask of the application it is shown by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Event, Key, Paste

from llmsdeck_tui import keys, safe
from llmsdeck_tui.keymap import Keymap
from llmsdeck_tui.preferences import VIM, Preferences, Switch
from llmsdeck_tui.typeahead import TypeAhead

LOOKING_ONLY: Final = (
    "This dashboard was opened to look, not to act; nothing was changed. "
    "Open it without --read-only to act, or serve it with --allow-actions."
)
TITLE_LIMIT: Final = 200
_ACTING: Final = frozenset(key.action.partition("(")[0] for key in keys.EVERY if key.acts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an application is opened with besides its deck."""

    preferences: Preferences = field(default_factory=Preferences)
    """What the user likes; in memory only where no file is given."""
    keymap: Keymap = field(default_factory=Keymap)
    notify_command: tuple[str, ...] = ()
    """The user's own program, told of runs that have ended."""
    read_only: bool = False
    mode: str = ""
    """A word beside the name of the program, such as DEMO."""
    few_colours: bool = False
    """The terminal has sixteen colours."""
    suggestion: str = ""
    """A repository to make the first bundle of; empty where none is at hand."""


class Host(App[None]):
    """An application that knows its user's preferences and refuses to act where it may not."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.keymap = around.keymap
        """The keys in force."""
        self.typed = TypeAhead(self, super().on_event, self._moves)
        """What was typed ahead."""
        super().__init__()
        self.set_keymap({**self.keymap.changed()})

    async def on_event(self, event: Event) -> None:
        """Let what is typed wait until the screen is ready for it.

        While the application is being closed, widgets go first: nothing typed is done any more.
        """
        if not isinstance(event, (Key, Paste)):
            await super().on_event(event)
        elif self.is_running:
            await self._type(event)

    async def _type(self, event: Key | Paste) -> None:
        if event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, Paste):
            event.text = safe.printable(event.text)
        await self.typed.take(event)

    async def _shutdown(self) -> None:
        # `run_test` closes while messages are still handled, and takes widgets away first.
        self.typed.stop()
        self.workers.cancel_all()
        await super()._shutdown()

    def get_driver_class(self) -> type[Driver]:
        """Ours for terminals, where Textual would take its own."""
        usual = super().get_driver_class()
        try:
            from llmsdeck_tui.terminal import Terminal
        except ImportError:  # a Textual that keeps its parser elsewhere
            return usual
        return Terminal if issubclass(Terminal, usual) else usual

    def _moves(self, key: str) -> bool:
        """The key moves in lists, wherever it is pressed."""
        changed = self.keymap.changed()
        return any(key in changed.get(move.id, move.keys).split(",") for move in keys.MOVES)

    @property
    def preferences(self) -> Preferences:
        """What the user likes."""
        return self.around.preferences

    def turn(self, switch: Switch, *, on: bool) -> None:
        """Put a preference in force and keep it."""
        self.preferences.put(switch.key, on)
        if switch == VIM:
            self.keymap = replace(self.keymap, vim=on)
            self.set_keymap({**self.keymap.changed()})

    def written(self, key: keys.Key) -> str:
        """The key's keys as they are bound, for people to read."""
        return self.keymap.written(key)

    def tell_terminal(self, command: str, text: str) -> None:
        """Send a terminal an operating system command, such as `2` for the window's title.

        The text is made plain here: no byte of it can end the command or begin another.
        """
        driver = self._driver
        if driver is not None and not self.is_headless:
            driver.write(f"\x1b]{command};{safe.plain(text, TITLE_LIMIT)}\x07")

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, unless it acts on the store and that is not allowed here."""
        name = action.partition("(")[0] if isinstance(action, str) else action[1]
        if self.around.read_only and name in _ACTING:
            self.notify(LOOKING_ONLY, severity="warning", markup=False)
            return True
        return await super().run_action(action, default_namespace, namespaces)
