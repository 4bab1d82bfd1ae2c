"""The dialog that asks what of a run to copy."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.model import Run
from llmsdeck.request import command_line, request_like
from llmsdeck.text import visible
from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import safe
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines


class CopyDialog(Dialog[str | None]):
    """Shows what each key copies; what is copied holds nothing that a shell would obey unseen."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.COPY, keys.DIALOG)
    HEADING = "Copy"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._texts = {name: text for name, text in texts(run).items() if text}

    def compose_inside(self) -> ComposeResult:
        """One line for each key."""
        yield Lines(id="dialog-lines")

    def on_mount(self) -> None:
        """Show what there is to copy."""
        lines = self.query_one(Lines)
        lines.show([self._line(key) for key in keys.COPY])
        lines.focus()

    def action_take(self, name: str) -> None:
        """Copy this."""
        if name in self._texts:
            self.dismiss(self._texts[name])
        else:
            self.complain(f"This run has no {name}.")

    def _line(self, key: keys.Key) -> Content:
        text = self._texts.get(key.label)
        shown = safe(text) if text else Content.assemble(("none", words.QUIET))
        return Content.assemble(
            (f"{key.written}  ", words.LIVE), (f"{key.label:<9}", words.QUIET), shown
        )


def texts(run: Run) -> dict[str, str]:
    """What can be copied of a run, by name, with marks for what does not print."""
    error = f"{run.error_kind}: {run.error_message}" if run.error_message else ""
    return {
        "id": run.run_id,
        "source": visible(run.source),
        "folder": visible(run.bundle_dir or ""),
        "error": visible(error),
        "command": visible(command_line(request_like(run))),
    }
