"""A screen that keeps a fresh picture of the deck and says so when it cannot."""

from __future__ import annotations

from textual import on, work

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.model import Actor
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui.follow import Follower
from llmsdeck_tui.messages import SignalLost, SnapshotTaken
from llmsdeck_tui.screens.wishes import RunWishes


class FollowingScreen(RunWishes):
    """The picture comes up from the deck; what is made of it is for who inherits."""

    def __init__(self, deck: DeckApi, clock: Clock, actor: Actor) -> None:
        super().__init__(deck, clock, actor)
        self._follower = Follower(deck, clock, self.post_message)
        self._snapshot: DeckSnapshot | None = None
        self._outage: SignalLost | None = None

    @property
    def picture(self) -> DeckSnapshot | None:
        """The picture that is shown."""
        return self._snapshot

    def on_mount(self) -> None:
        """Begin to follow the deck."""
        self.follow()
        self.set_interval(1, self.tick)

    @work(group="follow", exclusive=True, exit_on_error=False)
    async def follow(self) -> None:
        """Keep the picture fresh until the screen goes."""
        await self._follower.run()

    @on(SnapshotTaken)
    def take_picture(self, event: SnapshotTaken) -> None:
        """Show a new picture."""
        self._snapshot, self._outage = event.snapshot, None
        if self.app.is_running:
            self.show(event.snapshot)

    @on(SignalLost)
    def lose_signal(self, event: SignalLost) -> None:
        """Show that the picture is old, and since when."""
        self._outage = event
        if self.app.is_running:
            self.fade(event)

    def tick(self) -> None:
        """Let a second go by, unless the screens are being closed, widgets first."""
        if self.app.is_running:
            self.pass_second()

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a picture everywhere."""
        raise NotImplementedError

    def fade(self, outage: SignalLost) -> None:
        """Make it plain that what is shown is old."""
        raise NotImplementedError

    def pass_second(self) -> None:
        """Show that a second has gone by."""
        raise NotImplementedError
