"""The one table of keys: bindings, footer, help and command palette are all made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One thing that can be done from the keyboard."""

    id: str
    """Stable name, so that a keymap can rebind it."""
    keys: str
    """Textual's names of the keys, separated by commas."""
    action: str
    label: str
    """A word for the footer and the palette."""
    help: str
    """A sentence for the help and the palette."""
    display: str = ""
    """How the keys are written; the first key itself when empty."""
    footer: bool = False
    """Named at the foot of the screen."""
    acts: bool = False
    """Changes what is in the store, so that it is refused where one may only look."""

    @property
    def written(self) -> str:
        """The keys as people read them."""
        return self.display or self.keys.split(",")[0]


DECK: Final = (
    Key(
        id="run.new", keys="n", action="new", acts=True, label="new", footer=True,
        help="Start a run of a folder or repository.",
    ),
    Key(
        id="run.cancel", keys="c", action="cancel", acts=True, label="cancel", footer=True,
        help="Cancel the selected run; asks, and says what would be lost.",
    ),
    Key(
        id="run.retry", keys="r", action="retry", acts=True, label="retry", footer=True,
        help="Start a new run like the selected, ended one.",
    ),
    Key(
        id="deck.prune", keys="p", action="prune", label="prune", footer=True,
        help="Show which ended runs are due to go; remove them if agreed.",
    ),
    Key(
        id="deck.undo", keys="u", action="undo", acts=True, label="undo prune",
        help="Bring back what was last pruned from this dashboard.",
    ),
    Key(
        id="deck.policy", keys="P", action="policy", label="policy",
        help="Show and change the limits that every process obeys.",
    ),
    Key(
        id="deck.filter", keys="slash", action="filter", label="filter", display="/", footer=True,
        help="Show only the runs that a line describes; esc shows all.",
    ),
    Key(
        id="run.open", keys="enter", action="open", label="open", display="enter", footer=True,
        help="Open the details of the selected run, or an artifact.",
    ),
    Key(
        id="detail.timeline", keys="1", action="tab('timeline')", label="timeline",
        help="Show the phases of the run and how long each took.",
    ),
    Key(
        id="detail.events", keys="2", action="tab('events')", label="events",
        help="Show what happened to the run, and who did it.",
    ),
    Key(
        id="detail.artifacts", keys="3", action="tab('artifacts')", label="artifacts",
        help="Show the files that the run published.",
    ),
    Key(
        id="detail.previous", keys="left,h", action="turn(-1)", label="previous tab", display="← h",
        help="Go to the tab at the left.",
    ),
    Key(
        id="detail.next", keys="right,l", action="turn(1)", label="next tab", display="→ l",
        help="Go to the tab at the right.",
    ),
    Key(
        id="deck.switch", keys="tab,shift+tab", action="switch", label="other pane", display="tab",
        help="Move between the runs and the details.",
    ),
    Key(
        id="deck.back", keys="escape", action="back", label="back", display="esc",
        help="Close the artifact, then the details, then the filter.",
    ),
    Key(
        id="deck.palette", keys="colon,ctrl+p", action="palette", label="palette", display=":",
        footer=True, help="Find any of these actions by name.",
    ),
    Key(
        id="deck.help", keys="question_mark", action="help", label="help", display="?",
        footer=True, help="Show this list of keys.",
    ),
    Key(
        id="deck.quit", keys="q", action="leave", label="quit", footer=True,
        help="Close the dashboard; asks when its worker has work left.",
    ),
)  # fmt: skip
"""On the runs screen."""

