"""The command palette, filled from the table of keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from textual import getters, on
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.events import Mount
from textual.message import Message
from textual.widgets import Input

from llmsdeck_tui import keys
from llmsdeck_tui.host import Host
from llmsdeck_tui.keys import Key
from llmsdeck_tui.present import words


class DeckCommands(Provider):
    """Every action of the screen that it was opened on and of the application, by name."""

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for key in self._keys():
            name = Content.assemble(key.label, (f"  {self._written(key)}", words.LIVE))
            yield DiscoveryHit(name, self._run(key), text=key.label, help=key.help)

    async def search(self, query: str) -> Hits:
        """Actions whose name or explanation matches."""
        matcher = self.matcher(query)
        for key in self._keys():
            score = max(matcher.match(key.label), 0.5 * matcher.match(key.help))
            if score > 0:
                name = matcher.highlight(key.label)
                yield Hit(score, name, self._run(key), text=key.label, help=key.help)

    def _keys(self) -> list[Key]:
        return [*keys.of(self.screen.BINDINGS), *keys.APP]

    def _written(self, key: Key) -> str:
        return self.app.written(key) if isinstance(self.app, Host) else key.written

    def _run(self, key: Key) -> Callable[[], Awaitable[object]]:
        owner = self.app if key in keys.APP else self.screen
        return partial(owner.run_action, key.action)


class Palette(CommandPalette):
    """Textual's, which neither pages through no lines nor searches while all is being closed."""

    app: getters.app[Host] = getters.app(Host)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "page('page_down')", show=False),
        Binding("pageup", "page('page_up')", show=False),
    ]

    async def action_page(self, way: str) -> None:
        """Go on by a page, or back."""
        commands = self.query_one(CommandList)
        if commands.scrollable_content_region:
            await self.run_action(f"command_list('{way}')")

    @on(Mount)
    @on(Input.Changed)
    def search_while_open(self, event: Message) -> None:
        """Begin none while the application is being closed, widgets first."""
        if not self.app.is_running:
            event.prevent_default()
