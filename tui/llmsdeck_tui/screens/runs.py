"""The runs screen: the list, the selected run's details, and the ways to all other screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Static

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.model import Actor, RunId
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui import keys
from llmsdeck_tui.crew import Crew
from llmsdeck_tui.messages import RunHighlighted, RunOpened, SignalLost
from llmsdeck_tui.present import absence, incidents, replies
from llmsdeck_tui.screens.marking import MarkingScreen
from llmsdeck_tui.screens.onlooker import Onlooker
from llmsdeck_tui.screens.wishes import NO_RUN
from llmsdeck_tui.views import TableSettings
from llmsdeck_tui.widgets.deck_head import DeckHead
from llmsdeck_tui.widgets.detail_pane import DetailPane
from llmsdeck_tui.widgets.foot import Foot
from llmsdeck_tui.widgets.tab_bar import Tab, TabBar

if TYPE_CHECKING:
    from llmsdeck.answers import Started
    from llmsdeck_tui.screens.quit import Leaving

TALL: Final = 32
"""Lines from which the details get more room."""
PLAIN_BELOW: Final = 56
"""Columns below which there is only a plain list."""
SHORT: Final = 16
"""Lines below which the list needs all of the room."""
REST: Final = 0.08
"""Seconds after which the cursor rests: longer than between two keys of one that is held down."""


class RunsScreen(MarkingScreen):
    """Runs, the selected run's details, and every wish that an operator may have."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DECK, keys.TABLE)
    CSS_PATH = "runs.tcss"

    def __init__(
        self, deck: DeckApi, clock: Clock, actor: Actor, settings: TableSettings | None = None
    ) -> None:
        super().__init__(deck, clock, actor, settings)
        self._crew = Crew(deck, clock)
        self._parting = Content("")
        self._open: RunId | None = None
        self._rest: Timer | None = None
        self._minute = self.now

    def compose(self) -> ComposeResult:
        """Some lines about the deck, the table, the details, the keys."""
        yield from self.compose_list()
        around = self.app.around
        yield Static(
            absence.first_run(around.suggestion, self.app.written, read_only=around.read_only),
            id="empty",
        )
        yield DetailPane(id="detail")
        yield Foot()

    @property
    def detail(self) -> DetailPane:
        """The pane under the table."""
        return self.query_one(DetailPane)

    @property
    def is_complete(self) -> bool:
        """A picture is on the screen, with the selected run's details if there is one."""
        if self._snapshot is None or self.table.cursor_id is None:
            return self._snapshot is not None and not self._snapshot.total
        return self.shows(self.table.cursor_id)

    @property
    def is_pictured(self) -> bool:
        """The picture is of the list that was last asked for, and the selected run is in it."""
        seen = self._snapshot
        if self._outage is not None:
            return True
        if seen is None or (seen.filter, seen.sort) != (self.view.filter, self.view.sort):
            return False
        return self.table.current is not None or not seen.total

    def shows(self, run_id: RunId) -> bool:
        """This run is selected and its details are on the screen."""
        detail = self._snapshot.detail if self._snapshot else None
        found = detail is not None and detail.run.run_id == run_id
        return found and self.table.cursor_id == run_id

    @property
    def focus_id(self) -> RunId | None:
        """The open run, else the selected one."""
        return self._open or super().focus_id

    # The picture.

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture everywhere."""
        self.set_class(snapshot.counts.kept == 0, "-empty")
        self.table.faded = False
        self.table.show(snapshot)
        self._show_detail()
        self._show_above()
        if self._crew.look(snapshot):
            self.call_worker()
        self.redraw()

    def fade(self, outage: SignalLost) -> None:
        """Fade the table and say since when it is old."""
        self.table.faded = True
        self.redraw()

    @on(RunHighlighted)
    def follow_cursor(self, event: RunHighlighted) -> None:
        """Show what is known of the run under the cursor, and fetch the rest when it rests there.

        The line under the cursor is painted first.
        """
        self.call_after_refresh(self._show_detail)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self.look)

    def look_at_run(self, run_id: RunId | None) -> DeckSnapshot | None:
        """Take pictures of this run while it is open, of the selected one when none is.

        The picture at hand, where it is of this run, is what to begin with.
        """
        self._open = run_id
        self.look()
        self._follower.nudge()
        if self._outage is not None:
            self.redraw()
        seen = self._snapshot
        return seen if seen is not None and seen.focus == run_id else None

    @on(RunOpened)
    def open_clicked_run(self, event: RunOpened) -> None:
        """Open the details of a run that was double-clicked."""
        self.action_open()

    def on_resize(self, event: Resize) -> None:
        """Fit the lines to the width and the panes to the height."""
        self.set_class(event.size.height >= TALL, "-tall")
        plain = event.size.width < PLAIN_BELOW or event.size.height < SHORT
        if plain and self.detail.lines.has_focus:
            self.table.focus()
        self.set_class(plain, "-plain")
        self.redraw()

    def pass_second(self) -> None:
        """Let clocks go on; while no run is under way only by the minute, and ages with them."""
        before, self._minute = self._minute, self.now.replace(second=0, microsecond=0)
        if self._snapshot is None or self._snapshot.counts.live:
            self.redraw()
        elif self._minute != before:
            self.redraw()
            self._show_above()
            if self._outage is None:
                self.table.pass_time(self.now)

    # Other screens.

    def action_new(self) -> None:
        """Open the start form."""
        from llmsdeck_tui.screens.start import StartForm

        kept = self._snapshot.counts.kept if self._snapshot else 0
        source = "" if kept else self.app.around.suggestion
        self.app.push_screen(StartForm(self._deck, self._actor, source), self._all_started)

    def follow_start(self, answer: Started) -> None:
        """Tell what came of a start, and select its run."""
        self.say(replies.started(answer), failed=answer.error is not None)
        if answer.run is not None:
            self.table.select(answer.run.run_id)
            self.table.focus()
            self._follower.nudge()

    def action_open(self, tab: str = "") -> None:
        """Open the selected run at the tab of the preview, or at another one."""
        from llmsdeck_tui.screens.run import RunScreen

        run = self.subject
        if run is None:
            self.say(NO_RUN, failed=True)
            return
        artifact = None if tab else self.detail.artifact
        self.app.push_screen(
            RunScreen(
                self._deck,
                self._clock,
                self._actor,
                run,
                look=self.look_at_run,
                tab=Tab(tab) if tab else self.detail.tab,
                artifact=artifact,
            ),
            self._come_back,
        )

    def _come_back(self, _: None) -> None:
        self.look_at_run(None)

    def action_failures(self) -> None:
        """Open the groups of failures."""
        from llmsdeck_tui.screens.failures import FailuresScreen

        self.app.push_screen(FailuresScreen(self._deck, self._clock), self._show_group)

    def _show_group(self, filter: str | None) -> None:
        if filter is not None:
            self.use_filter(filter)
            self.table.focus()

    def action_actions(self) -> None:
        """Open the log of what people did."""
        from llmsdeck_tui.screens.actions import ActionsScreen

        self.app.push_screen(ActionsScreen(self._deck))

    def action_trash(self) -> None:
        """Open what was pruned and can be brought back."""
        from llmsdeck_tui.screens.trash import TrashScreen

        dialog = TrashScreen(self._deck, self._actor)
        self.app.push_screen(dialog, lambda _: self._follower.nudge())

    def action_policy(self) -> None:
        """Open the limits."""
        from llmsdeck_tui.screens.policy import PolicyDialog

        self.app.push_screen(PolicyDialog(self._deck, self._actor))

    # The panes.

    def action_back(self) -> None:
        """Go back to the runs, then clear the marks, then the filter."""
        if not self.table.has_focus:
            self.table.focus()
        elif self.table.marks:
            self.action_unmark()
        else:
            self.use_filter("")

    def action_switch(self) -> None:
        """Move between the table and the details."""
        (self.detail.lines if self.table.has_focus else self.table).focus()

    def action_tab(self, tab: str) -> None:
        """Open a tab of the details."""
        self.query_one(TabBar).turn_to(Tab(tab))

    def action_turn(self, step: int) -> None:
        """Open the neighbouring tab."""
        self.query_one(TabBar).turn(step)

    # The worker, and leaving it.

    @work(group="worker", exclusive=True, exit_on_error=False)
    async def call_worker(self) -> None:
        """Start a worker."""
        await self._crew.call()
        self.redraw()
        self._follower.nudge()

    def action_leave(self) -> None:
        """Quit, after a question when that leaves this dashboard's worker with work."""
        from llmsdeck_tui.screens.quit import QuitDialog

        counts = self._snapshot.counts if self._snapshot else None
        ours = self._crew.owned or self._crew.coming
        if ours and counts is not None and counts.live:
            self.app.push_screen(QuitDialog(counts), self._leave)
        else:
            self.app.exit()

    def _leave(self, way: Leaving | None) -> None:
        if way is not None:
            self.leave(way)

    @work(group="leave", exclusive=True, exit_on_error=False)
    async def leave(self, way: Leaving) -> None:
        """Do what the way out asks for, then quit."""
        from llmsdeck_tui.present import dialogs
        from llmsdeck_tui.screens.quit import carry_out

        self._parting = dialogs.parting(way)
        self.redraw()
        await carry_out(way, self._deck, self._actor)
        self.app.exit()

    # Drawing.

    def _show_detail(self) -> None:
        if self._snapshot is None:
            return
        run, detail = self.table.current, self._snapshot.detail
        fits = detail is not None and detail.run.run_id == self.table.cursor_id
        if run is None and fits and detail is not None:
            run = detail.run
        hint = Content("")
        if self._snapshot.filter and not self._snapshot.total:
            hint = absence.no_match(self.app.written(keys.BACK))
        self.detail.show(run, detail if fits else None, self._snapshot.taken_at, hint)

    def _show_above(self) -> None:
        """Pass the picture on to what is open above."""
        if self._snapshot is not None:
            for onlooker in self._onlookers():
                onlooker.show(self._snapshot)

    def _onlookers(self) -> Iterable[Onlooker]:
        return (screen for screen in self.app.screen_stack if isinstance(screen, Onlooker))

    def redraw(self) -> None:
        """Draw the head."""
        head = self.query_one(DeckHead)
        trouble = self._trouble()
        head.alert(trouble)
        for onlooker in self._onlookers():
            onlooker.alert(trouble, lost=self._outage is not None)
        if self._snapshot is not None:
            faded = self._outage is not None
            head.show(self._snapshot, self.now, starting=self._crew.coming, faded=faded)
        super().redraw()
        self.paint_behind()

    def _trouble(self) -> Content:
        if self._outage is not None:
            return absence.no_signal(self._outage.since, self._outage.reason)
        if self._crew.trouble:
            return absence.no_worker(self._crew.trouble)
        if self._parting or self._snapshot is None:
            return self._parting
        found = incidents.incidents(self._snapshot, starting_worker=self._crew.coming)
        return incidents.banner(found, max(1, self.size.width - 2))
