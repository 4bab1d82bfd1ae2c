"""Scenes: a deck, and the keys that bring a screen about."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from typing import Final

from textual.pilot import Pilot
from textual.widgets import Input

from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.app import DeckApp
from llmsdeck_tui.demo.decks import (
    asking,
    break_down,
    busy,
    climb,
    crowded,
    empty,
    hostile,
    late,
    lose_model,
    neglect,
    old,
    owned,
    refusing,
    thrown_away,
)
from llmsdeck_tui.demo.stories import history
from llmsdeck_tui.host import Surroundings
from llmsdeck_tui.preferences import Preferences

SIZES: Final = ((80, 24), (120, 36))
"""Columns and lines that every scene is drawn for."""
EVERY_WIDTH: Final = (*SIZES, (44, 16), (60, 24), (200, 50))
"""For the screen that is looked at most, from a plain list to all columns."""
PATIENCE: Final = 20.0
"""Seconds after which a scene that has not come about is an error."""


class SceneApp(DeckApp):
    """A dashboard that knows its fake deck; `live` lets the fake clock run with real time."""

    TICK = 0.2
    NOTIFICATION_TIMEOUT = 3600
    """Seconds that a notice stays: they are real, and no scene may depend on them."""

    def __init__(
        self, deck: FakeDeck, *, live: bool = False, around: Surroundings | None = None
    ) -> None:
        super().__init__(deck, clock=deck.clock, around=around)
        self.deck = deck
        self._live = live

    def on_mount(self) -> None:
        """Let time pass, if it should."""
        clock = self.deck.clock
        if self._live and isinstance(clock, FakeClock):
            self.set_interval(self.TICK, lambda: clock.advance(self.TICK))


@dataclass(frozen=True, slots=True)
class Scene:
    """A state of the deck, and what is done to bring a screen about."""

    name: str
    build: Callable[[], FakeDeck]
    keys: tuple[str, ...] = ()
    shows: str = ""
    """Text that is on the screen once the scene has come about."""
    first: str = ""
    """Text that is on the screen before `act`."""
    act: Callable[[FakeDeck], None] | None = None
    """What happens to the deck after the keys."""
    sizes: tuple[tuple[int, int], ...] = SIZES
    """What it is drawn for."""

    around: Surroundings | None = None

    def open(self, *, live: bool = False) -> SceneApp:
        """The dashboard over this scene's deck."""
        kept = self.around and replace(self.around, preferences=Preferences())
        return SceneApp(self.build(), live=live, around=kept)

    async def play(self, pilot: Pilot[None]) -> None:
        """Press the scene's keys and wait until it has come about."""
        app = pilot.app
        assert isinstance(app, SceneApp)
        await until(pilot, lambda: app.runs.is_complete, "the first picture")
        await press(pilot, self.keys)
        await until(pilot, lambda: self.first in screen_text(app), f"{self.first!r} in {self.name}")
        for line in app.screen.query(Input):
            line.cursor_blink = False
        if self.act is not None:
            self.act(app.deck)
        await until(
            pilot,
            lambda: is_settled(app) and self.shows in screen_text(app),
            f"{self.shows!r} in {self.name}",
        )


async def press(pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    """Press keys one by one; `=text` is typed."""
    for key in keys:
        for stroke in key[1:] if key.startswith("=") else (key,):
            await pilot.press({"/": "slash", "~": "tilde", ".": "full_stop"}.get(stroke, stroke))
            if not typed_is_done(pilot):
                await until(pilot, lambda: typed_is_done(pilot), "all keys to be done")
        await pilot.pause()


def typed_is_done(pilot: Pilot[None]) -> bool:
    """Every key that was pressed has done what it does."""
    return isinstance(pilot.app, DeckApp) and pilot.app.typed.is_empty


async def until(pilot: Pilot[None], condition: Callable[[], bool], what: str) -> None:
    """Let the application work until the condition holds; an error when it does not come true."""
    app = pilot.app
    assert isinstance(app, DeckApp)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        await pilot.pause()
        if condition():
            await pilot.pause()
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}; what is shown:\n{screen_text(app)}")


def is_settled(app: SceneApp) -> bool:
    """Nothing is under way but to follow the deck, which never ends, and all of it is shown."""
    return _is_seen(app) and all(w.is_finished for w in app.workers if w.group != "follow")


def _is_seen(app: SceneApp) -> bool:
    """The deck as it is now and the selected run are shown; one that cannot be read never is."""
    deck, runs = app.deck, app.runs
    shown = runs.picture is deck.last_picture and runs.focus_id == deck.last_focus
    return deck.outage is not None or (shown and deck.is_pictured and runs.is_pictured)


def screen_text(app: DeckApp) -> str:
    """What the terminal shows, as text."""
    drawn = re.sub(r"<style.*?</style>|<[^>]+>", "", app.export_screenshot(), flags=re.DOTALL)
    return unescape(drawn).replace("\xa0", " ")


_CURSOR_TO_WRITING: Final = ("down",) * 3
_CURSOR_TO_DONE: Final = ("down",) * 7
_TO_WORK: Final = ("down",) * 2
_TO_BUNDLE: Final = ("down",) * 3

