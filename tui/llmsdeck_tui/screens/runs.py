"""The runs screen: the picture comes up from the deck, wishes go down to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Final

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.worker import Worker

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.errors import FilterError
from llmsdeck.filter import parse
from llmsdeck.model import Actor, DeckSnapshot, PruneResult, RunId, Started, Window
from llmsdeck.states import TERMINAL
from llmsdeck_tui import failures, keys
from llmsdeck_tui.crew import Crew
from llmsdeck_tui.follow import Follower
from llmsdeck_tui.host import Host
from llmsdeck_tui.messages import (
    ArtifactWanted,
    FilterLeft,
    FilterTyped,
    RunHighlighted,
    RunOpened,
    SignalLost,
    SnapshotTaken,
    WindowWanted,
)
from llmsdeck_tui.present import dialogs, header
from llmsdeck_tui.safe import TEXT_LIMIT, safe
from llmsdeck_tui.screens.cancel import CancelDialog
from llmsdeck_tui.screens.help import HelpScreen
from llmsdeck_tui.screens.policy import PolicyDialog
from llmsdeck_tui.screens.prune import PruneDialog
from llmsdeck_tui.screens.quit import Leaving, QuitDialog, unfinished
from llmsdeck_tui.screens.start import StartForm
from llmsdeck_tui.widgets.deck_head import DeckHead
from llmsdeck_tui.widgets.detail_pane import DetailPane, Tab
from llmsdeck_tui.widgets.filter_line import FilterLine
from llmsdeck_tui.widgets.run_table import RunTable

TALL: Final = 32
"""Lines from which the details get more room."""


class RunsScreen(Screen[None]):
    """Runs, the selected run's details, and every wish that an operator may have."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DECK)
    CSS_PATH = "runs.tcss"

    app: getters.app[Host] = getters.app(Host)

    def __init__(self, deck: DeckApi, clock: Clock, actor: Actor) -> None:
        super().__init__()
        self._deck, self._clock, self._actor = deck, clock, actor
        self._follower = Follower(deck, clock, self.post_message)
        self._crew = Crew(deck, clock)
        self._snapshot: DeckSnapshot | None = None
        self._window = Window()
        self._outage: SignalLost | None = None
        self._parting = Content("")
        self._pruned: tuple[RunId, ...] = ()
        self._filter: str = ""
        self._filter_problem = ""

    def compose(self) -> ComposeResult:
        """Some lines about the deck, the table, the details, the keys."""
        yield DeckHead()
        yield FilterLine()
        yield RunTable(id="runs")
        yield Static(
            dialogs.first_run(
                self.app.around.suggestion, self.app.written, read_only=self.app.around.read_only
            ),
            id="empty",
        )
        yield DetailPane(id="detail")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to follow the deck."""
        self.table.focus()
        self.follow()
        self.set_interval(1, self.tick)

    @property
    def table(self) -> RunTable:
        """The list of runs."""
        return self.query_one(RunTable)

    @property
    def detail(self) -> DetailPane:
        """The pane under it."""
        return self.query_one(DetailPane)

    @property
    def now(self) -> datetime:
        """What the header's clock shows."""
        return datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)

    @property
    def pictured(self) -> bool:
        """A picture is on the screen, with the selected run's details if there is one."""
        if self._snapshot is None or self.table.cursor_id is None:
            return self._snapshot is not None and not self._snapshot.total
        return self.shows(self.table.cursor_id)

    def shows(self, run_id: RunId) -> bool:
        """This run is selected and its details are on the screen."""
        detail = self._snapshot.detail if self._snapshot else None
        found = detail is not None and detail.run.run_id == run_id
        return found and self.table.cursor_id == run_id

    # The picture.

    @work(group="follow", exclusive=True, exit_on_error=False)
    async def follow(self) -> None:
        """Keep the picture fresh until the screen goes."""
        await self._follower.run()

    @on(SnapshotTaken)
    def show_picture(self, event: SnapshotTaken) -> None:
        """Show a new picture everywhere."""
        snapshot = self._snapshot = event.snapshot
        self._outage = None
        self.set_class(snapshot.counts.kept == 0, "-empty")
        self.table.faded = False
        self.table.show(snapshot)
        self._show_detail()
        self._show_ladder()
        if self._crew.look(snapshot):
            self.call_worker()
        self._draw_header()

    @on(SignalLost)
    def show_outage(self, event: SignalLost) -> None:
        """Say since when the picture is old, and fade it."""
        self._outage = event
        self.table.faded = True
        self._draw_header()

    @on(RunHighlighted)
    def follow_cursor(self, event: RunHighlighted) -> None:
        """Show the details of the run under the cursor."""
        self._show_detail()
        self._look()

    @on(WindowWanted)
    def follow_scrolling(self, event: WindowWanted) -> None:
        """Fetch the rows that are in view."""
        self._window = event.window
        self._look()

    @on(FilterTyped)
    def follow_filter(self, event: FilterTyped) -> None:
        """Show what matches; a line that cannot be read yet says why and changes nothing."""
        try:
            parse(event.text)
        except FilterError as error:
            self._filter_problem = str(error)
        else:
            self._use_filter(event.text.strip())
        self._draw_header()

    @on(FilterLeft)
    def leave_filter(self, event: FilterLeft) -> None:
        """Go on among the runs."""
        self.table.focus()
        self._use_filter(self._filter if event.keep else "")
        self._draw_header()

    def _use_filter(self, filter: str) -> None:
        self._filter_problem = ""
        if filter != self._filter:
            self._filter = filter
            self._window = Window(0, self._window.size)
            self._look()

    def _look(self) -> None:
        self._follower.look_at(self._window, self.table.cursor_id, self._filter)

    @on(ArtifactWanted)
    def show_artifact(self, event: ArtifactWanted) -> None:
        """Read the text of a published file."""
        self.read(event)

    @on(RunOpened)
    def open_clicked_run(self, event: RunOpened) -> None:
        """Open the details of a run that was double-clicked."""
        self.action_open()

    @on(Worker.StateChanged)
    def show_failure(self, event: Worker.StateChanged) -> None:
        """Say what a wish failed at."""
        if failure := failures.of_worker(event):
            self.say(safe(failure), failed=True)

    def on_resize(self, event: Resize) -> None:
        """Fit the lines to the width and the panes to the height."""
        self.set_class(event.size.height >= TALL, "-tall")
        self._draw_header()

    def tick(self) -> None:
        """Let the header's clock go on; while nothing else happens, ages too, by the minute."""
        self._draw_header()
        snapshot = self._snapshot
        idle = snapshot is not None and not (snapshot.counts.processing or snapshot.counts.pending)
        if idle and self._outage is None and self.now.second == 0:
            self.table.pass_time(self.now)

    def say(self, text: Content, *, failed: bool = False) -> None:
        """Tell the operator something that will pass."""
        self.notify(text.plain, severity="error" if failed else "information", markup=False)

    # Wishes.

    def action_new(self) -> None:
        """Open the start form."""
        kept = self._snapshot.counts.kept if self._snapshot else 0
        source = "" if kept else self.app.around.suggestion
        self.app.push_screen(StartForm(self._deck, self._actor, source), self._follow_start)

    def action_cancel(self) -> None:
        """Ask whether to cancel the selected run, or say why it cannot be."""
        run = self.table.current
        if run is None:
            self.say(Content("No run is selected."), failed=True)
        elif run.status in TERMINAL:
            self.say(dialogs.ended_already(run, self.now), failed=True)
        else:
            self.app.push_screen(CancelDialog(self._deck, self._actor, run, self.now))

    def action_retry(self) -> None:
        """Start a run like the selected one."""
        run = self.table.current
        if run is None:
            self.say(Content("No run is selected."), failed=True)
        else:
            self.retry(run.run_id)

    def action_prune(self) -> None:
        """Open the preview of what pruning would take."""
        self.app.push_screen(PruneDialog(self._deck, self._actor), self._tell_pruned)

    def action_undo(self) -> None:
        """Bring back what was last pruned from here."""
        if self._pruned:
            self.restore(self._pruned)
        else:
            self.say(Content("Nothing was pruned from this dashboard."), failed=True)

    def action_policy(self) -> None:
        """Open the limits."""
        self.app.push_screen(PolicyDialog(self._deck, self._actor))

    def action_filter(self) -> None:
        """Open the line for a filter."""
        self.query_one(FilterLine).open(self._filter)

    def action_open(self) -> None:
        """Open the details, or the artifact under the cursor."""
        if self.has_class("-open"):
            if not self.detail.reading:
                self.detail.open_artifact()
        elif self.table.cursor_id is not None:
            self.add_class("-open")
            self.detail.lines.focus()

    def action_back(self) -> None:
        """Close the artifact, then the details, then the filter."""
        if self.detail.reading:
            self.detail.close_artifact()
        elif self.has_class("-open") or not self.table.has_focus:
            self.remove_class("-open")
            self.table.focus()
        else:
            self._use_filter("")

    def action_switch(self) -> None:
        """Move between the table and the details."""
        (self.detail.lines if self.table.has_focus else self.table).focus()

    def action_tab(self, tab: str) -> None:
        """Open a tab of the details."""
        self.detail.turn_to(Tab(tab))

    def action_turn(self, step: int) -> None:
        """Open the neighbouring tab."""
        self.detail.turn(step)

    def action_palette(self) -> None:
        """Open the command palette."""
        self.app.action_command_palette()

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())

    def action_leave(self) -> None:
        """Quit, after a question when that leaves this dashboard's worker with work."""
        counts = self._snapshot.counts if self._snapshot else None
        if self._crew.owned and counts is not None and counts.processing + counts.pending:
            self.app.push_screen(QuitDialog(counts), self._leave)
        else:
            self.app.exit()

    # What the wishes do.

    @work(group="worker", exclusive=True, exit_on_error=False)
    async def call_worker(self) -> None:
        """Start a worker."""
        await self._crew.call()
        self._draw_header()
        self._follower.nudge()

    @work(group="read", exclusive=True, exit_on_error=False)
    async def read(self, wanted: ArtifactWanted) -> None:
        """Fetch as much of an artifact as is shown."""
        text = await self._deck.read_artifact(wanted.run_id, wanted.name, limit=TEXT_LIMIT)
        if wanted.run_id == self.table.cursor_id:
            self.detail.read(text)

    @work(group="retry", exclusive=True, exit_on_error=False)
    async def retry(self, run_id: RunId) -> None:
        """Start a run like this one and go to it."""
        (answer,) = await self._deck.retry([run_id], self._actor)
        self._follow_start(answer)

    @work(group="restore", exclusive=True, exit_on_error=False)
    async def restore(self, run_ids: tuple[RunId, ...]) -> None:
        """Bring pruned runs back; what could not come may be asked for again."""
        answers = await self._deck.restore(run_ids, self._actor)
        kept = [answer.run_id for answer in answers if answer.error and answer.run_id]
        self._pruned = tuple(kept)
        self.say(dialogs.restored(answers), failed=any(answer.error for answer in answers))
        self._follower.nudge()

    @work(group="leave", exclusive=True, exit_on_error=False)
    async def drain(self) -> None:
        """Let running work end, then quit."""
        self._parting = Content("Draining: running work may end, at most 15 s; then this closes.")
        self._draw_header()
        await self._deck.stop_worker()
        self.app.exit()

    @work(group="leave", exclusive=True, exit_on_error=False)
    async def cancel_all(self) -> None:
        """Cancel every unfinished run, then quit; the worker ends once they have stopped."""
        self._parting = Content("Cancelling every unfinished run; then this closes.")
        self._draw_header()
        await self._deck.cancel(await unfinished(self._deck), self._actor)
        self.app.exit()

    def _follow_start(self, answer: Started | None) -> None:
        if answer is None:
            return
        self.say(dialogs.started(answer), failed=answer.error is not None)
        if answer.run is not None:
            self.table.select(answer.run.run_id)
            self.table.focus()
            self._follower.nudge()

    def _tell_pruned(self, result: PruneResult | None) -> None:
        if result is not None:
            self._pruned = result.run_ids
            self.say(dialogs.pruned(result))
            self._follower.nudge()

    def _leave(self, way: Leaving | None) -> None:
        match way:
            case None:
                pass
            case Leaving.LEAVE:
                self.app.exit()
            case Leaving.DRAIN:
                self.drain()
            case Leaving.CANCEL:
                self.cancel_all()

    # Drawing.

    def _show_detail(self) -> None:
        if self._snapshot is None:
            return
        run, detail = self.table.current, self._snapshot.detail
        fits = detail is not None and detail.run.run_id == self.table.cursor_id
        if run is None and fits and detail is not None:
            run = detail.run
        self.detail.show(run, detail if fits else None, self._snapshot.taken_at)

    def _show_ladder(self) -> None:
        top, snapshot = self.app.screen, self._snapshot
        if not isinstance(top, CancelDialog) or snapshot is None:
            return
        focused = (snapshot.detail.run,) if snapshot.detail else ()
        for run in (*snapshot.runs, *focused):
            if run.run_id == top.run.run_id:
                top.show(run, snapshot.taken_at)

    def _draw_header(self) -> None:
        head = self.query_one(DeckHead)
        head.alert(self._trouble())
        if self._snapshot is not None:
            faded = self._outage is not None
            head.show(self._snapshot, self.now, starting=self._crew.coming, faded=faded)
            width = max(1, self.size.width - 2)
            head.tell_filter(header.filtered(self._snapshot, self._filter_problem, width))

    def _trouble(self) -> Content:
        if self._outage is not None:
            return dialogs.no_signal(self._outage.since, self._outage.reason)
        if self._crew.trouble:
            return dialogs.no_worker(self._crew.trouble)
        if self._parting or self._snapshot is None:
            return self._parting
        return header.incidents(self._snapshot)
