"""The last line of a screen: the keys that are of use there, each of which can be clicked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, cast

from textual import getters
from textual.binding import ActiveBinding
from textual.content import Content
from textual.events import Leave, MouseDown, MouseMove
from textual.screen import Screen
from textual.signal import Signal

from llmsdeck_tui.host import Host
from llmsdeck_tui.present import words
from llmsdeck_tui.widgets.said import Said

_GAP: Final = "  "


class Foot(Said):
    """One line of text; a widget for each key would be most of what a screen consists of."""

    ALLOW_SELECT: ClassVar[bool] = False

    app: getters.app[Host] = getters.app(Host)

    def __init__(self) -> None:
        super().__init__(id="foot")
        self._keys: tuple[ActiveBinding, ...] = ()
        self._pointed: ActiveBinding | None = None

    def on_mount(self) -> None:
        """Hear which keys are in force."""
        changed = cast(Signal[Screen[object]], self.screen.bindings_updated_signal)  # pyright: ignore[reportUnknownMemberType] # Textual names no result
        changed.subscribe(self, self._change, immediate=True)

    def _change(self, _: Screen[object]) -> None:
        if self.app.app_focus:
            self._keys = tuple(_named(self.screen.active_bindings.values()))
            self._point_at(None)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Explain the key under the mouse."""
        self._point_at(self._at(event))

    def on_leave(self, event: Leave) -> None:
        """Point at no key."""
        self._point_at(None)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Press the clicked key."""
        if (clicked := self._at(event)) is None:
            return
        if clicked.enabled:
            self.app.simulate_key(clicked.binding.key)
        else:
            self.app.bell()

    def _at(self, event: MouseDown | MouseMove) -> ActiveBinding | None:
        offset = event.get_content_offset(self)
        if offset is None:
            return None
        end = 0
        for key in self._keys:
            begin, end = end, end + self._drawn(key).cell_length
            if begin <= offset.x < end:
                return key
            end += len(_GAP)
        return None

    def _point_at(self, key: ActiveBinding | None) -> None:
        self._pointed = key
        self.tooltip = key.tooltip if key else None
        self.say(Content(_GAP).join([self._drawn(key) for key in self._keys]))

    def _drawn(self, key: ActiveBinding) -> Content:
        display = self.app.get_key_display(key.binding)
        drawn = Content.assemble((display, words.KEY), (f" {key.binding.description}", words.LABEL))
        if key is self._pointed:
            drawn = drawn.stylize(words.POINTED)
        return drawn if key.enabled else drawn.stylize("dim")


def _named(bindings: Iterable[ActiveBinding]) -> Iterator[ActiveBinding]:
    """The first key of each action that is to be named."""
    seen = set[str]()
    for active in bindings:
        if active.binding.show and active.binding.action not in seen:
            seen.add(active.binding.action)
            yield active
