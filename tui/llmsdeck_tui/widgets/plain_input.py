"""An input line that cannot hold what a terminal would obey."""

from __future__ import annotations

from textual.widgets import Input


class PlainInput(Input):
    """Keeps printable characters only: pasted control bytes never reach the terminal."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(value, placeholder=placeholder, id=id, compact=True)
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Drop what does not print."""
        return "".join(filter(str.isprintable, value))