SCENES: Final = (
    Scene("empty", empty, shows="No runs yet"),
    Scene("busy", busy, shows="RUN", sizes=EVERY_WIDTH),
    Scene("timeline", busy, (*_CURSOR_TO_WRITING, "enter"), shows="▶ write"),
    Scene("events", busy, (*_CURSOR_TO_WRITING, "enter", "2"), shows="accepted"),
    Scene("artifacts", busy, (*_CURSOR_TO_DONE, "enter", "3"), shows="sha256"),
    Scene("artifact", busy, (*_CURSOR_TO_DONE, "enter", "3", "enter"), shows="• Quickstart"),
    Scene("outline", busy, (*_CURSOR_TO_DONE, "enter", "3", "enter", "o"), shows="outline"),
    Scene("run", history, (*_TO_WORK, "enter"), shows="1 of 3"),
    Scene("lineage", history, (*_TO_BUNDLE, "enter"), shows="retry of"),
    Scene("find", history, (*_TO_WORK, "enter", "slash", "=json", "enter"), shows="1 contain"),
    Scene("why", history, (*_TO_WORK, "w"), shows="WHAT MAY BE DONE"),
    Scene("calls", history, (*_TO_BUNDLE, "enter", "5"), shows="4 used"),
    Scene("call", history, (*_TO_BUNDLE, "enter", "5", "down", "enter"), shows="BEGIN DATA"),
    Scene("diff", history, (*_TO_BUNDLE, "d"), shows="LINKS"),
    Scene("choose", history, (*_TO_BUNDLE, "D"), shows="Compare with"),
    Scene("copy", history, (*_TO_BUNDLE, "y"), shows="--ref"),
    Scene("clone", history, (*_TO_BUNDLE, "e", "tab", "tab", "tab", "tab", "=auto"), shows="→"),
    Scene("failures", history, ("F",), shows="causes"),
    Scene("actions", history, ("A",), shows="operator:ada"),
    Scene("start", busy, ("n", "=/srv/repositories/httpx"), shows="214 tracked files"),
    Scene("start-refused", refusing, ("n", "=/srv/nowhere", "enter"), shows="! There is no folder"),
    Scene("cancel", busy, (*_CURSOR_TO_WRITING, "c"), shows="Lost would be"),
    Scene(
        "ladder",
        busy,
        (*_CURSOR_TO_WRITING, "c", "y"),
        first="▶ requested",
        act=climb,
        shows="▶ stopping",
    ),
    Scene("retry", history, (*_TO_BUNDLE, "r"), shows="4 of 6 answers"),
    Scene("change", busy, (*_CURSOR_TO_DONE, "space", "space", "e", "=gemma-3"), shows="gemma-3"),
    Scene("sort-several", busy, ("s", "end", "space", "up", "space"), shows="order: source"),
    Scene("prune", old, ("p",), shows="would go"),
    Scene("trash", thrown_away, ("U", "down", "space"), shows="◆ 1 marked"),
    Scene("policy", busy, ("P", "down", "enter"), shows="default 30s"),
    Scene("settings", busy, ("comma", "down"), shows="Letters of vi"),
    Scene(
        "first-run",
        empty,
        shows="~/src/flask, a repository",
        around=Surroundings(suggestion="~/src/flask"),
    ),
    Scene("demo", busy, shows="DEMO", around=Surroundings(mode="DEMO")),
    Scene(
        "sixteen-colours",
        busy,
        shows="RUN",
        sizes=EVERY_WIDTH,
        around=Surroundings(few_colours=True),
    ),
    Scene("help", busy, ("question_mark",), shows="Start a run"),
    Scene("palette", busy, ("colon",), shows="Show and change the limits"),
    Scene(
        "filter",
        busy,
        ("slash", *"status", "colon", *"failed", "comma", *"completed"),
        shows="filter: status:failed,completed (",
    ),
    Scene("offers", busy, ("slash", *"source", "colon"), shows="tab "),
    Scene("marks", busy, (*_CURSOR_TO_WRITING, "space", "space", "space"), shows="3 marked"),
    Scene("cancel-many", busy, (*("space",) * 8, "c"), shows="Lost would be"),
    Scene("cancel-heavy", late, ("space", "space", "c"), shows="Type 2"),
    Scene(
        "retry-many",
        crowded,
        (*("space",) * 4, "r", "y"),
        shows="1 refused and still marked",
    ),
    Scene("answer-many", asking, ("space", "space", "space", "a"), shows="Answer 2 runs?"),
    Scene("sort", busy, ("s", "down"), shows="Sort by"),
    Scene("sorted", busy, ("s", "end", "enter"), shows="sort: source"),
    Scene("columns", busy, ("C", "down", "down"), shows="Columns"),
    Scene("views", busy, ("3", "v", "end", "s", "=broken"), shows="broken"),
    Scene("quit", owned, ("q",), shows="not finished"),
    Scene("maintenance", busy, act=neglect, shows="MAINTENANCE"),
    Scene("model-down", busy, act=lose_model, shows="MODEL DOWN"),
    Scene("no-signal", busy, act=break_down, shows="NO SIGNAL"),
    Scene("hostile", hostile, shows="U+202E"),
)


async def picture(scene: Scene, size: tuple[int, int]) -> str:
    """The scene as SVG."""
    app = scene.open()
    async with app.run_test(size=size, notifications=True) as pilot:
        await scene.play(pilot)
        return stable(app.export_screenshot(title=app.title, simplify=True))


def stable(svg: str) -> str:
    """The SVG without the number that differs from one drawing to the next."""
    return re.sub(r"\bterminal-\d+-", "terminal-", svg)


def file_name(scene: Scene, size: tuple[int, int]) -> str:
    """Where a scene's picture is kept."""
    return f"{scene.name}-{size[0]}x{size[1]}.svg"
