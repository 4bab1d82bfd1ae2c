"""Sees to it that there is a worker while there is work, and tells the truth about it."""

from __future__ import annotations

from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock, Instant
from llmsdeck.errors import DeckError
from llmsdeck.snapshot import DeckSnapshot

RETRY_AFTER: Final = 5.0
"""Seconds between two tries to start a worker."""


class Crew:
    """Starts a worker when the dashboard opens and whenever a run needs one and none is alive."""

    def __init__(self, deck: DeckApi, clock: Clock) -> None:
        self._deck, self._clock = deck, clock
        self._tried: Instant | None = None
        self._calling = False
        self.coming = False
        """A worker is being started, or has just been and was not seen yet."""
        self.owned = False
        """The deck started a worker for this dashboard."""
        self.trouble = ""
        """Why no worker could be started; empty when all is well."""

    def look(self, snapshot: DeckSnapshot) -> bool:
        """Take note of a picture; True when `call` is due."""
        if any(worker.alive for worker in snapshot.workers):
            self.coming, self.trouble = False, ""
            return False
        if self._calling or snapshot.read_only or not self._rested():
            return False
        # A run whose worker died waits for a rescuer, too.
        return self._tried is None or snapshot.counts.live > 0

    async def call(self) -> None:
        """Start a worker unless one is alive; a failure is kept as `trouble`."""
        self._calling = self.coming = True
        try:
            started = await self._deck.ensure_worker()
        except DeckError as error:
            self.coming, self.trouble = False, str(error)
        else:
            self.owned, self.trouble = self.owned or started, ""
        finally:
            self._calling, self._tried = False, self._clock.now()

    def _rested(self) -> bool:
        if self._tried is None:
            return True
        since = self._clock.now().seconds_since(self._tried)
        rested = since is None or since >= RETRY_AFTER
        self.coming = self.coming and not rested
        return rested
