"""One run on the whole screen, as it is: what is known of it, and how that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.calls import ModelCall
from llmsdeck.clock import Clock
from llmsdeck.errors import NoSuchRunError
from llmsdeck.forecast import forecast
from llmsdeck.model import Actor, Run, RunEvent, RunId
from llmsdeck.snapshot import DeckSnapshot, RunDetail
from llmsdeck.why import explain
from llmsdeck_tui import keys
from llmsdeck_tui.chronicle import Chronicle
from llmsdeck_tui.present import absence, calls, detail, reasons, timeline, words
from llmsdeck_tui.present.page import Page, uncut
from llmsdeck_tui.present.timeline import Lineage
from llmsdeck_tui.screens.onlooker import Onlooker
from llmsdeck_tui.screens.wishes import RunWishes
from llmsdeck_tui.widgets.find_line import FindLine
from llmsdeck_tui.widgets.foot import Foot
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.reader import Reader
from llmsdeck_tui.widgets.said import Said
from llmsdeck_tui.widgets.tab_bar import Tab, TabBar

MOST_RETRIES: Final = 5
"""Newest runs started from this one that are named."""


class ShownRun(Onlooker, RunWishes):
    """Shows the run that it has asked the screen below to look at."""

    CSS_PATH = "run.tcss"

    def __init__(
        self,
        deck: DeckApi,
        clock: Clock,
        actor: Actor,
        run: Run,
        *,
        look: Callable[[RunId], DeckSnapshot | None],
        tab: Tab = Tab.TIMELINE,
    ) -> None:
        super().__init__(deck, clock, actor)
        self._run_id, self._tab = run.run_id, tab
        self._ask_for = look
        self._detail = RunDetail(run=run)
        self._snapshot: DeckSnapshot | None = None
        self._gone = False
        self._lost = False
        self._lineage: Lineage | None = None
        self._chronicle = Chronicle()
        self._past: Sequence[RunEvent] = ()

    def compose(self) -> ComposeResult:
        """Which run, how it stands, the tabs, and what the open one shows."""
        with Horizontal(id="run-head"):
            yield Said(id="run-title")
            yield Said(id="run-clock")
        yield Said(id="run-state")
        yield Said(id="run-banner")
        with Horizontal(id="run-bar"):
            yield TabBar(tuple(Tab), self._tab)
        yield Said(id="run-heading")
        yield FindLine()
        yield Lines(id="run-lines")
        yield Reader()
        yield Foot()

    def on_mount(self) -> None:
        """Begin with what is known, and ask for the rest."""
        self.lines.focus()
        self.watch(self.lines, "following", self._draw_heading, init=False)
        self.look_at(self._detail.run)

    @property
    def lines(self) -> Lines:
        """The list that shows every tab but an open text."""
        return self.query_one("#run-lines", Lines)

    @property
    def reader(self) -> Reader:
        """Where texts are read."""
        return self.query_one(Reader)

    @property
    def tab(self) -> Tab:
        """The open tab."""
        return self.query_one(TabBar).tab

    @property
    def subject(self) -> Run:
        """The run that is shown."""
        return self._detail.run

    @property
    def calls(self) -> Sequence[ModelCall]:
        """The run's calls to a model."""
        return self._chronicle.calls

    @property
    def reading(self) -> bool:
        """The text of an artifact or of a call is open."""
        return self.has_class("-reading")

    @property
    def is_complete(self) -> bool:
        """The last picture shows this run, and all of its events are here."""
        if self._snapshot is None or self._snapshot.detail is None:
            return False
        return self._chronicle.has(self._snapshot.detail.events)

    @property
    def is_pictured(self) -> bool:
        """What was known of this run when it was opened is here, or cannot be had."""
        if self._gone or self._lost:
            return True
        known = self._snapshot is not None and self._lineage is not None
        return known and self._chronicle.has(self._past)

    # The picture.

    def look_at(self, run: Run) -> None:
        """Show another run from now on."""
        self._run_id, self._detail, self._snapshot = run.run_id, RunDetail(run=run), None
        self._gone = False
        self._lineage, self._chronicle, self._past = None, Chronicle(), ()
        self.close_text()
        self.lines.restart()
        seen = self._ask_for(run.run_id)
        if seen is not None and seen.detail is not None:
            self._take(seen, seen.detail)
        self._draw()

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture, when it is of this run and the screen is there."""
        if not self.is_mounted or snapshot.focus != self._run_id:
            return
        found = snapshot.detail
        self._gone = found is None
        if found is not None:
            self._take(snapshot, found)
        self._draw()

    def _take(self, snapshot: DeckSnapshot, found: RunDetail) -> None:
        before, self._detail, self._snapshot = self._snapshot, found, snapshot
        if before is None:
            self._past = found.events
        if before is None or before.counts.submitted != snapshot.counts.submitted:
            self.find_relatives(found.run)
        if not self._chronicle.has(found.events):
            self.load_events(found.run)

    def alert(self, text: Content, *, lost: bool) -> None:
        """Show what is wrong with the deck, or nothing."""
        self._lost = lost
        for banner in self.query("#run-banner").results(Said):
            banner.say_or_hide(text)

    @work(group="events", exclusive=True, exit_on_error=False, description="load events")
    async def load_events(self, run: Run) -> None:
        """Fetch the events that are not here yet."""
        chronicle = self._chronicle
        while found := await self._deck.events(run.run_id, chronicle.last, limit=1000):
            chronicle.add(found)
            self._draw()

    @work(group="relatives", exclusive=True, exit_on_error=False, description="find relatives")
    async def find_relatives(self, run: Run) -> None:
        """Fetch the run that this one retries, and the newest that retry it."""
        retries = await self._deck.page(MOST_RETRIES, filter=f"parent:{run.run_id}")
        parent = None
        if run.parent_run is not None:
            try:
                parent = await self._deck.find(run.parent_run)
            except NoSuchRunError:
                parent = None  # it is shown as pruned
        self._lineage = Lineage(parent=parent, retries=retries.runs)
        self._draw()

    def close_text(self) -> None:
        """Go back to the list that the text was opened from."""
        if self.reading:
            self.remove_class("-reading")
            self.reader.read(None)
            self.lines.focus()
            self._draw_heading()

    # Drawing.

    def on_resize(self) -> None:
        """Fit bars and columns to the width."""
        self.call_after_refresh(self._draw)

    @property
    def _width(self) -> int:
        return max(1, self.size.width - 3)

    def _draw(self) -> None:
        run = self.subject
        self.query_one("#run-title", Said).say(detail.title(run))
        self.query_one("#run-state", Said).say(self._state())
        content = self._content()
        choosing = bool(
            (self.tab is Tab.ARTIFACTS and run.artifacts) or (self.tab is Tab.MODEL and self.calls)
        )
        self.lines.show(content, cursor=choosing, tail=self.tab is Tab.EVENTS)
        self._draw_heading()
        self._draw_clock()
        self.paint_behind()

    def _state(self) -> Content:
        if self._gone:
            return absence.gone(self.subject)
        expected = forecast(self._snapshot) if self._snapshot else None
        return timeline.state(self._detail, expected, self.now)

    def _draw_clock(self) -> None:
        live = self._snapshot is not None and self._snapshot.counts.live > 0
        self.query_one("#run-clock", Said).say(Content(words.time(self.now, live=live)))

    def _draw_heading(self) -> None:
        said = Content("") if self.reading else self._heading()
        self.query_one("#run-heading", Said).say_or_hide(said)

    def _heading(self) -> Content:
        match self.tab:
            case Tab.EVENTS:
                return self._chronicle.heading(following=self.lines.following)
            case Tab.MODEL if made := self.calls:
                return calls.heading(made, self._width, self.app.written(keys.READ))
            case Tab.ARTIFACTS if self.subject.artifacts:
                said = f"Tokens are estimated: bytes / {words.CHARS_PER_TOKEN}. "
                return Content.assemble(
                    (said, words.QUIET), words.does(self.app.written(keys.READ), "reads one")
                )
            case _:
                return Content("")

    def _content(self) -> Sequence[Content] | Page:
        run = self.subject
        match self.tab:
            case Tab.TIMELINE:
                return timeline.lines(
                    self._detail,
                    self._chronicle.events,
                    self._lineage or Lineage(),
                    self.now,
                    self._width,
                )
            case Tab.EVENTS:
                return Page(self._chronicle.found().lines)
            case Tab.ARTIFACTS:
                return detail.artifacts(run, with_tokens=True)
            case Tab.WHY:
                if self._snapshot is None:
                    return [Content.assemble(("looking…", words.QUIET))]
                return reasons.lines(explain(self._snapshot))
            case Tab.MODEL if made := self.calls:
                return uncut([calls.row(call, self._width) for call in made])
            case Tab.MODEL:
                return calls.none(run, self._chronicle.events)
