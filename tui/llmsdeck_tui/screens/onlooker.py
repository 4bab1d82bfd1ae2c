"""What lies above the runs and is shown each picture that is taken of the deck."""

from __future__ import annotations

from textual.content import Content

from llmsdeck.snapshot import DeckSnapshot


class Onlooker:
    """A screen that lets the runs below it follow the deck."""

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture, as far as it is about what is on this screen."""
        raise NotImplementedError

    def alert(self, text: Content, *, lost: bool) -> None:
        """Show what is wrong with the deck, or nothing; by default there is no room for it.

        While it is lost, no picture comes.
        """
