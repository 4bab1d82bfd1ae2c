"""The dialog that shows what a run asks, and takes the answer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from llmsdeck.model import Question, Run
from llmsdeck.states import Decision
from llmsdeck_tui import keys
from llmsdeck_tui.present import detail, dialogs
from llmsdeck_tui.screens.dialog import Dialog


class AnswerDialog(Dialog[Decision | None]):
    """The run, its question, and a key for each answer."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.ANSWER, keys.DIALOG)
    HEADING = "Go on over the budget?"

    def __init__(self, run: Run, question: Question) -> None:
        super().__init__()
        self._run, self._question = run, question

    def compose_inside(self) -> ComposeResult:
        """What is asked."""
        yield Static(detail.title(self._run))
        asked = Content("\n").join(dialogs.question(self._question))
        yield Static(asked, classes="spaced")

    def action_decide(self, decision: str) -> None:
        """Answer so."""
        self.dismiss(Decision(decision))
