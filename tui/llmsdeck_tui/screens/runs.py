"""The runs screen: the picture comes up from the deck, wishes go down to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui import keys
from llmsdeck_tui.crew import Crew
from llmsdeck_tui.messages import RunHighlighted, RunOpened, SignalLost
from llmsdeck_tui.present import dialogs, incidents
from llmsdeck_tui.screens.listing import ListingScreen
from llmsdeck_tui.screens.onlooker import Onlooker
from llmsdeck_tui.screens.wishes import NO_RUN
from llmsdeck_tui.views import TableSettings
from llmsdeck_tui.widgets.deck_head import DeckHead
from llmsdeck_tui.widgets.detail_pane import DetailPane
from llmsdeck_tui.widgets.foot import Foot
from llmsdeck_tui.widgets.tab_bar import Tab, TabBar

if TYPE_CHECKING:
    from llmsdeck.answers import Started
    from llmsdeck.pruning import PruneResult
    from llmsdeck_tui.deeds import Deed
    from llmsdeck_tui.present.bulk import Answer
    from llmsdeck_tui.screens.bulk import DeedDialog
    from llmsdeck_tui.screens.quit import Leaving

TALL: Final = 32
"""Lines from which the details get more room."""
PLAIN_BELOW: Final = 56
"""Columns below which there is only a plain list."""
SHORT: Final = 16
"""Lines below which the list needs all of the room."""
MARKS_TO_COMPARE: Final = 2
REST: Final = 0.08
"""Seconds after which the cursor rests: longer than between two keys of one that is held down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """What was done last from here and can be undone."""

    pruned: tuple[RunId, ...] = ()
    unbegun: tuple[RunId, ...] = ()
    """Cancelled before they had begun, so that asking for the same again loses nothing."""


