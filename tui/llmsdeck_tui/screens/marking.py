"""A list whose runs can be marked, and what may be wished of all that are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.errors import NoSuchRunError, RefusedError
from llmsdeck.model import Actor, RunId
from llmsdeck.snapshot import Window
from llmsdeck_tui.messages import MarksChanged, RangeWanted
from llmsdeck_tui.present import replies, words
from llmsdeck_tui.screens.listing import ListingScreen
from llmsdeck_tui.undo import Pruned, Unbegun, Undoable
from llmsdeck_tui.views import TableSettings

if TYPE_CHECKING:
    from llmsdeck.pruning import PruneResult
    from llmsdeck_tui.deeds import Deed
    from llmsdeck_tui.present.bulk import Answer
    from llmsdeck_tui.screens.bulk import DeedDialog

MOST_MARKED: Final = 1000
"""Runs that a range marks at once; as many as the deck acts on at once."""
MARKS_TO_COMPARE: Final = 2


class MarkingScreen(ListingScreen):
    """Wishes mean the marked runs while there are any, else the selected one."""

    def __init__(
        self, deck: DeckApi, clock: Clock, actor: Actor, settings: TableSettings | None = None
    ) -> None:
        super().__init__(deck, clock, actor, settings)
        self._last: Undoable = Pruned()
        """What was done last from here."""

    # Marks.

    @on(MarksChanged)
    def count_marks(self) -> None:
        """Say how many runs are marked."""
        self.redraw()

    def action_mark(self) -> None:
        """Mark the selected run, or take its mark away, and go to the next."""
        if self.table.has_focus:
            self.table.action_mark()

    def action_mark_all(self) -> None:
        """Mark what the filter lets through."""
        self.mark_matching(self.view.filter)

    def action_unmark(self) -> None:
        """Clear every mark."""
        self.table.unmark(self.table.marks)

    @on(RangeWanted)
    def mark_from_to(self, event: RangeWanted) -> None:
        """Mark the runs between two."""
        self.mark_range(event.begin, event.end)

    @work(group="mark", exclusive=True, exit_on_error=False)
    async def mark_matching(self, filter: str) -> None:
        """Mark the runs that match at this moment; later ones are not meant."""
        matching = await self._deck.matching(filter, MOST_MARKED)
        self.table.mark(matching)
        self.say(Content(f"Marked {words.counted(len(matching), 'run')} that match now."))

    @work(group="mark", exclusive=True, exit_on_error=False)
    async def mark_range(self, begin: RunId, end: RunId) -> None:
        """Mark the runs from one to another, in the order of the list."""
        self.table.mark(await self._between(begin, end))

    async def _between(self, begin: RunId, end: RunId) -> Sequence[RunId]:
        view, rows = self.view, list[int]()
        for run_id in (begin, end):
            row = (
                await self._deck.snapshot(Window(0, 0), run_id, view.filter, view.sort)
            ).focus_row
            if row is None:
                raise NoSuchRunError("The run that was marked last is not in this list.")
            rows.append(row)
        first, count = min(rows), abs(rows[0] - rows[1]) + 1
        if count > MOST_MARKED:
            raise RefusedError(
                f"{words.number(count)} runs are a longer range than {MOST_MARKED}; nothing was"
                " marked."
            )
        listed = await self._deck.snapshot(Window(first, count), None, view.filter, view.sort)
        found = [run.run_id for run in listed.runs]
        if {begin, end} != {found[0], found[-1]}:
            raise RefusedError("The list has moved meanwhile; nothing was marked, try again.")
        return found if rows[0] < rows[1] else found[::-1]

    # Wishes.

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

    @work(group="previous", exclusive=True, exit_on_error=False)
    async def compare_marked(self, marks: Sequence[RunId]) -> None:
        """Compare two runs, unless one has been pruned."""
        found = await self._deck.runs(marks)
        if len(found) == MARKS_TO_COMPARE:
            self.compare(*found)
        else:
            self.say(Content("One of the marked runs has been pruned."), failed=True)

    # Undoing.

    def action_undo(self) -> None:
        """Bring back what was last pruned from here, or what was cancelled before it began."""
        if self._last.run_ids:
            self.undo(self._last)
        else:
            self.say(Content("Nothing that was done from here can be undone."), failed=True)

    @work(group="restore", exclusive=True, exit_on_error=False)
    async def undo(self, done: Undoable) -> None:
        """Undo it; what could not be undone may be asked for again."""
        undone = await done.undo(self._deck, self._actor)
        self._last = undone.left
        self.say(undone.said, failed=undone.failed)
        self._follower.nudge()

    def _tell_pruned(self, result: PruneResult | None) -> None:
        if result is not None:
            self._last = Pruned(result.run_ids)
            self.say(replies.pruned(result))
            self._follower.nudge()

    def _remember_pruned(self, done: Sequence[Answer]) -> None:
        if done:
            self._last = Pruned(tuple(answer.run_id for answer in done))

    def _remember_cancelled(self, done: Sequence[Answer]) -> None:
        if unbegun := tuple(answer.run_id for answer in done if answer.unbegun):
            self._last = Unbegun(unbegun)

    def remember_cancel(self, unbegun: RunId | None) -> None:
        """Let the cancel of a run that had not begun be undone."""
        if unbegun is not None:
            self._last = Unbegun((unbegun,))
