"""What every part of a deck has at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmsdeck.lookout import Lookout

if TYPE_CHECKING:
    from llmsdeck.clock import Clock
    from llmsdeck.store.store import Store


class Acting(Lookout):
    """A lookout over a store that may be written to.

    What acts is loaded by the first act, since most decks are opened to look.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._store = store
