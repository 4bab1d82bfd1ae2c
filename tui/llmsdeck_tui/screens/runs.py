"""The runs screen: the picture comes up from the deck, wishes go down to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Resize
from textual.widgets import Footer, Static

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.model import Actor, DeckSnapshot, PruneResult, RunId, Started
from llmsdeck.states import TERMINAL
from llmsdeck_tui import keys
from llmsdeck_tui.crew import Crew
from llmsdeck_tui.deeds import CancelRuns, Deed, PruneRuns, RetryRuns
from llmsdeck_tui.messages import ArtifactWanted, RunHighlighted, RunOpened
from llmsdeck_tui.present import bulk, dialogs, header
from llmsdeck_tui.safe import TEXT_LIMIT
from llmsdeck_tui.screens.bulk import BulkDialog
from llmsdeck_tui.screens.cancel import CancelDialog
from llmsdeck_tui.screens.help import HelpScreen
from llmsdeck_tui.screens.listing import ListingScreen
from llmsdeck_tui.screens.policy import PolicyDialog
from llmsdeck_tui.screens.prune import PruneDialog
from llmsdeck_tui.screens.quit import Leaving, QuitDialog, carry_out
from llmsdeck_tui.screens.start import StartForm
from llmsdeck_tui.views import TableSettings
from llmsdeck_tui.widgets.deck_head import DeckHead
from llmsdeck_tui.widgets.detail_pane import DetailPane, Tab

TALL: Final = 32
"""Lines from which the details get more room."""


class RunsScreen(ListingScreen):
    """Runs, the selected run's details, and every wish that an operator may have."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DECK)
    CSS_PATH = "runs.tcss"

    def __init__(
        self, deck: DeckApi, clock: Clock, actor: Actor, settings: TableSettings | None = None
    ) -> None:
        super().__init__(deck, clock, actor, settings)
        self._crew = Crew(deck, clock)
        self._parting = Content("")
        self._pruned: tuple[RunId, ...] = ()

    def compose(self) -> ComposeResult:
        """Some lines about the deck, the table, the details, the keys."""
        yield from self.compose_list()
        yield Static(dialogs.first_run(), id="empty")
        yield DetailPane(id="detail")
        yield Footer(show_command_palette=False, compact=True)

    @property
    def detail(self) -> DetailPane:
        """The pane under the table."""
        return self.query_one(DetailPane)

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

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture everywhere."""
        self.set_class(snapshot.counts.kept == 0, "-empty")
        self.table.faded = False
        self.table.show(snapshot)
        self._show_detail()
        self._show_ladder()
        if self._crew.look(snapshot):
            self.call_worker()
        self.redraw()

    def fade(self) -> None:
        """Fade the table and say since when it is old."""
        self.table.faded = True
        self.redraw()

    @on(RunHighlighted)
    def follow_cursor(self, event: RunHighlighted) -> None:
        """Show the details of the run under the cursor."""
        self._show_detail()
        self.look()

    @on(ArtifactWanted)
    def show_artifact(self, event: ArtifactWanted) -> None:
        """Read the text of a published file."""
        self.read(event)

    @on(RunOpened)
    def open_clicked_run(self, event: RunOpened) -> None:
        """Open the details of a run that was double-clicked."""
        self.action_open()

    def on_resize(self, event: Resize) -> None:
        """Fit the lines to the width and the panes to the height."""
        self.set_class(event.size.height >= TALL, "-tall")
        self.redraw()

    def tick(self) -> None:
        """Let the header's clock go on; while nothing else happens, ages too, by the minute."""
        self.redraw()
        snapshot = self._snapshot
        idle = snapshot is not None and not (snapshot.counts.processing or snapshot.counts.pending)
        if idle and self._outage is None and self.now.second == 0:
            self.table.pass_time(self.now)

    # Wishes.

    def action_new(self) -> None:
        """Open the start form."""
        self.app.push_screen(StartForm(self._deck, self._actor), self._follow_start)

    def action_cancel(self) -> None:
        """Ask whether to cancel the marked runs, else the selected one."""
        run = self.table.current
        if self.table.marks:
            self._do_to_marked(CancelRuns())
        elif run is None:
            self.say(Content("No run is selected."), failed=True)
        elif run.status in TERMINAL:
            self.say(dialogs.ended_already(run, self.now), failed=True)
        else:
            self.app.push_screen(CancelDialog(self._deck, self._actor, run, self.now))

    def action_retry(self) -> None:
        """Start the marked runs again, else a run like the selected one."""
        run = self.table.current
        if self.table.marks:
            self._do_to_marked(RetryRuns())
        elif run is None:
            self.say(Content("No run is selected."), failed=True)
        else:
            self.retry(run.run_id)

    def action_prune(self) -> None:
        """Ask whether to remove the marked runs, else those that are due to go."""
        if self.table.marks:
            self._do_to_marked(PruneRuns(), self._remember_pruned)
        else:
            self.app.push_screen(PruneDialog(self._deck, self._actor), self._tell_pruned)

    def _do_to_marked(
        self, deed: Deed, then: Callable[[Sequence[bulk.Answer]], None] | None = None
    ) -> None:
        """Ask before doing it to the marked runs; those it was done to lose their mark."""

        def follow(answers: Sequence[bulk.Answer] | None) -> None:
            done = [answer for answer in answers or () if answer.done]
            self.table.unmark(answer.run_id for answer in done)
            if then is not None:
                then(done)
            self._follower.nudge()

        dialog = BulkDialog(self._deck, self._actor, deed, self.table.marks, self.now)
        self.app.push_screen(dialog, follow)

    def action_undo(self) -> None:
        """Bring back what was last pruned from here."""
        if self._pruned:
            self.restore(self._pruned)
        else:
            self.say(Content("Nothing was pruned from this dashboard."), failed=True)

    def action_policy(self) -> None:
        """Open the limits."""
        self.app.push_screen(PolicyDialog(self._deck, self._actor))

    def action_open(self) -> None:
        """Open the details, or the artifact under the cursor."""
        if self.has_class("-open"):
            if not self.detail.reading:
                self.detail.open_artifact()
        elif self.table.cursor_id is not None:
            self.add_class("-open")
            self.detail.lines.focus()

    def action_back(self) -> None:
        """Close the artifact, then the details, then clear the marks, then the filter."""
        if self.detail.reading:
            self.detail.close_artifact()
        elif self.has_class("-open") or not self.table.has_focus:
            self.remove_class("-open")
            self.table.focus()
        elif self.table.marks:
            self.action_unmark()
        else:
            self.clear_filter()

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
        self.redraw()
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
    async def leave(self, way: Leaving) -> None:
        """Do what the way out asks for, then quit."""
        self._parting = dialogs.parting(way)
        self.redraw()
        await carry_out(way, self._deck, self._actor)
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

    def _remember_pruned(self, done: Sequence[bulk.Answer]) -> None:
        self._pruned = tuple(answer.run_id for answer in done) or self._pruned

    def _leave(self, way: Leaving | None) -> None:
        if way is not None:
            self.leave(way)

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

    def redraw(self) -> None:
        """Draw the head."""
        head = self.query_one(DeckHead)
        head.alert(self._trouble())
        if self._snapshot is not None:
            faded = self._outage is not None
            head.show(self._snapshot, self.now, starting=self._crew.coming, faded=faded)
        super().redraw()

    def _trouble(self) -> Content:
        if self._outage is not None:
            return dialogs.no_signal(self._outage.since, self._outage.reason)
        if self._crew.trouble:
            return dialogs.no_worker(self._crew.trouble)
        if self._parting or self._snapshot is None:
            return self._parting
        return header.incidents(self._snapshot)
