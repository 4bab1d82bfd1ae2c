"""The dialog that shows the shared limits and changes one at a time."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor
from llmsdeck.settings import DEFAULT, Policy, write_value
from llmsdeck_tui import keys
from llmsdeck_tui.host import Host
from llmsdeck_tui.present import dialogs
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.plain_input import PlainInput


class PolicyDialog(Dialog[None]):
    """Every limit with its default; a change is in force, for everybody, once it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.POLICY, keys.DIALOG)
    HEADING = "Policy"

    def __init__(self, deck: DeckApi, actor: Actor) -> None:
        super().__init__()
        self._deck, self._actor = deck, actor
        self._policy: Policy | None = None

    def compose_inside(self) -> ComposeResult:
        """The list, and a line to type a value."""
        yield Lines(id="dialog-lines")
        yield Static(classes="gap")
        with Horizontal(classes="field"):
            yield Static("New value", classes="label")
            yield PlainInput(placeholder="30m, 14d, a number, or default", id="value")

    app: getters.app[Host] = getters.app(Host)

    def on_mount(self) -> None:
        """Look the limits up."""
        self._line.disabled = self.app.around.read_only
        self.query_one(Lines).focus()
        self.look_up()

    @property
    def key(self) -> str | None:
        """The limit under the cursor."""
        cursor = self.query_one(Lines).cursor
        return None if self._policy is None or cursor is None else [*self._policy.values()][cursor]

    @property
    def _line(self) -> PlainInput:
        return self.query_one("#value", PlainInput)

    @on(Lines.Chosen)
    async def choose(self) -> None:
        """Edit the limit that was clicked, where that is allowed."""
        await self.run_action("edit")

    def action_edit(self) -> None:
        """Type a value for the chosen limit, beginning with the one in force."""
        if self._policy is not None and self.key is not None:
            self._line.value = write_value(self.key, self._policy.values()[self.key])
            self._line.focus()

    def action_put_back(self) -> None:
        """Put the chosen limit back."""
        self._set(DEFAULT)

    @on(Input.Submitted)
    def submit(self) -> None:
        """Change the limit to what was typed."""
        self._set(self._line.value)

    def action_close(self) -> None:
        """Leave the line, else the dialog, and change nothing."""
        if self._line.has_focus:
            self._return_to_list()
        else:
            super().action_close()

    @work(group="policy", exclusive=True, exit_on_error=False)
    async def look_up(self) -> None:
        """Ask the deck for the limits in force."""
        self._show(await self._deck.policy())

    @work(group="policy", exclusive=True, exit_on_error=False)
    async def change(self, key: str, value: str) -> None:
        """Change one limit; a refusal is shown and what was typed stays."""
        self._show(await self._deck.set_policy({key: value}, self._actor))
        self._return_to_list()

    def _set(self, value: str) -> None:
        if self.key is not None:
            self.complain("")
            self.change(self.key, value)

    def _show(self, policy: Policy) -> None:
        self._policy = policy
        self.query_one(Lines).show(dialogs.policy_lines(policy), cursor=True)

    def _return_to_list(self) -> None:
        self.complain("")
        self._line.value = ""
        self.query_one(Lines).focus()
