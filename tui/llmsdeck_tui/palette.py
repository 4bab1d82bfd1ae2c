"""The command palette, filled from the table of keys."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from llmsdeck_tui import keys
from llmsdeck_tui.present import words


class DeckCommands(Provider):
    """Every action of the screen that it was opened on, by name."""

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for key in keys.of(self.screen.BINDINGS):
            run = partial(self.screen.run_action, key.action)
            name = Content.assemble(key.label, (f"  {key.written}", words.LIVE))
            yield DiscoveryHit(name, run, text=key.label, help=key.help)

    async def search(self, query: str) -> Hits:
        """Actions whose name or explanation matches."""
        matcher = self.matcher(query)
        for key in keys.of(self.screen.BINDINGS):
            score = max(matcher.match(key.label), 0.5 * matcher.match(key.help))
            if score > 0:
                run = partial(self.screen.run_action, key.action)
                yield Hit(score, matcher.highlight(key.label), run, text=key.label, help=key.help)