NEW, LEAVE, HELP_KEY = (
    next(key for key in DECK if key.id == name) for name in ("run.new", "deck.quit", "deck.help")
)

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
CANCEL: Final = (
    Key(id="cancel.yes", keys="y", action="agree", label="cancel the run", footer=True,
        help="Cancel the run."),
    Key(id="cancel.no", keys="n", action="close", label="keep it", footer=True,
        help="Let the run go on."),
)  # fmt: skip
PRUNE: Final = (
    Key(id="prune.yes", keys="y,enter", action="agree", label="remove them", display="y",
        footer=True, help="Remove the listed runs."),
)  # fmt: skip
POLICY: Final = (
    Key(id="policy.edit", keys="enter", action="edit", label="change", display="enter",
        footer=True, help="Type a new value for the chosen limit."),
    Key(id="policy.default", keys="d", action="default", label="default", footer=True,
        help="Put the chosen limit back to its default."),
)  # fmt: skip
FILTER: Final = (
    Key(id="filter.clear", keys="escape", action="leave(False)", label="all runs", display="esc",
        footer=True, help="Clear the filter and show all runs again."),
    Key(id="filter.keep", keys="enter", action="leave(True)", label="to the runs",
        display="enter", footer=True, help="Go to the runs that match."),
)  # fmt: skip
QUIT: Final = (
    Key(id="quit.leave", keys="l", action="choose('leave')", label="leave it running",
        footer=True, help="Quit; the worker finishes the queue and then exits."),
    Key(id="quit.drain", keys="d", action="choose('drain')", label="drain",
        footer=True, help="Let running work end, at most 15 seconds, then quit."),
    Key(id="quit.cancel", keys="c", action="choose('cancel')", label="cancel all",
        footer=True, help="Cancel every unfinished run, then quit."),
)  # fmt: skip
START: Final = (
    Key(id="start.go", keys="ctrl+s", action="agree", label="start", display="enter", footer=True,
        help="Start the run."),
)  # fmt: skip
COMPLETE: Final = (
    Key(id="start.complete", keys="tab", action="screen.complete", label="complete", footer=True,
        help="Complete the folder's name, else go to the next field."),
)  # fmt: skip
CHOICE: Final = (
    Key(id="choice.tick", keys="space", action="tick", label="tick", footer=True,
        help="Tick or clear the box."),
    Key(id="choice.submit", keys="enter", action="screen.agree", label="start",
        help="Start the run."),
)  # fmt: skip
SETTINGS: Final = (
    Key(id="settings.change", keys="enter,space", action="change", label="change",
        display="enter", footer=True, help="Change the chosen setting."),
)  # fmt: skip
APP: Final = (
    Key(id="app.theme", keys="ctrl+t", action="theme", label="theme",
        help="Choose the colours; what is chosen stays."),
    Key(id="app.settings", keys="comma", action="settings", label="settings", display=",",
        help="Change colours, letters of vi and notices."),
)  # fmt: skip
"""On every screen without a dialog."""

HELP: Final = (
    ("Runs", DECK),
    ("Everywhere", APP),
    ("Lists", MOVES),
    ("Filter", FILTER),
    ("Dialogs", DIALOG),
    ("Cancelling", CANCEL),
    ("Pruning", PRUNE),
    ("Policy", POLICY),
    ("Settings", SETTINGS),
    ("Starting a run", START + COMPLETE + CHOICE[:1]),
    ("Quitting", QUIT),
)
"""Every key under the heading where help lists it."""

EVERY: Final = tuple(key for _, group in HELP for key in group)
"""Every key there is."""

TOGETHER: Final = (
    APP + DECK + MOVES,
    FILTER,
    DIALOG + CANCEL + MOVES,
    DIALOG + PRUNE + MOVES,
    DIALOG + POLICY + MOVES,
    DIALOG + SETTINGS + MOVES,
    DIALOG + QUIT,
    DIALOG + START + COMPLETE,
)
"""Keys that are in force at the same time, so that no two of a group may be the same."""


def bindings(*groups: tuple[Key, ...]) -> list[BindingType]:
    """Textual's bindings for some groups of keys."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            show=key.footer,
            key_display=key.written,
            tooltip=key.help,
            id=key.id,
        )
        for group in groups
        for key in group
    ]
