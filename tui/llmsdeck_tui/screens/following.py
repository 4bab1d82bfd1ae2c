"""A screen that keeps a fresh picture of the deck and says so when it cannot."""

from __future__ import annotations

from datetime import UTC, datetime

from textual import getters, on, work
from textual.app import App
from textual.content import Content
from textual.screen import Screen
from textual.worker import Worker

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.model import Actor, DeckSnapshot
from llmsdeck_tui import failures
from llmsdeck_tui.follow import Follower
from llmsdeck_tui.messages import SignalLost, SnapshotTaken
from llmsdeck_tui.safe import safe


class FollowingScreen(Screen[None]):
    """The picture comes up from the deck; what is made of it is for who inherits."""

    app: getters.app[App[None]] = getters.app(App)

    def __init__(self, deck: DeckApi, clock: Clock, actor: Actor) -> None:
        super().__init__()
        self._deck, self._clock, self._actor = deck, clock, actor
        self._follower = Follower(deck, clock, self.post_message)
        self._snapshot: DeckSnapshot | None = None
        self._outage: SignalLost | None = None

    def on_mount(self) -> None:
        """Begin to follow the deck."""
        self.follow()
        self.set_interval(1, self.tick)

    @property
    def now(self) -> datetime:
        """What the deck's clock shows."""
        return datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)

    @work(group="follow", exclusive=True, exit_on_error=False)
    async def follow(self) -> None:
        """Keep the picture fresh until the screen goes."""
        await self._follower.run()

    @on(SnapshotTaken)
    def take_picture(self, event: SnapshotTaken) -> None:
        """Show a new picture."""
        self._snapshot, self._outage = event.snapshot, None
        self.show(event.snapshot)

    @on(SignalLost)
    def lose_signal(self, event: SignalLost) -> None:
        """Show that the picture is old, and since when."""
        self._outage = event
        self.fade()

    @on(Worker.StateChanged)
    def show_failure(self, event: Worker.StateChanged) -> None:
        """Say what a wish failed at."""
        if failure := failures.of_worker(event):
            self.say(safe(failure), failed=True)

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a picture everywhere."""
        raise NotImplementedError

    def fade(self) -> None:
        """Make it plain that what is shown is old."""
        raise NotImplementedError

    def tick(self) -> None:
        """A second has gone by."""

    def say(self, text: Content, *, failed: bool = False) -> None:
        """Tell the operator something that will pass."""
        self.notify(text.plain, severity="error" if failed else "information", markup=False)