class RunsScreen(ListingScreen):
    """Runs, the selected run's details, and every wish that an operator may have."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DECK, keys.TABLE)
    CSS_PATH = "runs.tcss"

    def __init__(
        self, deck: DeckApi, clock: Clock, actor: Actor, settings: TableSettings | None = None
    ) -> None:
        super().__init__(deck, clock, actor, settings)
        self._crew = Crew(deck, clock)
        self._parting = Content("")
        self._last = Undoable()
        self._open: RunId | None = None
        self._rest: Timer | None = None
        self._minute = self.now

    def compose(self) -> ComposeResult:
        """Some lines about the deck, the table, the details, the keys."""
        yield from self.compose_list()
        around = self.app.around
        yield Static(
            dialogs.first_run(around.suggestion, self.app.written, read_only=around.read_only),
            id="empty",
        )
        yield DetailPane(id="detail")
        yield Foot()

    @property
    def detail(self) -> DetailPane:
        """The pane under the table."""
        return self.query_one(DetailPane)

    @property
    def subject(self) -> Run | None:
        """The selected run."""
        return self.table.current

    @property
    def pictured(self) -> bool:
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

    def look_at_run(self, run_id: RunId | None) -> None:
        """Take pictures of this run while it is open, of the selected one when none is."""
        self._open = run_id
        self.look()
        self._follower.nudge()

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

    def tick(self) -> None:
        """Let clocks go on; while no run is under way only by the minute, and ages with them."""
        before, self._minute = self._minute, self.now.replace(second=0, microsecond=0)
        if self._snapshot is None or self._snapshot.counts.live:
            self.redraw()
        elif self._minute != before:
            self.redraw()
            self._show_above()
            if self._outage is None:
                self.table.pass_time(self.now)

    # Wishes.

    def action_new(self) -> None:
        """Open the start form."""
        from llmsdeck_tui.screens.start import StartForm

        kept = self._snapshot.counts.kept if self._snapshot else 0
        source = "" if kept else self.app.around.suggestion
        self.app.push_screen(StartForm(self._deck, self._actor, source), self._all_started)

    def action_cancel(self) -> None:
        """Ask whether to cancel the marked runs, else the selected one."""
        from llmsdeck_tui.deeds import CancelRuns

        if self.table.marks:
            self._do_to_marked(CancelRuns(), self._remember_cancelled)
        else:
            super().action_cancel()

    def action_answer(self) -> None:
        """Show what the marked runs ask, else the selected one."""
        from llmsdeck_tui.screens.bulk import AnswersDialog

        if marks := self.table.marks:
            self._ask_about_marked(AnswersDialog(self._deck, self._actor, marks, self.now))
        else:
            super().action_answer()

    def action_retry(self) -> None:
        """Start the marked runs again, else a run like the selected one."""
        if self.table.marks:
            self._retry_marked({})
        else:
            super().action_retry()

    def action_clone(self) -> None:
        """Start the marked runs again with changes, else a run like the selected one."""
        from llmsdeck_tui.screens.change import ChangeDialog

        def go_on(changes: dict[str, str] | None) -> None:
            if changes is not None:
                self._retry_marked(changes)

        if self.table.marks:
            self.app.push_screen(ChangeDialog(len(self.table.marks)), go_on)
        else:
            super().action_clone()

    def _retry_marked(self, changes: dict[str, str]) -> None:
        from llmsdeck_tui.deeds import RetryRuns

        usual, fresh = (RetryRuns(changes=changes, fresh=fresh) for fresh in (False, True))
        self._do_to_marked(usual, fresh=fresh)

    def action_prune(self) -> None:
        """Ask whether to remove the marked runs, else those that the filter or the policy says."""
        from llmsdeck_tui.deeds import PruneRuns
        from llmsdeck_tui.screens.prune import PruneDialog

        if self.table.marks:
            self._do_to_marked(PruneRuns(), self._remember_pruned)
        else:
            dialog = PruneDialog(self._deck, self._actor, self.view.filter)
            self.app.push_screen(dialog, self._tell_pruned)

    def action_priority(self, step: int) -> None:
        """Let the marked runs, else the selected one, start sooner or later."""
        from llmsdeck_tui.deeds import DeferRuns, PrioritiseRuns

        if self.table.marks:
            self._do_to_marked(PrioritiseRuns() if step > 0 else DeferRuns())
        else:
            super().action_priority(step)

    def action_diff(self) -> None:
        """Compare two marked runs, else the selected one with the last bundle of its source."""
        if len(marks := self.table.marks) == MARKS_TO_COMPARE:
            self.compare_marked(marks)
        elif marks:
            self.say(Content(f"Two runs can be compared; {len(marks)} are marked."), failed=True)
        else:
            super().action_diff()

    def _do_to_marked(
        self,
        deed: Deed,
        then: Callable[[Sequence[Answer]], None] | None = None,
        *,
        fresh: Deed | None = None,
    ) -> None:
        """Ask before doing it to the marked runs."""
        from llmsdeck_tui.screens.bulk import BulkDialog

        self._ask_about_marked(
            BulkDialog(self._deck, self._actor, deed, self.table.marks, self.now, fresh=fresh), then
        )

    def _ask_about_marked(
        self, dialog: DeedDialog, then: Callable[[Sequence[Answer]], None] | None = None
    ) -> None:
        """Runs that it was done to lose their mark."""

        def follow(answers: Sequence[Answer] | None) -> None:
            done = [answer for answer in answers or () if answer.done]
            self.table.unmark(answer.run_id for answer in done)
            if then is not None:
                then(done)
            self._follower.nudge()

        self.app.push_screen(dialog, follow)

    def action_undo(self) -> None:
        """Bring back what was last pruned from here, or what was cancelled before it began."""
        if self._last.pruned:
            self.restore(self._last.pruned)
        elif self._last.unbegun:
            self.ask_again(self._last.unbegun)
        else:
            self.say(Content("Nothing that was done from here can be undone."), failed=True)

    def action_policy(self) -> None:
        """Open the limits."""
        from llmsdeck_tui.screens.policy import PolicyDialog

        self.app.push_screen(PolicyDialog(self._deck, self._actor))

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
            lambda _: self.look_at_run(None),
        )

    def action_failures(self) -> None:
        """Open the groups of failures."""
        from llmsdeck_tui.screens.failures import FailuresScreen

        self.app.push_screen(FailuresScreen(self._deck, self._clock), self._show_group)

    def action_actions(self) -> None:
        """Open the log of what people did."""
        from llmsdeck_tui.screens.actions import ActionsScreen

        self.app.push_screen(ActionsScreen(self._deck))

    def action_trash(self) -> None:
        """Open what was pruned and can be brought back."""
        from llmsdeck_tui.screens.trash import TrashScreen

        dialog = TrashScreen(self._deck, self._actor)
        self.app.push_screen(dialog, lambda _: self._follower.nudge())

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

    def action_leave(self) -> None:
        """Quit, after a question when that leaves this dashboard's worker with work."""
        from llmsdeck_tui.screens.quit import QuitDialog

        counts = self._snapshot.counts if self._snapshot else None
        ours = self._crew.owned or self._crew.coming
        if ours and counts is not None and counts.live:
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

    @work(group="restore", exclusive=True, exit_on_error=False)
    async def restore(self, run_ids: tuple[RunId, ...]) -> None:
        """Bring pruned runs back; what could not come may be asked for again."""
        answers = await self._deck.restore(run_ids, self._actor)
        kept = [answer.run_id for answer in answers if answer.error and answer.run_id]
        self._last = Undoable(pruned=tuple(kept))
        self.say(dialogs.restored(answers), failed=any(answer.error for answer in answers))
        self._follower.nudge()

    @work(group="restore", exclusive=True, exit_on_error=False)
    async def ask_again(self, run_ids: tuple[RunId, ...]) -> None:
        """Put what was cancelled before it began into the queue once more, as new runs."""
        anew = {run.run_id for run in await self._deck.runs(run_ids) if run.fresh}
        answers: list[Started] = []
        for run_id in run_ids:
            answers += await self._deck.retry([run_id], self._actor, fresh=run_id in anew)
        self._last = Undoable(
            unbegun=tuple(
                run_id for run_id, each in zip(run_ids, answers, strict=True) if each.error
            )
        )
        self.say(dialogs.asked_again(answers), failed=any(each.error for each in answers))
        self._follower.nudge()

    @work(group="previous", exclusive=True, exit_on_error=False)
    async def compare_marked(self, marks: Sequence[RunId]) -> None:
        """Compare two runs, unless one has been pruned."""
        found = await self._deck.runs(marks)
        if len(found) == MARKS_TO_COMPARE:
            self.compare(*found)
        else:
            self.say(Content("One of the marked runs has been pruned."), failed=True)

    @work(group="leave", exclusive=True, exit_on_error=False)
    async def leave(self, way: Leaving) -> None:
        """Do what the way out asks for, then quit."""
        from llmsdeck_tui.screens.quit import carry_out

        self._parting = dialogs.parting(way)
        self.redraw()
        await carry_out(way, self._deck, self._actor)
        self.app.exit()

    def follow_start(self, answer: Started) -> None:
        """Tell what came of a start, and select its run."""
        self.say(dialogs.started(answer), failed=answer.error is not None)
        if answer.run is not None:
            self.table.select(answer.run.run_id)
            self.table.focus()
            self._follower.nudge()

    def _show_group(self, filter: str | None) -> None:
        if filter is not None:
            self.use_filter(filter)
            self.table.focus()

    def _tell_pruned(self, result: PruneResult | None) -> None:
        if result is not None:
            self._last = Undoable(pruned=result.run_ids)
            self.say(dialogs.pruned(result))
            self._follower.nudge()

    def _remember_pruned(self, done: Sequence[Answer]) -> None:
        if done:
            self._last = Undoable(pruned=tuple(answer.run_id for answer in done))

    def _remember_cancelled(self, done: Sequence[Answer]) -> None:
        if unbegun := tuple(answer.run_id for answer in done if answer.unbegun):
            self._last = Undoable(unbegun=unbegun)

    def remember_cancel(self, unbegun: RunId | None) -> None:
        """Let the cancel of a run that had not begun be undone."""
        if unbegun is not None:
            self._last = Undoable(unbegun=(unbegun,))

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
        hint = Content("")
        if self._snapshot.filter and not self._snapshot.total:
            hint = dialogs.no_match(self.app.written(keys.BACK))
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
            onlooker.alert(trouble)
        if self._snapshot is not None:
            faded = self._outage is not None
            head.show(self._snapshot, self.now, starting=self._crew.coming, faded=faded)
        super().redraw()
        self.paint_behind()

    def _trouble(self) -> Content:
        if self._outage is not None:
            return dialogs.no_signal(self._outage.since, self._outage.reason)
        if self._crew.trouble:
            return dialogs.no_worker(self._crew.trouble)
        if self._parting or self._snapshot is None:
            return self._parting
        found = incidents.incidents(self._snapshot, starting_worker=self._crew.coming)
        return incidents.banner(found, max(1, self.size.width - 2))
