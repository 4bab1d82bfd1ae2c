"""One run on the whole screen: going through its tabs, texts, events and relatives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.answers import Started
from llmsdeck.api import DeckApi
from llmsdeck.calls import ModelCall
from llmsdeck.clock import Clock
from llmsdeck.model import Actor, ArtifactName, Run, RunId
from llmsdeck.pages import ArtifactText
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui import keys
from llmsdeck_tui.present import detail, replies, words
from llmsdeck_tui.present.markdown import TEXT_LIMIT
from llmsdeck_tui.screens.shown import ShownRun
from llmsdeck_tui.widgets.find_line import FindLine
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.reader import Document, View, prepare, prepare_call
from llmsdeck_tui.widgets.said import Said
from llmsdeck_tui.widgets.tab_bar import Tab, TabBar


class RunScreen(ShownRun):
    """Timeline, events, artifacts, reasons and calls to a model."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.RUN)

    def __init__(
        self,
        deck: DeckApi,
        clock: Clock,
        actor: Actor,
        run: Run,
        *,
        look: Callable[[RunId], DeckSnapshot | None],
        tab: Tab = Tab.TIMELINE,
        artifact: ArtifactName | None = None,
    ) -> None:
        super().__init__(deck, clock, actor, run, look=look, tab=tab)
        self._wanted = artifact

    def on_mount(self) -> None:
        """Read the artifact that the run was opened for."""
        if self._wanted is not None:
            self.read(self._wanted)

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
        """Read the artifact or the call under the cursor, or go to the chosen heading."""
        if self.reading:
            if self.reader.view is View.OUTLINE:
                self.turn_to(View.RENDERED)
        elif self.tab is Tab.ARTIFACTS and self.lines.cursor is not None:
            self.read(detail.published(self.subject)[self.lines.cursor].name)
        elif self.tab is Tab.MODEL and self.lines.cursor is not None:
            self.read_call(self.calls[self.lines.cursor])

    def action_back(self) -> None:
        """Close the outline, the text, what is looked for, then the run."""
        if self.reading and self.reader.view is View.OUTLINE:
            self.turn_to(View.RENDERED)
        elif self.reading:
            self.close_text()
        elif self.tab is Tab.EVENTS and self._chronicle.needle:
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
        if self._lineage is not None and self._lineage.parent is not None:
            self.look_at(self._lineage.parent)
        else:
            missing = (
                "has been pruned" if self.subject.parent_run else "is not there: it is no retry"
            )
            self.say(Content(f"The parent of run {self.subject.short_id} {missing}."), failed=True)

    def action_child(self) -> None:
        """Go to the newest run that retries this one."""
        if self._lineage is not None and self._lineage.retries:
            self.look_at(self._lineage.retries[0])
        else:
            self.say(Content(f"No run retries run {self.subject.short_id}."), failed=True)

    def follow_start(self, answer: Started) -> None:
        """Tell what came of a start, and show its run."""
        self.say(replies.started(answer), failed=answer.error is not None)
        if answer.run is not None:
            self.look_at(answer.run)

    # Texts.

    def action_view(self, view: str) -> None:
        """Show the open text in another way."""
        document = self.reader.document
        if not self.reading or document is None or document.text is None:
            self.say(Content("Open an artifact first: 3, then enter."), failed=True)
        else:
            same = self.reader.view is View(view)
            self.turn_to(View.RENDERED if same else View(view))

    def turn_to(self, view: View) -> None:
        """Show the open text in this way, at the same place."""
        document = self.reader.document
        if document is not None and document.text is not None:
            self.show_text(document.text, view, self.reader.place)

    @work(group="read", exclusive=True, exit_on_error=False)
    async def read(self, name: ArtifactName) -> None:
        """Fetch a text and show it."""
        said = Content.assemble((f"Reading {name}…", words.QUIET))
        self.query_one("#run-heading", Said).say(said)
        text = await self._deck.read_artifact(self._run_id, name, limit=TEXT_LIMIT)
        self.show_text(text, View.RENDERED, 0)

    @work(group="text", exclusive=True, exit_on_error=False, description="show a text")
    async def show_text(self, text: ArtifactText, view: View, place: int) -> None:
        """Make a text ready beside the event loop, and show it from this line on."""
        run_id = self._run_id
        document = await asyncio.to_thread(prepare, text, view, self._width)
        if run_id == self._run_id and self.tab is Tab.ARTIFACTS:
            self._open_text(document, place)

    @work(group="read", exclusive=True, exit_on_error=False)
    async def read_call(self, call: ModelCall) -> None:
        """Fetch what was said in a call and show it."""
        run_id = self._run_id
        said = await self._deck.read_call(run_id, call)
        document = await asyncio.to_thread(prepare_call, call, said, self._width)
        if run_id == self._run_id and self.tab is Tab.MODEL:
            self._open_text(document, 0)

    def _open_text(self, document: Document, place: int) -> None:
        self.add_class("-reading")
        self._draw_heading()
        self.reader.read(document, place)
        self.reader.lines.focus()

    # Events.

    def action_find(self) -> None:
        """Open the line on which is typed what events should contain."""
        if self.tab is not Tab.EVENTS:
            self.action_tab(Tab.EVENTS)
        self.query_one(FindLine).open(self._chronicle.needle)

    @on(FindLine.Typed)
    def look_for(self, event: FindLine.Typed) -> None:
        """Show the events that contain this, with what is around them."""
        self._chronicle.needle = event.text
        self._draw()

    @on(FindLine.Left)
    def leave_line(self) -> None:
        """Go to what was found."""
        self.lines.focus()

    def action_around(self, step: int) -> None:
        """Keep more or fewer lines around each event that was found."""
        self._chronicle.look_around(step)
        self._draw()

    def action_follow(self) -> None:
        """Go to the newest event, and stay there."""
        if self.tab is Tab.EVENTS:
            self.lines.action_edge("last")
        else:
            self.action_tab(Tab.EVENTS)
