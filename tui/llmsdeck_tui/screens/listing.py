"""A screen around one list of runs: which are listed, in what order, and which are marked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.errors import FilterError
from llmsdeck.filter import both, parse
from llmsdeck.filter.tree import of_source
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck_tui.messages import (
    FilterLeft,
    FilterTyped,
    OrderWanted,
    TableSettingsChanged,
    ValuesWanted,
    ViewWanted,
    WindowWanted,
)
from llmsdeck_tui.present import listing
from llmsdeck_tui.safe import plain
from llmsdeck_tui.screens.following import FollowingScreen
from llmsdeck_tui.views import TableSettings, TableView
from llmsdeck_tui.widgets.deck_head import DeckHead
from llmsdeck_tui.widgets.run_table import RunTable

if TYPE_CHECKING:
    from llmsdeck_tui.widgets.filter_line import FilterLine

_LINE_DIGITS: Final = 9
"""Digits of a line's number, beyond which there is no list."""


class ListingScreen(FollowingScreen):
    """The head, the filter line and the table; what else there is, is for who inherits."""

    def __init__(
        self, deck: DeckApi, clock: Clock, actor: Actor, settings: TableSettings | None = None
    ) -> None:
        super().__init__(deck, clock, actor)
        self.settings = settings or TableSettings()
        self._window = Window()
        self._problem = ""
        """Why the typed filter cannot be used."""

    def compose_list(self) -> ComposeResult:
        """The head and the list; the line for a filter comes between when it is first wanted."""
        yield DeckHead()
        table = RunTable(id="runs")
        table.columns = self.view.columns
        yield table

    def on_mount(self) -> None:
        """Begin with the view in force."""
        self.table.focus()
        self.look()

    @property
    def table(self) -> RunTable:
        """The list of runs."""
        return self.query_one(RunTable)

    @property
    def view(self) -> TableView:
        """How the list is looked at."""
        return self.settings.view

    @property
    def focus_id(self) -> RunId | None:
        """The run whose details are wanted."""
        return self.table.cursor_id

    @property
    def subject(self) -> Run | None:
        """The selected run."""
        return self.table.current

    def look(self) -> None:
        """Want the part of the list that is in view."""
        view = self.view
        self._follower.look_at(self._window, self.focus_id, view.filter, view.sort)

    def draw_listing(self, snapshot: DeckSnapshot) -> None:
        """Say how the list is looked at."""
        looking = listing.Looking(
            problem=self._problem, marked=len(self.table.marks), view=self.settings.name
        )
        width = max(1, self.size.width - 2)
        self.query_one(DeckHead).tell_listing(listing.listing(snapshot, looking, width))

    def redraw(self) -> None:
        """Draw what depends on how the list is looked at."""
        if self._snapshot is not None:
            self.draw_listing(self._snapshot)

    def use(self, settings: TableSettings) -> None:
        """Look at the list in this way, and let whoever keeps settings know."""
        before, self.settings = self.view, settings
        self._problem = ""
        if settings.view.filter != before.filter:
            self._window = Window(0, self._window.size)
        self.table.columns = settings.view.columns
        self.look()
        self.redraw()
        self.post_message(TableSettingsChanged(settings))

    def _use_view(self, view: TableView) -> None:
        if view != self.view or self._problem:
            self.use(self.settings.looking(view))

    # The list.

    @on(WindowWanted)
    def follow_scrolling(self, event: WindowWanted) -> None:
        """Fetch the rows that are in view, again if it is the part that was wanted already."""
        self._window = event.window
        self.look()
        self._follower.nudge()

    @on(FilterTyped)
    def follow_filter(self, event: FilterTyped) -> None:
        """Show what matches; a line that cannot be read yet says why and changes nothing."""
        from llmsdeck_tui.offers import unfinished

        end = unfinished(event.text)
        if end.waiting:
            self.use_filter(end.settled)
            return
        try:
            parse(event.text)
        except FilterError as error:
            self._problem = str(error)
            self.redraw()
        else:
            self.use_filter(event.text.strip())

    @on(FilterLeft)
    def leave_filter(self, event: FilterLeft) -> None:
        """Go on among the runs."""
        self.table.focus()
        filter = self.view.filter if event.keep else ""
        self.use(self.settings.looking(replace(self.view, filter=filter)).remembering(filter))

    @on(ValuesWanted)
    def offer_values(self, event: ValuesWanted) -> None:
        """Count what could come next on the filter line."""
        self.count_values(event.key, event.filter)

    @work(group="values", exclusive=True, exit_on_error=False)
    async def count_values(self, key: str, filter: str) -> None:
        """Ask the deck which values there are, and how often."""
        values = await self._deck.values(key, filter)
        (await self._filter_line()).offer(key, filter, values)

    async def action_filter(self) -> None:
        """Open the line for a filter."""
        (await self._filter_line()).open(self.view.filter, self.settings.history)

    async def _filter_line(self) -> FilterLine:
        from llmsdeck_tui.widgets.filter_line import FilterLine

        if not self.query(FilterLine):
            await self.mount(FilterLine(), before=self.table)
        return self.query_one(FilterLine)

    def action_only_source(self) -> None:
        """List the runs of the selected one's source; every run when they are listed."""
        if self.subject is not None:
            only = of_source(self.subject.source)
            self.use_filter("" if self.view.filter == only else only)

    def use_filter(self, filter: str) -> None:
        """List what this filter lets through, every run when it is blank."""
        self._use_view(replace(self.view, filter=filter))

    def action_jump(self) -> None:
        """Ask where in the list to go."""
        from llmsdeck_tui.screens.jump import JumpDialog

        def go(wanted: str | None) -> None:
            if wanted:
                self.jump(wanted)

        self.app.push_screen(JumpDialog(), go)

    @work(group="jump", exclusive=True, exit_on_error=False)
    async def jump(self, wanted: str) -> None:
        """Put the cursor on the run whose id begins so, or on the line with this number."""
        if wanted.isascii() and wanted.isdecimal():
            self.table.go_to(int(wanted[:_LINE_DIGITS]) - 1)
            return
        run = await self._deck.find(wanted)
        here = both(self.view.filter, f"id:{run.run_id}") if self.view.filter else ""
        if here and not (await self._deck.page(1, None, here)).runs:
            said = f"Run {run.short_id} is not among what the filter lets through."
            self.say(Content(said), failed=True)
        else:
            self.table.select(run.run_id)

    # Order, columns and views.

    @on(OrderWanted)
    def sort_by_heading(self, event: OrderWanted) -> None:
        """Sort by a column, or turn it round; or let it decide next."""
        from llmsdeck_tui.screens.sort import added, chosen

        change = added if event.further else chosen
        self._use_view(replace(self.view, sort=change(self.view.sort, event.name)))

    def action_sort(self) -> None:
        """Choose the order."""
        from llmsdeck_tui.screens.sort import SortDialog

        def use(sort: str | None) -> None:
            if sort is not None:
                self._use_view(replace(self.view, sort=sort))

        self.app.push_screen(SortDialog(self.view.sort), use)

    def action_turn_order(self) -> None:
        """Turn the order round."""
        from llmsdeck_tui.screens.sort import turned

        self._use_view(replace(self.view, sort=turned(self.view.sort)))

    def action_columns(self) -> None:
        """Choose the columns."""
        from llmsdeck_tui.screens.columns import ColumnsDialog

        def use(columns: tuple[str, ...] | None) -> None:
            if columns is not None:
                self._use_view(replace(self.view, columns=columns))

        self.app.push_screen(ColumnsDialog(self.view.columns, self.table.size.width - 3), use)

    def action_views(self) -> None:
        """Open, keep or forget views."""
        from llmsdeck_tui.screens.views import ViewsDialog

        def use(settings: TableSettings | None) -> None:
            if settings is not None and settings != self.settings:
                self.use(settings)

        self.app.push_screen(ViewsDialog(self.settings), use)

    @on(ViewWanted)
    def open_view(self, event: ViewWanted) -> None:
        """Look through the view under a digit."""
        kept = self.settings.kept.get(event.digit)
        if kept is None:
            said = f"Nothing is kept under {event.digit}; v keeps the present view there."
            self.say(Content(said), failed=True)
        else:
            self._use_view(kept.view)
            self.say(Content(f"View {event.digit}: {plain(kept.name)}"))
