"""What may be wished of one run, whether it is selected in the table or open on its own screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.content import Content
from textual.screen import Screen
from textual.worker import Worker

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.filter.tree import bundles_of
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.states import TERMINAL, Decision, RunStatus
from llmsdeck_tui import failures
from llmsdeck_tui.host import Host
from llmsdeck_tui.present import replies
from llmsdeck_tui.safe import safe

if TYPE_CHECKING:
    from llmsdeck.answers import Started

NO_RUN = Content("No run is selected.")


class RunWishes(Screen[None]):
    """A screen that has a run to act on."""

    app: getters.app[Host] = getters.app(Host)

    def __init__(self, deck: DeckApi, clock: Clock, actor: Actor) -> None:
        super().__init__()
        self._deck, self._clock, self._actor = deck, clock, actor

    @property
    def subject(self) -> Run | None:
        """The run that is meant, as it was last seen."""
        raise NotImplementedError

    def follow_start(self, answer: Started) -> None:
        """Tell what came of a start, and go to its run."""
        raise NotImplementedError

    def remember_cancel(self, unbegun: RunId | None) -> None:
        """A cancel was closed; this run had not begun, if there is one."""

    def paint_behind(self) -> None:
        """Paint all again while a dialog lies over it.

        A dialog that is laid out at the same moment swallows what Textual paints behind it.
        """
        if self.is_current and self.app.screen is not self:
            self.app.screen.call_after_refresh(self.refresh, layout=True)

    @property
    def now(self) -> datetime:
        """Wall time, for what is shown."""
        return datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)

    def say(self, text: Content, *, failed: bool = False) -> None:
        """Tell the operator something that will pass."""
        self.notify(text.plain, severity="error" if failed else "information", markup=False)

    def action_cancel(self) -> None:
        """Ask whether to cancel the run, or say why it cannot be."""
        from llmsdeck_tui.screens.cancel import CancelDialog

        run = self.subject
        if run is None:
            self.say(NO_RUN, failed=True)
        elif run.status in TERMINAL:
            self.say(replies.ended_already(run, self.now), failed=True)
        else:
            dialog = CancelDialog(self._deck, self._actor, run, self.now)
            self.app.push_screen(dialog, self.remember_cancel)

    def action_answer(self) -> None:
        """Show what the run asks, or say that it asks nothing."""
        from llmsdeck_tui.screens.answer import AnswerDialog

        run = self.subject
        if run is None:
            self.say(NO_RUN, failed=True)
        elif run.question is None:
            self.say(Content(f"Run {run.short_id} asks nothing."), failed=True)
        else:
            run_id = run.run_id

            def answered(decision: Decision | None) -> None:
                if decision is not None:
                    self.answer(run_id, decision)

            self.app.push_screen(AnswerDialog(run, run.question), answered)

    def action_retry(self) -> None:
        """Ask how to start the ended run again, or say why it cannot be."""
        from llmsdeck_tui.screens.retry import RetryDialog

        run = self.subject
        if run is None:
            self.say(NO_RUN, failed=True)
        elif run.status not in TERMINAL:
            self.say(replies.not_ended(run), failed=True)
        else:
            self.app.push_screen(RetryDialog(self._deck, self._actor, run, self.now), self._started)

    def action_clone(self) -> None:
        """Open the start form with what this run was asked for."""
        from llmsdeck_tui.screens.start import StartForm

        if (run := self.subject) is None:
            self.say(NO_RUN, failed=True)
        else:
            self.app.push_screen(StartForm(self._deck, self._actor, like=run), self._all_started)

    def action_copy(self) -> None:
        """Ask what of the run to copy."""
        from llmsdeck_tui.screens.copy import CopyDialog

        if (run := self.subject) is None:
            self.say(NO_RUN, failed=True)
        else:
            self.app.push_screen(CopyDialog(run), self._copied)

    def action_priority(self, step: int) -> None:
        """Let the run start sooner or later."""
        run = self.subject
        if run is None:
            self.say(NO_RUN, failed=True)
        elif run.status is not RunStatus.PENDING:
            said = f"Run {run.short_id} is {run.status}; only the queue has an order."
            self.say(Content(said), failed=True)
        else:
            self.prioritise(run.run_id, run.priority + step)

    def action_diff(self) -> None:
        """Compare with the newest earlier bundle of the same source."""
        if (run := self.subject) is None:
            self.say(NO_RUN, failed=True)
        else:
            self.find_previous(run)

    def action_choose(self) -> None:
        """Choose a run to compare with."""
        from llmsdeck_tui.screens.choose import ChooseRun

        run = self.subject
        if run is None:
            self.say(NO_RUN, failed=True)
            return

        def chosen(other: Run | None) -> None:
            if other is not None:
                self.compare(other, run)

        self.app.push_screen(ChooseRun(self._deck, run), chosen)

    def action_palette(self) -> None:
        """Open the command palette."""
        self.app.action_command_palette()

    def action_help(self) -> None:
        """Show all keys."""
        from llmsdeck_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def compare(self, one: Run, other: Run) -> None:
        """Show how the bundle of the newer run differs from that of the older."""
        from llmsdeck_tui.screens.diff import DiffScreen

        before, after = sorted((one, other), key=lambda run: run.seq)
        self.app.push_screen(DiffScreen(self._deck, before, after))

    @on(Worker.StateChanged)
    def show_failure(self, event: Worker.StateChanged) -> None:
        """Say what a wish failed at."""
        if failure := failures.of_worker(event):
            self.say(safe(failure), failed=True)

    @work(group="answer", exclusive=True, exit_on_error=False)
    async def answer(self, run_id: RunId, decision: Decision) -> None:
        """Answer what the run asks and tell what follows."""
        (answer,) = await self._deck.answer([run_id], decision, self._actor)
        self.say(replies.answered(answer, decision), failed=answer.error is not None)

    @work(group="priority", exclusive=True, exit_on_error=False)
    async def prioritise(self, run_id: RunId, priority: int) -> None:
        """Change a priority and tell the place in the queue that follows."""
        (answer,) = await self._deck.set_priority([run_id], priority, self._actor)
        self.say(replies.prioritised(answer), failed=answer.error is not None)

    @work(group="previous", exclusive=True, exit_on_error=False, description="find previous")
    async def find_previous(self, run: Run) -> None:
        """Compare with the newest earlier bundle of the same source, if there is one."""
        found = await self._deck.page(50, filter=bundles_of(run.source))
        older = [each for each in found.runs if each.source == run.source and each.seq < run.seq]
        if run.status is not RunStatus.COMPLETED:
            self.say(Content(f"Run {run.short_id} has no bundle to compare."), failed=True)
        elif not older:
            self.say(Content("No earlier run of this source has a bundle."), failed=True)
        else:
            self.compare(older[0], run)

    def _all_started(self, answers: Sequence[Started] | None) -> None:
        for answer in (answers or ())[-1:]:
            self.follow_start(answer)
        if answers and len(answers) > 1:
            self.say(replies.started_many(answers))

    def _started(self, answer: Started | None) -> None:
        if answer is not None:
            self.follow_start(answer)

    def _copied(self, text: str | None) -> None:
        if text is not None:
            self.app.copy_to_clipboard(text)
            self.say(Content.assemble("Copied ", safe(text, 200)))
