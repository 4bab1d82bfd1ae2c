"""One run on the whole screen: timeline, events, artifacts, why, and the calls to a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer, Static

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.errors import NoSuchRunError
from llmsdeck.forecast import forecast
from llmsdeck.model import (
    Actor,
    ArtifactName,
    ArtifactText,
    DeckSnapshot,
    Run,
    RunDetail,
    RunEvent,
    RunId,
    Started,
)
from llmsdeck.why import explain
from llmsdeck_tui import keys
from llmsdeck_tui.present import calls, detail, dialogs, history, reasons, timeline, words
from llmsdeck_tui.present.markdown import CHARS_PER_TOKEN, TEXT_LIMIT
from llmsdeck_tui.present.page import Line, Page
from llmsdeck_tui.present.timeline import Lineage
from llmsdeck_tui.screens.wishes import RunWishes
from llmsdeck_tui.widgets.find_line import FindLine
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.reader import Reader, View, prepare
from llmsdeck_tui.widgets.tab_bar import Tab, TabBar

MOST_EVENTS: Final = 5_000
"""Newest events of a run that are kept on its screen."""
MOST_RETRIES: Final = 5
"""Newest runs started from this one that are named."""


class RunScreen(RunWishes):
    """Shows the run that it has asked the screen below to look at."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.RUN)
    CSS_PATH = "run.tcss"

    def __init__(
        self,
        deck: DeckApi,
        clock: Clock,
        actor: Actor,
        run: Run,
        *,
        look: Callable[[RunId], None],
        tab: Tab = Tab.TIMELINE,
        artifact: ArtifactName | None = None,
    ) -> None:
        super().__init__(deck, clock, actor)
        self._run_id, self._tab, self._wanted = run.run_id, tab, artifact
        self._ask_for = look
        self._detail = RunDetail(run=run)
        self._snapshot: DeckSnapshot | None = None
        self._lineage = Lineage()
        self._events: list[RunEvent] = []
        self._event_lines: list[Line] = []
        self._needle, self._around = "", 1

    def compose(self) -> ComposeResult:
        """Which run, how it stands, the tabs, and what the open one shows."""
        with Horizontal(id="run-head"):
            yield Static(id="run-title")
            yield Static(id="run-clock")
        yield Static(id="run-state")
        yield Static(id="run-banner")
        with Horizontal(id="run-bar"):
            yield TabBar(tuple(Tab), self._tab)
        yield Static(id="run-heading")
        yield FindLine()
        yield Lines(id="run-lines")
        yield Reader()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin with what is known, and ask for the rest."""
        self.lines.focus()
        self.watch(self.lines, "following", self._draw_heading, init=False)
        self.look_at(self._detail.run)
        if self._wanted is not None:
            self.read(self._wanted)

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
    def reading(self) -> bool:
        """The text of an artifact is open."""
        return self.has_class("-reading")

    @property
    def pictured(self) -> bool:
        """The last picture shows this run, and all of its events are here."""
        if self._snapshot is None or self._snapshot.detail is None:
            return False
        newest = self._snapshot.detail.events
        return not newest or (bool(self._events) and self._events[-1].seq >= newest[-1].seq)

    # The picture.

    def look_at(self, run: Run) -> None:
        """Show another run from now on."""
        self._run_id, self._detail, self._snapshot = run.run_id, RunDetail(run=run), None
        self._lineage, self._events, self._event_lines = Lineage(), [], []
        self.close_text()
        self.lines.restart()
        self._ask_for(run.run_id)
        self.find_relatives(run)
        self._draw()

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture, when it is of this run."""
        self._draw_clock()
        found = snapshot.detail
        if found is None and self._snapshot is not None:
            self.query_one("#run-state", Static).update(dialogs.gone(self.subject))
        if found is None or found.run.run_id != self._run_id:
            return
        self._detail, self._snapshot = found, snapshot
        if found.events and (not self._events or self._events[-1].seq < found.events[-1].seq):
            self.load_events(found.run)
        self._draw()

    def alert(self, text: Content) -> None:
        """Show what is wrong with the deck, or nothing."""
        banner = self.query_one("#run-banner", Static)
        banner.display = bool(text.plain)
        banner.update(text)

    @work(group="events", exclusive=True, exit_on_error=False)
    async def load_events(self, run: Run) -> None:
        """Fetch the events that are not here yet."""
        after = self._events[-1].seq if self._events else 0
        while found := await self._deck.events(run.run_id, after, limit=1000):
            after = found[-1].seq
            self._events = [*self._events, *found][-MOST_EVENTS:]
            self._event_lines = [*self._event_lines, *map(history.line, found)][-MOST_EVENTS:]
        self._draw()

    @work(group="relatives", exclusive=True, exit_on_error=False)
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

    # Moving.

    @on(TabBar.Turned)
    def show_tab(self) -> None:
        """Show the tab that was opened."""
        self.close_text()
        self.lines.restart()
        self._draw()
        if not self.query_one(FindLine).display:
            self.lines.focus()

    @on(Lines.Chosen)
    def action_open(self) -> None:
        """Read the artifact under the cursor, or go to the chosen heading."""
        if self.reading:
            if self.reader.view is View.OUTLINE:
                self.turn_to(View.RENDERED)
        elif self.tab is Tab.ARTIFACTS and self.lines.cursor is not None:
            self.read(detail.published(self.subject)[self.lines.cursor].name)

    def action_back(self) -> None:
        """Close the outline, the text, what is looked for, then the run."""
        if self.reading and self.reader.view is View.OUTLINE:
            self.turn_to(View.RENDERED)
        elif self.reading:
            self.close_text()
        elif self.tab is Tab.EVENTS and self._needle:
            self.look_for(FindLine.Typed(""))
        else:
            self.dismiss(None)

    def action_tab(self, tab: str) -> None:
        """Open a tab."""
        self.query_one(TabBar).turn_to(Tab(tab))

    def action_turn(self, step: int) -> None:
        """Open the neighbouring tab."""
        self.query_one(TabBar).turn(step)

    def action_parent(self) -> None:
        """Go to the run that this one retries."""
        if self._lineage.parent is not None:
            self.look_at(self._lineage.parent)
        else:
            missing = (
                "has been pruned" if self.subject.parent_run else "is not there: it is no retry"
            )
            self.say(Content(f"The parent of run {self.subject.short_id} {missing}."), failed=True)

    def action_child(self) -> None:
        """Go to the newest run that retries this one."""
        if self._lineage.retries:
            self.look_at(self._lineage.retries[0])
        else:
            self.say(Content(f"No run retries run {self.subject.short_id}."), failed=True)

    def follow_start(self, answer: Started) -> None:
        """Tell what came of a start, and show its run."""
        self.say(dialogs.started(answer), failed=answer.error is not None)
        if answer.run is not None:
            self.look_at(answer.run)

    # Texts.

    def action_view(self, view: str) -> None:
        """Show the open text in another way."""
        if not self.reading:
            self.say(Content("Open an artifact first: 3, then enter."), failed=True)
        else:
            same = self.reader.view is View(view)
            self.turn_to(View.RENDERED if same else View(view))

    def turn_to(self, view: View) -> None:
        """Show the open text in this way, at the same place."""
        if self.reader.document is not None:
            self.show_text(self.reader.document.text, view, self.reader.place)

    @work(group="read", exclusive=True, exit_on_error=False)
    async def read(self, name: ArtifactName) -> None:
        """Fetch a text and show it."""
        said = Content.assemble((f"Reading {name}…", words.QUIET))
        self.query_one("#run-heading", Static).update(said)
        text = await self._deck.read_artifact(self._run_id, name, limit=TEXT_LIMIT)
        self.show_text(text, View.RENDERED, 0)

    @work(group="text", exclusive=True, exit_on_error=False)
    async def show_text(self, text: ArtifactText, view: View, place: int) -> None:
        """Make a text ready beside the event loop, and show it from this line on."""
        run_id = self._run_id
        document = await asyncio.to_thread(prepare, run_id, text, view, self._width)
        if run_id == self._run_id and self.tab is Tab.ARTIFACTS:
            self.add_class("-reading")
            self._draw_heading()
            self.reader.read(document, place)
            self.reader.lines.focus()

    def close_text(self) -> None:
        """Go back to the list of artifacts."""
        if self.reading:
            self.remove_class("-reading")
            self.reader.read(None)
            self.lines.focus()
            self._draw_heading()

    # Events.

    def action_find(self) -> None:
        """Open the line on which is typed what events should contain."""
        if self.tab is not Tab.EVENTS:
            self.action_tab(Tab.EVENTS)
        self.query_one(FindLine).open(self._needle)

    @on(FindLine.Typed)
    def look_for(self, event: FindLine.Typed) -> None:
        """Show the events that contain this, with what is around them."""
        self._needle = event.text
        self._draw()

    @on(FindLine.Left)
    def leave_line(self) -> None:
        """Go to what was found."""
        self.lines.focus()

    def action_around(self, step: int) -> None:
        """Keep more or fewer lines around each event that was found."""
        self._around = max(0, min(self._around + step, len(history.CONTEXT) - 1))
        self._draw()

    def action_follow(self) -> None:
        """Go to the newest event, and stay there."""
        if self.tab is Tab.EVENTS:
            self.lines.action_edge("last")
        else:
            self.action_tab(Tab.EVENTS)

    # Drawing.

    def on_resize(self) -> None:
        """Fit bars and columns to the width."""
        self.call_after_refresh(self._draw)

    @property
    def _width(self) -> int:
        return max(1, self.size.width - 3)

    def _draw(self) -> None:
        run = self.subject
        expected = forecast(self._snapshot) if self._snapshot else None
        self.query_one("#run-title", Static).update(detail.title(run))
        self.query_one("#run-state", Static).update(
            timeline.state(self._detail, expected, self.now)
        )
        choosing = self.tab is Tab.ARTIFACTS and bool(run.artifacts)
        content = self._content()
        self.lines.show(content, cursor=choosing, tail=self.tab is Tab.EVENTS)
        self._draw_heading()
        self._draw_clock()

    def _draw_clock(self) -> None:
        self.query_one("#run-clock", Static).update(f"{words.clock(self.now)} UTC")

    def _draw_heading(self) -> None:
        heading = self.query_one("#run-heading", Static)
        said = Content("") if self.reading else self._heading()
        heading.display = bool(said.plain)
        heading.update(said)

    def _heading(self) -> Content:
        match self.tab:
            case Tab.EVENTS:
                found = history.find(self._event_lines, self._needle, self._nearby)
                total, following = len(self._events), self.lines.following
                return history.heading(
                    total, found, self._needle, self._nearby, following=following
                )
            case Tab.MODEL if made := calls.calls(self._events):
                return calls.summary(made)
            case Tab.ARTIFACTS if self.subject.artifacts:
                said = f"Tokens are estimated: bytes / {CHARS_PER_TOKEN}."
                return Content.assemble((said, words.QUIET))
            case _:
                return Content("")

    @property
    def _nearby(self) -> int:
        return history.CONTEXT[self._around]

    def _content(self) -> Sequence[Content] | Page:
        run = self.subject
        match self.tab:
            case Tab.TIMELINE:
                return timeline.lines(
                    self._detail, self._events, self._lineage, self.now, self._width
                )
            case Tab.EVENTS:
                return Page(history.find(self._event_lines, self._needle, self._nearby).lines)
            case Tab.ARTIFACTS:
                return detail.artifacts(run, with_tokens=True)
            case Tab.WHY:
                if self._snapshot is None:
                    return [Content.assemble(("looking…", words.QUIET))]
                return reasons.lines(explain(self._snapshot))
            case Tab.MODEL:
                return Page(calls.table(calls.calls(self._events), run.model, self._width))
