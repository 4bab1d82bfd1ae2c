"""Keys that mean the same wherever they are in force."""

from __future__ import annotations

from typing import Final

from llmsdeck_tui.keys.key import Key

APP: Final = (
    Key(id="app.theme", keys="ctrl+t", action="theme", label="theme",
        help="Choose the colours; what is chosen stays."),
    Key(id="app.settings", keys="comma", action="settings", label="settings", display=",",
        help="Change colours, letters of vi and notices."),
)  # fmt: skip
"""On every screen without a dialog."""

MOVES: Final = (
    Key(id="move.down", keys="down,j", action="move(1)", label="down", display="↓ j",
        help="Move down a line."),
    Key(id="move.up", keys="up,k", action="move(-1)", label="up", display="↑ k",
        help="Move up a line."),
    Key(id="move.page_down", keys="pagedown,ctrl+d", action="page(1)", label="page down",
        display="pgdn", help="Move down a screen."),
    Key(id="move.page_up", keys="pageup,ctrl+u", action="page(-1)", label="page up",
        display="pgup", help="Move up a screen."),
    Key(id="move.first", keys="home,g", action="edge('first')", label="first", display="home g",
        help="Go to the newest run, or the first line."),
    Key(id="move.last", keys="end,G", action="edge('last')", label="last", display="end G",
        help="Go to the oldest run, or the last line."),
)  # fmt: skip
"""In every list."""

DIALOG: Final = (
    Key(id="dialog.close", keys="escape", action="close", label="back", display="esc",
        footer=True, help="Close the dialog and change nothing."),
)  # fmt: skip
SETTINGS: Final = (
    Key(id="settings.change", keys="enter,space", action="change", label="change",
        display="enter", footer=True, help="Change the chosen setting."),
)  # fmt: skip
