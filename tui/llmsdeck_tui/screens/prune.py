"""The dialog that shows what pruning would take, and takes exactly that."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from llmsdeck.api import DeckApi
from llmsdeck.errors import RealityMovedError, UsageError
from llmsdeck.model import Actor
from llmsdeck.pruning import PrunePlan, PruneResult, PruneRule
from llmsdeck.settings import parse_duration
from llmsdeck_tui import keys
from llmsdeck_tui.present import dialogs
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.plain_input import PlainInput

_KEEP_DIGITS: Final = 9


class PruneDialog(Dialog[PruneResult | None]):
    """Plan and apply: what is listed is what goes."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.PRUNE, keys.DIALOG)
    HEADING = "Prune ended runs"

    def __init__(self, deck: DeckApi, actor: Actor, filter: str = "") -> None:
        super().__init__()
        self._deck, self._actor, self._filter = deck, actor, filter
        self._plan: PrunePlan | None = None

    def compose_inside(self) -> ComposeResult:
        """The rule, the sum, the list."""
        with Horizontal(classes="field"):
            yield Static("Filter", classes="label")
            yield PlainInput(self._filter, placeholder="every ended run", id="only")
        with Horizontal(classes="field"):
            yield Static("Older than", classes="label")
            yield PlainInput(placeholder="the policy's times to live (14d, 36h, 90s)", id="older")
        with Horizontal(classes="field"):
            yield Static("Keep", classes="label")
            yield PlainInput(placeholder="so many of the newest; 1 each: of each source", id="keep")
        yield Static(classes="gap")
        yield Static(id="sum")
        yield Lines(id="dialog-lines")

    def on_mount(self) -> None:
        """Plan by the policy, or what the list is about when it is not about every run."""
        self.query_one(Lines).focus()
        self.plan(self._rule())

    @on(Input.Changed)
    def plan_again(self) -> None:
        """Plan by the rule as it now reads."""
        self._plan = None
        self.complain("")
        try:
            self.plan(self._rule())
        except UsageError as error:
            self.complain(str(error))

    @on(Input.Submitted)
    def go_to_list(self) -> None:
        """Look at the list before agreeing to it."""
        self.query_one(Lines).focus()

    def action_remove(self) -> None:
        """Remove what is listed."""
        if self._plan is not None and self._plan.items:
            self.apply(self._plan)

    @work(group="prune", exclusive=True, exit_on_error=False)
    async def plan(self, rule: PruneRule) -> None:
        """Ask the deck what would go, and show it."""
        plan = await self._deck.plan_prune(rule)
        grace = (await self._deck.policy()).prune_grace
        self._plan = plan
        self.query_one("#sum", Static).update(dialogs.prune_summary(plan, grace))
        self.query_one(Lines).show(dialogs.prune_lines(plan), wrap=False)

    @work(group="apply", exclusive=True, exit_on_error=False)
    async def apply(self, plan: PrunePlan) -> None:
        """Remove the plan's runs; when they have changed, say so and plan again."""
        try:
            self.dismiss(await self._deck.apply_prune(plan, self._actor))
        except RealityMovedError as error:
            self.plan(plan.rule)
            self.complain(str(error))

    def _rule(self) -> PruneRule:
        older = self.query_one("#older", PlainInput).value.strip()
        typed = self.query_one("#keep", PlainInput).value.strip()
        keep = typed.removesuffix("each").rstrip()
        if (typed and not (keep.isascii() and keep.isdecimal())) or len(keep) > _KEEP_DIGITS:
            raise UsageError(f"{typed!r} is not a number of runs to keep.")
        each = typed.endswith("each")
        return PruneRule(
            older_than_s=parse_duration(older) if older else None,
            keep=int(keep) if keep and not each else None,
            keep_each=int(keep) if keep and each else None,
            filter=self.query_one("#only", PlainInput).value,
        )
