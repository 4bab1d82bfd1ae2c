"""The pane under the table: one run as timeline, events and artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from llmsdeck.model import ArtifactText, Run, RunDetail
from llmsdeck_tui.messages import ArtifactWanted
from llmsdeck_tui.present import detail as present
from llmsdeck_tui.present import words
from llmsdeck_tui.widgets.lines import Lines


class Tab(StrEnum):
    """What the pane can show of a run."""

    TIMELINE = "timeline"
    EVENTS = "events"
    ARTIFACTS = "artifacts"


class TabLabel(Static):
    """The name of a tab; a click turns to it."""

    @dataclass
    class Clicked(Message):
        """This tab is wanted."""

        tab: Tab

    def __init__(self, tab: Tab) -> None:
        super().__init__(Content(tab), id=f"tab-{tab}", classes="tab")
        self.tab = tab

    def on_click(self, event: Click) -> None:
        """Ask for this tab."""
        self.post_message(self.Clicked(self.tab))


class DetailPane(Vertical):
    """Shows the detail that the screen gives it, and asks for artifacts to read."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tab = Tab.TIMELINE
        self._run: Run | None = None
        self._detail: RunDetail | None = None
        self._now: datetime | None = None
        self._text: ArtifactText | None = None

    def compose(self) -> ComposeResult:
        """A line with title and tabs over the lines of the tab."""
        with Horizontal(id="detail-bar"):
            yield Static(id="detail-title")
            yield from (TabLabel(tab) for tab in Tab)
        yield Static(id="detail-heading")
        yield Lines(id="detail-lines")

    def on_mount(self) -> None:
        """Show which tab is open."""
        self.turn_to(self.tab)

    @property
    def lines(self) -> Lines:
        """The list that shows the open tab."""
        return self.query_one(Lines)

    @property
    def reading(self) -> bool:
        """The text of an artifact is open."""
        return self._text is not None

    def show(self, run: Run | None, detail: RunDetail | None, now: datetime) -> None:
        """Show this run; its detail may come a moment later."""
        if run is None or self._run is None or run.run_id != self._run.run_id:
            self._text = None
            self.lines.restart()
        if detail is None and run is not None:
            same = self._detail is not None and self._detail.run.run_id == run.run_id
            detail = self._detail if same else RunDetail(run=run)
        self._run, self._detail, self._now = run, detail, now
        if not self.reading:
            self._draw()

    def turn_to(self, tab: Tab) -> None:
        """Open a tab."""
        self.tab, self._text = tab, None
        for label in self.query(TabLabel):
            label.set_class(label.tab is tab, "-open")
        self.lines.restart()
        self._draw()

    def turn(self, step: int) -> None:
        """Open the tab that many places further."""
        tabs = list(Tab)
        self.turn_to(tabs[(tabs.index(self.tab) + step) % len(tabs)])

    def open_artifact(self) -> None:
        """Ask for the artifact under the cursor."""
        index = self.lines.cursor
        if self._run is not None and index is not None and index < len(self._run.artifacts):
            artifact = present.published(self._run)[index]
            self.post_message(ArtifactWanted(self._run.run_id, artifact.name))

    def read(self, text: ArtifactText) -> None:
        """Show the text of an artifact."""
        self.lines.restart()
        self._text = text
        self._draw()

    def close_artifact(self) -> None:
        """Go back to the list of artifacts."""
        self._text = None
        self.lines.restart()
        self._draw()

    @on(TabLabel.Clicked)
    def turn_to_clicked_tab(self, event: TabLabel.Clicked) -> None:
        """Open the clicked tab."""
        self.turn_to(event.tab)

    @on(Lines.Chosen)
    def open_clicked_artifact(self, event: Lines.Chosen) -> None:
        """Read the clicked artifact."""
        self.open_artifact()

    def _draw(self) -> None:
        heading = self.query_one("#detail-heading", Static)
        heading.display = self._text is not None
        title = self.query_one("#detail-title", Static)
        if self._run is None or self._detail is None or self._now is None:
            title.update(Content.assemble(("no run selected", words.QUIET)))
            self.lines.show(())
            return
        title.update(present.title(self._run))
        if self._text is not None:
            heading.update(present.artifact_heading(self._text))
        choosing = self.tab is Tab.ARTIFACTS and not self.reading and bool(self._run.artifacts)
        tail = self.tab is Tab.EVENTS
        content = list(self._content(self._detail, self._now))
        self.lines.show(content, cursor=choosing, tail=tail)

    def _content(self, detail: RunDetail, now: datetime) -> Iterable[Content]:
        if self._text is not None:
            return present.artifact_lines(self._text)
        match self.tab:
            case Tab.TIMELINE:
                return present.timeline(detail, now)
            case Tab.EVENTS:
                return present.events(detail.events)
            case Tab.ARTIFACTS:
                return present.artifacts(detail.run)
