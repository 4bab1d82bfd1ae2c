"""The dialog that keeps ways to look at the runs under digits."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from llmsdeck.errors import UsageError
from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.views import DIGITS, KeptView, TableSettings, TableView
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.plain_input import PlainInput


class ViewsDialog(Dialog[TableSettings | None]):
    """Open a view, keep the present one under a digit with a name, or forget one."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.KEPT, keys.DIALOG)
    HEADING = "Views"

    def __init__(self, settings: TableSettings) -> None:
        super().__init__()
        self._settings = settings

    def compose_inside(self) -> ComposeResult:
        """The present view, the kept ones, and a line for a name."""
        yield Static(Content.assemble("now: ", described(self._settings.view)))
        yield Lines(id="dialog-lines")
        with Horizontal(classes="field spaced", id="naming"):
            yield Static("Name", classes="label")
            yield PlainInput(placeholder="a word that tells what it shows", id="name")

    def on_mount(self) -> None:
        """List the views."""
        self.query_one("#naming").display = False
        self.query_one(Lines).focus()
        self._draw()

    @property
    def _digit(self) -> str:
        return DIGITS[self.query_one(Lines).cursor or 0]

    @property
    def _line(self) -> PlainInput:
        return self.query_one("#name", PlainInput)

    @on(Lines.Chosen)
    def action_open(self) -> None:
        """Look through the chosen view."""
        kept = self._settings.kept.get(self._digit)
        if kept is None:
            self.complain(f"Nothing is kept under {self._digit}; s keeps the present view there.")
        else:
            self.dismiss(self._settings.looking(kept.view))

    def action_keep(self) -> None:
        """Give the present view a name; enter keeps it."""
        kept = self._settings.kept.get(self._digit)
        self.query_one("#naming").display = True
        self._line.value = kept.name if kept else ""
        self._line.focus()

    def action_drop(self) -> None:
        """Forget the chosen view."""
        self._settings = self._settings.dropping(self._digit)
        self._draw()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Keep the present view under the name that was typed."""
        try:
            self._settings = self._settings.keeping(self._digit, self._line.value)
        except UsageError as error:
            self.complain(str(error))
        else:
            self._return_to_list()

    def action_close(self) -> None:
        """Leave the line, else the dialog; what was kept or forgotten stays so."""
        if self._line.has_focus:
            self._return_to_list()
        else:
            self.dismiss(self._settings)

    def _return_to_list(self) -> None:
        self.complain("")
        self.query_one("#naming").display = False
        self.query_one(Lines).focus()
        self._draw()

    def _draw(self) -> None:
        lines = [_view_line(digit, self._settings.kept.get(digit)) for digit in DIGITS]
        self.query_one(Lines).show(lines, cursor=True)


def described(view: TableView) -> Content:
    """What a view shows, in one line."""
    parts = [plain(view.filter) or "every run"]
    parts.append(f"by {view.sort}" if view.sort else "newest first")
    if view.columns:
        parts.append(f"{len(view.columns)} columns")
    return Content.assemble((", ".join(parts), words.QUIET))


def _view_line(digit: str, kept: KeptView | None) -> Content:
    if kept is None:
        return Content.assemble((f"{digit}  ", words.LIVE), ("-", words.QUIET))
    name = words.fit(Content(plain(kept.name)), 16)
    return Content.assemble((f"{digit}  ", words.LIVE), name, "  ", described(kept.view))
