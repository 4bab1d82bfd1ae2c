"""The dialogs that do one thing to many runs: what is listed, all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from llmsdeck.api import DeckApi
from llmsdeck.errors import RealityMovedError
from llmsdeck.model import Actor, RunId
from llmsdeck.states import Decision
from llmsdeck_tui import keys
from llmsdeck_tui.deeds import AnswerRuns, Deed, Weighed
from llmsdeck_tui.present import bulk
from llmsdeck_tui.present.bulk import Answer
from llmsdeck_tui.safe import safe
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.plain_input import PlainInput


class DeedDialog(Dialog[tuple[Answer, ...]]):
    """Shows which runs are meant and what would be lost, asks, then shows what came of each."""

    def __init__(
        self, deck: DeckApi, actor: Actor, deed: Deed, chosen: Sequence[RunId], now: datetime
    ) -> None:
        super().__init__()
        self._deck, self._actor, self._deed, self._now = deck, actor, deed, now
        self._chosen = tuple(chosen)
        self._weighed: Weighed | None = None
        self._acting = False
        self._answers: tuple[Answer, ...] = ()

    def compose_inside(self) -> ComposeResult:
        """What would be lost, which runs, and a line for the number when much is at stake."""
        yield Static(id="sum")
        yield Lines(id="dialog-lines")
        with Horizontal(classes="field", id="stake"):
            yield Static(id="stake-label")
            yield PlainInput(id="stake-count")

    def on_mount(self) -> None:
        """Weigh what was chosen."""
        self.query_one("#stake").display = False
        self.query_one(Lines).focus()
        self.weigh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not leave while it is being done, so that no answer is missed."""
        return not (action == "close" and self._acting)

    @property
    def is_asking(self) -> bool:
        """There is something to agree to, once."""
        asking = self._weighed is not None and not (self._acting or self._answers)
        return asking and bool(self._weighed and self._weighed.going)

    def action_close(self) -> None:
        """Close; what was not agreed to is not done."""
        self.dismiss(self._answers)

    @on(Input.Submitted)
    def submit(self) -> None:
        """Take the number that was typed."""
        self.action_carry_out()

    def action_carry_out(self) -> None:
        """Do it, once the number was typed when it has to be."""
        weighed = self._weighed
        if weighed is None or not self.is_asking:
            return
        typed = self.query_one("#stake-count", PlainInput).value.strip()
        if weighed.heavy and typed != str(len(weighed.going)):
            self.complain(f"{bulk.type_number(self._deed.words, len(weighed.going))}.")
            self.query_one("#stake-count").focus()
        else:
            self.act(weighed)

    @work(group="bulk", exclusive=True, exit_on_error=False)
    async def weigh(self) -> None:
        """Ask the deck what the chosen runs are now."""
        self._weighed = None
        weighed = await self._deed.weigh(self._deck, self._chosen, self._now)
        self._show_question(weighed)
        self._weighed = weighed
        self.refresh_bindings()

    @work(group="bulk", exclusive=True, exit_on_error=False)
    async def act(self, weighed: Weighed) -> None:
        """Do it to the runs that are shown; when they have changed, say so and weigh again."""
        self._acting = True
        self.complain("")
        self.refresh_bindings()
        try:
            self._answers = await self._deed.act(self._deck, self._actor, weighed)
        except RealityMovedError as error:
            self.complain(str(error))
            self.weigh()
        else:
            self._show_answers(weighed)
        finally:
            self._acting = False
            self.refresh_bindings()

    def _show_question(self, weighed: Weighed) -> None:
        deed, count = self._deed.words, len(weighed.going)
        self.query_one("#frame").border_title = bulk.heading(deed, count)
        said = weighed.loss if weighed.going else deed.nothing
        self.query_one("#sum", Static).update(safe(said))
        listed = [bulk.going(run, self._now) for run in weighed.going]
        self.query_one(Lines).show([*listed, *map(bulk.left, weighed.staying)], wrap=False)
        stake = self.query_one("#stake")
        stake.display = weighed.heavy
        self.query_one("#stake-label", Static).update(Content(bulk.type_number(deed, count)))
        if weighed.heavy:
            self.query_one("#stake-count").focus()

    def _show_answers(self, weighed: Weighed) -> None:
        runs = {run.run_id: run for run in weighed.going}
        # What went wrong comes first.
        ranked = sorted(self._answers, key=lambda answer: answer.done)
        self.query_one("#frame").border_title = self._deed.words.heading
        self.query_one("#sum", Static).update(bulk.tally(self._deed.words, self._answers))
        self.query_one(Lines).show(
            [bulk.answered(runs[answer.run_id], answer) for answer in ranked]
        )
        self.query_one("#stake").display = False
        self.query_one(Lines).focus()


class BulkDialog(DeedDialog):
    """Asks whether to do one thing to many runs."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.BULK, keys.DIALOG)

    def __init__(
        self,
        deck: DeckApi,
        actor: Actor,
        deed: Deed,
        chosen: Sequence[RunId],
        now: datetime,
        *,
        fresh: Deed | None = None,
    ) -> None:
        super().__init__(deck, actor, deed, chosen, now)
        self._fresh = fresh
        """The same from the start, where that is another deed."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Agree once, and from the start only where that is another deed."""
        if action == "fresh" and self._fresh is None:
            return False
        if action in ("carry_out", "fresh"):
            return self.is_asking
        return super().check_action(action, parameters)

    def action_fresh(self) -> None:
        """Do it from the start."""
        if self._fresh is not None:
            self._deed = self._fresh
            self.action_carry_out()


class AnswersDialog(DeedDialog):
    """Asks for one answer to many runs that ask."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.ANSWER, keys.DIALOG)

    def __init__(self, deck: DeckApi, actor: Actor, chosen: Sequence[RunId], now: datetime) -> None:
        super().__init__(deck, actor, AnswerRuns(), chosen, now)
        self._is_decided = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Answer once."""
        return self.is_asking if action == "decide" else super().check_action(action, parameters)

    def action_decide(self, decision: str) -> None:
        """Give this answer to every listed run."""
        self._deed, self._is_decided = AnswerRuns(Decision(decision)), True
        self.action_carry_out()

    def action_carry_out(self) -> None:
        """Answer, once it is said what."""
        if self._is_decided:
            super().action_carry_out()
        else:
            self.complain("Choose an answer first.")

    def _show_question(self, weighed: Weighed) -> None:
        super()._show_question(weighed)
        self.query_one(Lines).focus()
