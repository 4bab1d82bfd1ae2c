"""The pane under the table: a preview of one run as timeline, events and artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from llmsdeck.model import ArtifactName, Run
from llmsdeck.snapshot import RunDetail
from llmsdeck_tui.messages import RunOpened
from llmsdeck_tui.present import detail as present
from llmsdeck_tui.present import words
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.said import Said
from llmsdeck_tui.widgets.tab_bar import PREVIEW, Tab, TabBar


class DetailPane(Vertical):
    """Shows the detail that the screen gives it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._run: Run | None = None
        self._detail: RunDetail | None = None
        self._now: datetime | None = None
        self._hint = Content("")

    def compose(self) -> ComposeResult:
        """A line with title and tabs over the lines of the tab."""
        with Horizontal(id="detail-bar"):
            yield Said(id="detail-title")
            yield TabBar(PREVIEW)
        yield Lines(id="detail-lines")

    @property
    def tab(self) -> Tab:
        """The open tab."""
        return self.query_one(TabBar).tab

    @property
    def lines(self) -> Lines:
        """The list that shows the open tab."""
        return self.query_one(Lines)

    @property
    def artifact(self) -> ArtifactName | None:
        """The artifact under the cursor while somebody chooses one."""
        index = self.lines.cursor
        if self._run is None or index is None or not self.lines.has_focus:
            return None
        return present.published(self._run)[index].name

    def show(self, run: Run | None, detail: RunDetail | None, now: datetime, hint: Content) -> None:
        """Show this run, whose detail may come a moment later, or a hint where there is none."""
        if run is None or self._run is None or run.run_id != self._run.run_id:
            self.lines.restart()
        if detail is None and run is not None:
            same = self._detail is not None and self._detail.run.run_id == run.run_id
            detail = self._detail if same else RunDetail(run=run)
        self._run, self._detail, self._now, self._hint = run, detail, now, hint
        self._draw()

    @on(TabBar.Turned)
    def show_tab(self) -> None:
        """Show the tab that was opened."""
        self.lines.restart()
        self._draw()

    @on(Lines.Chosen)
    def open_clicked_artifact(self, event: Lines.Chosen) -> None:
        """Open the run at the clicked artifact."""
        self.lines.focus()
        if self._run is not None:
            self.post_message(RunOpened(self._run.run_id))

    def _draw(self) -> None:
        title = self.query_one("#detail-title", Said)
        if self._run is None or self._detail is None or self._now is None:
            title.say(Content.assemble(("no run selected", words.QUIET)))
            self.lines.show((self._hint,) if self._hint else ())
            return
        title.say(present.title(self._run))
        choosing = self.tab is Tab.ARTIFACTS and bool(self._run.artifacts)
        tail = self.tab is Tab.EVENTS
        self.lines.show(self._content(self._detail, self._now), cursor=choosing, tail=tail)

    def _content(self, detail: RunDetail, now: datetime) -> Sequence[Content]:
        match self.tab:
            case Tab.EVENTS:
                return present.events(detail.events)
            case Tab.ARTIFACTS:
                return present.artifacts(detail.run)
            case _:
                return present.timeline(detail, now)
