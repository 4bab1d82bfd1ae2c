"""The one table of keys: bindings, footer, help and command palette are all made from it."""

from __future__ import annotations

from collections.abc import Iterable
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
        help="Cancel the marked runs, else the selected; asks first.",
    ),
    Key(
        id="run.answer", keys="a", action="answer", acts=True, label="answer",
        help="Answer the marked runs that ask to go on, else this.",
    ),
    Key(
        id="run.retry", keys="r", action="retry", acts=True, label="retry", footer=True,
        help="Retry the marked runs, else the selected; asks how.",
    ),
    Key(
        id="deck.prune", keys="p", action="prune", label="prune", footer=True,
        help="Remove the marked runs, else those that are due to go.",
    ),
    Key(
        id="deck.undo", keys="u", action="undo", acts=True, label="undo",
        help="Undo the last prune, or cancel of what had not begun.",
    ),
    Key(
        id="deck.policy", keys="P", action="policy", label="policy",
        help="Show and change the limits that every process obeys.",
    ),
    Key(
        id="deck.trash", keys="U", action="trash", label="trash",
        help="Show what was pruned, and bring it back.",
    ),
    Key(
        id="deck.filter", keys="slash", action="filter", label="filter", display="/", footer=True,
        help="Show only the runs that a line describes; esc shows all.",
    ),
    Key(
        id="mark.toggle", keys="space", action="mark", label="mark", footer=True,
        help="Mark the run, or take its mark away, and go on.",
    ),
    Key(
        id="run.open", keys="enter", action="open", label="open", display="enter",
        help="Open the selected run, or the artifact under the cursor.",
    ),
    Key(
        id="run.why", keys="w", action="open('why')", label="why",
        help="Say why the run is in its state, and what may be done.",
    ),
    Key(
        id="run.clone", keys="e", action="clone", acts=True, label="clone",
        help="Start the marked runs again, or this, with changes.",
    ),
    Key(
        id="run.sooner", keys="plus", action="priority(1)", acts=True, label="sooner",
        display="+", help="Raise the priority of a pending run by one.",
    ),
    Key(
        id="run.later", keys="minus", action="priority(-1)", acts=True, label="later",
        display="-", help="Lower the priority of a pending run by one.",
    ),
    Key(
        id="run.diff", keys="d", action="diff", label="diff",
        help="Compare two marked runs, or with the source's last one.",
    ),
    Key(
        id="run.choose", keys="D", action="choose", label="diff with",
        help="Choose the run to compare with.",
    ),
    Key(
        id="run.copy", keys="y", action="copy", label="copy",
        help="Copy the run's id, source, folder, error or command.",
    ),
    Key(
        id="deck.failures", keys="F", action="failures", label="failures",
        help="Show failed runs in groups of the same cause.",
    ),
    Key(
        id="deck.actions", keys="A", action="actions", label="actions",
        help="Show who did what.",
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
        help="Go back to the runs, then clear marks, then the filter.",
    ),
    Key(
        id="deck.palette", keys="colon,ctrl+p", action="palette", label="palette", display=":",
        help="Find any of these actions by name.",
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

NEW, LEAVE, HELP_KEY, BACK = (
    next(key for key in DECK if key.id == name)
    for name in ("run.new", "deck.quit", "deck.help", "deck.back")
)
TABLE: Final = (
    Key(
        id="marks.all", keys="asterisk", action="mark_all", label="mark all", display="*",
        help="Mark every run that the filter lets through now.",
    ),
    Key(
        id="marks.clear", keys="backspace", action="unmark", label="unmark all", display="bksp",
        help="Clear every mark.",
    ),
    Key(
        id="table.sort", keys="s", action="sort", label="sort",
        help="Choose what the runs are sorted by.",
    ),
    Key(
        id="table.turn", keys="S", action="turn_order", label="turn order",
        help="Sort the other way round.",
    ),
    Key(
        id="table.columns", keys="C", action="columns", label="columns",
        help="Choose columns and their order.",
    ),
    Key(
        id="table.jump", keys="i", action="jump", label="go to",
        help="Go to a run by its id, or to a line by its number.",
    ),
    Key(
        id="table.source", keys="o", action="only_source", label="its source",
        help="Show only runs of the selected one's source, or all.",
    ),
    Key(
        id="table.views", keys="v", action="views", label="views",
        help="Open or keep filter, order and columns under a digit.",
    ),
)  # fmt: skip
"""On the runs screen, about the list as a whole."""

MARKS: Final = (
    Key(id="mark.range", keys="ctrl+@,ctrl+space", action="mark_range", label="mark range",
        display="^space", help="Mark from the last marked run to the selected one."),
    Key(id="mark.down", keys="shift+down,J", action="mark_along(1)", label="mark down",
        display="⇧↓ J", help="Mark the run and move down."),
    Key(id="mark.up", keys="shift+up,K", action="mark_along(-1)", label="mark up",
        display="⇧↑ K", help="Mark the run and move up."),
)  # fmt: skip
VIEWS: Final = tuple(
    Key(id=f"view.{digit}", keys=digit, action=f"view('{digit}')", label=f"view {digit}",
        help=f"Look through the view that is kept under {digit}.")
    for digit in "123456789"
)  # fmt: skip
"""While the runs have the focus; in the details, digits open tabs."""

RUN: Final = (
    Key(
        id="shown.back", keys="escape", action="back", label="back", display="esc", footer=True,
        help="Close the text, what is looked for, then the run.",
    ),
    Key(
        id="shown.open", keys="enter", action="open", label="read", display="enter",
        help="Read the artifact or the call, or go to the heading.",
    ),
    Key(
        id="shown.timeline", keys="1", action="tab('timeline')", label="timeline",
        help="Show phases, attempts, lineage and facts.",
    ),
    Key(
        id="shown.events", keys="2", action="tab('events')", label="events",
        help="Show what happened to the run, and who did it.",
    ),
    Key(
        id="shown.artifacts", keys="3", action="tab('artifacts')", label="artifacts",
        help="Show the files that the run published.",
    ),
    Key(
        id="shown.why", keys="4,w", action="tab('why')", label="why", display="4 w",
        help="Say why the run is in its state, and what may be done.",
    ),
    Key(
        id="shown.model", keys="5", action="tab('model')", label="model calls",
        help="Show the calls to a model: tokens, speed, verdict.",
    ),
    Key(
        id="shown.previous", keys="left,h", action="turn(-1)", label="previous tab", display="← h",
        help="Go to the tab at the left.",
    ),
    Key(
        id="shown.next", keys="right,l", action="turn(1)", label="next tab", display="→ l",
        help="Go to the tab at the right.",
    ),
    Key(
        id="shown.find", keys="slash", action="find", label="find", display="/", footer=True,
        help="Show only events that contain something.",
    ),
    Key(
        id="shown.less", keys="left_parenthesis", action="around(-1)", label="less around",
        display="(", help="Keep fewer lines around what was found.",
    ),
    Key(
        id="shown.more", keys="right_parenthesis", action="around(1)", label="more around",
        display=")", help="Keep more lines around what was found.",
    ),
    Key(
        id="shown.follow", keys="f", action="follow", label="follow",
        help="Go to the newest event and stay there.",
    ),
    Key(
        id="shown.source", keys="m", action="view('source')", label="source",
        help="Show the open text as it is, or as Markdown again.",
    ),
    Key(
        id="shown.outline", keys="o", action="view('outline')", label="outline",
        help="Show the headings of the open text.",
    ),
    Key(
        id="shown.parent", keys="p", action="parent", label="parent",
        help="Go to the run that this one retries.",
    ),
    Key(
        id="shown.child", keys="s", action="child", label="successor",
        help="Go to the newest run that retries this one.",
    ),
    Key(
        id="shown.cancel", keys="c", action="cancel", acts=True, label="cancel", footer=True,
        help="Cancel the run; asks, and says what would be lost.",
    ),
    Key(
        id="shown.answer", keys="a", action="answer", acts=True, label="answer",
        help="Answer a run that asks whether to go on.",
    ),
    Key(
        id="shown.retry", keys="r", action="retry", acts=True, label="retry", footer=True,
        help="Start a new run like this, ended one; asks how.",
    ),
    Key(
        id="shown.clone", keys="e", action="clone", acts=True, label="clone", footer=True,
        help="Start a run like this one, with changes.",
    ),
    Key(
        id="shown.sooner", keys="plus", action="priority(1)", acts=True, label="sooner",
        display="+", help="Raise the priority of a pending run by one.",
    ),
    Key(
        id="shown.later", keys="minus", action="priority(-1)", acts=True, label="later",
        display="-", help="Lower the priority of a pending run by one.",
    ),
    Key(
        id="shown.diff", keys="d", action="diff", label="diff", footer=True,
        help="Compare with the last bundle of the same source.",
    ),
    Key(
        id="shown.choose", keys="D", action="choose", label="diff with",
        help="Choose the run to compare with.",
    ),
    Key(
        id="shown.copy", keys="y", action="copy", label="copy", footer=True,
        help="Copy the run's id, source, folder, error or command.",
    ),
    Key(
        id="shown.palette", keys="colon,ctrl+p", action="palette", label="palette", display=":",
        help="Find any of these actions by name.",
    ),
    Key(
        id="shown.help", keys="question_mark", action="help", label="help", display="?",
        footer=True, help="Show the list of keys.",
    ),
)  # fmt: skip
"""On the screen of one run."""

READ: Final = next(key for key in RUN if key.id == "shown.open")

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

FIND: Final = (
    Key(id="find.clear", keys="escape", action="leave", label="all events", display="esc",
        footer=True, help="Show all events again."),
)  # fmt: skip
COPY: Final = (
    Key(id="copy.id", keys="i", action="take('id')", label="id", footer=True,
        help="Copy the whole id."),
    Key(id="copy.source", keys="s", action="take('source')", label="source", footer=True,
        help="Copy the source."),
    Key(id="copy.folder", keys="f", action="take('folder')", label="folder", footer=True,
        help="Copy the path of the folder that holds the bundle."),
    Key(id="copy.error", keys="e", action="take('error')", label="error", footer=True,
        help="Copy why the run failed."),
    Key(id="copy.command", keys="c", action="take('command')", label="command", footer=True,
        help="Copy the command line that asks for the same."),
)  # fmt: skip
CHOOSE: Final = (
    Key(id="choose.yes", keys="enter", action="agree", label="compare", display="enter",
        footer=True, help="Compare with the run under the cursor."),
)  # fmt: skip
DIFF: Final = (
    Key(id="diff.back", keys="escape,d", action="back", label="back", display="esc",
        footer=True, help="Close the comparison."),
    Key(id="diff.next", keys="right,l,n", action="part(1)", label="next part", display="→",
        footer=True, help="Go to the next part of the comparison."),
    Key(id="diff.previous", keys="left,h,N", action="part(-1)", label="previous part",
        display="←", footer=True, help="Go to the previous part of the comparison."),
    Key(id="diff.help", keys="question_mark", action="help", label="help", display="?",
        footer=True, help="Show the list of keys."),
)  # fmt: skip
GROUPS: Final = (
    Key(id="groups.back", keys="escape,F", action="back", label="back", display="esc",
        footer=True, help="Go back to the runs."),
    Key(id="groups.runs", keys="enter", action="agree", label="its runs", display="enter",
        footer=True, help="Show the runs of the group, to act on them."),
    Key(id="groups.again", keys="r", action="again", label="look again", footer=True,
        help="Look for failures again."),
    Key(id="groups.help", keys="question_mark", action="help", label="help", display="?",
        footer=True, help="Show the list of keys."),
)  # fmt: skip
ACTIONS: Final = (
    Key(id="actions.back", keys="escape,A", action="back", label="back", display="esc",
        footer=True, help="Go back to the runs."),
    Key(id="actions.again", keys="r", action="again", label="look again", footer=True,
        help="Look for newer actions."),
    Key(id="actions.help", keys="question_mark", action="help", label="help", display="?",
        footer=True, help="Show the list of keys."),
)  # fmt: skip
TRASH: Final = (
    Key(id="trash.back", keys="escape,U", action="back", label="back", display="esc",
        footer=True, help="Go back to the runs."),
    Key(id="trash.restore", keys="enter", action="restore", acts=True, label="bring back",
        display="enter", footer=True, help="Bring back the marked runs, else the selected."),
    Key(id="trash.mark", keys="space", action="mark", label="mark", footer=True,
        help="Mark the run, or take its mark away, and go on."),
    Key(id="trash.mark_all", keys="asterisk", action="mark_all", label="mark all", display="*",
        footer=True, help="Mark every run that is listed."),
    Key(id="trash.unmark", keys="backspace", action="unmark", label="unmark all", display="bksp",
        help="Clear every mark."),
    Key(id="trash.again", keys="r", action="again", label="look again", footer=True,
        help="Look for what was pruned since."),
    Key(id="trash.help", keys="question_mark", action="help", label="help", display="?",
        footer=True, help="Show the list of keys."),
)  # fmt: skip
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
ANSWER: Final = (
    Key(id="answer.go", keys="y", action="decide('go')", label="with the model", footer=True,
        help="Let the model read all of it."),
    Key(id="answer.without", keys="n", action="decide('without-model')", label="without it",
        footer=True, help="Let the run go on without the model."),
    Key(id="answer.cancel", keys="c", action="decide('cancel')", label="cancel the run",
        footer=True, help="Cancel the run."),
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
COMPLETE_FILTER: Final = (
    Key(id="filter.complete", keys="tab", action="complete", label="complete", footer=True,
        help="Take the next offered word."),
    Key(id="filter.older", keys="up", action="recall(-1)", label="earlier filter", display="↑",
        help="Go back through the filters that were used."),
    Key(id="filter.newer", keys="down", action="recall(1)", label="later filter", display="↓",
        help="Go forward again."),
)  # fmt: skip
RETRY: Final = (
    Key(id="retry.yes", keys="y,r", action="carry_out", acts=True, label="retry", footer=True,
        display="y", help="Start it again and use what holds of its work."),
    Key(id="retry.fresh", keys="s", action="fresh", acts=True, label="from the start",
        footer=True, help="Start it again; read and ask everything anew."),
)  # fmt: skip
CHANGE: Final = (
    Key(id="change.go", keys="ctrl+s", action="agree", label="go on", display="enter",
        footer=True, help="Go on to the question about the marked runs."),
)  # fmt: skip
BULK: Final = (
    Key(id="bulk.yes", keys="y", action="carry_out", acts=True, label="do it", footer=True,
        help="Do it to the listed runs."),
    Key(id="bulk.fresh", keys="s", action="fresh", acts=True, label="from the start",
        footer=True, help="Retry them; read and ask everything anew."),
)  # fmt: skip
SORT: Final = (
    Key(id="sort.choose", keys="enter", action="choose", label="sort", footer=True,
        help="Sort by what was put together, else by the line alone."),
    Key(id="sort.further", keys="space,plus", action="further", label="then by it",
        display="space +", footer=True,
        help="Let the line decide next; again turns, then removes it."),
)  # fmt: skip
JUMP: Final = (
    Key(id="jump.go", keys="ctrl+s", action="agree", label="go", display="enter", footer=True,
        help="Put the cursor there."),
)  # fmt: skip
COLUMNS: Final = (
    Key(id="columns.tick", keys="space", action="tick", label="tick", footer=True,
        help="Show the chosen column, or hide it."),
    Key(id="columns.up", keys="shift+up,K", action="shift(-1)", label="left",
        display="⇧↑ K", footer=True, help="Move the chosen column to the left."),
    Key(id="columns.down", keys="shift+down,J", action="shift(1)", label="right",
        display="⇧↓ J", footer=True, help="Move the chosen column to the right."),
    Key(id="columns.default", keys="d", action="default", label="default", footer=True,
        help="Let the width decide again."),
    Key(id="columns.done", keys="enter", action="agree", label="use", footer=True,
        help="Use the ticked columns."),
)  # fmt: skip
KEPT: Final = (
    Key(id="views.open", keys="enter", action="open", label="open", footer=True,
        help="Look through the chosen view."),
    Key(id="views.keep", keys="s", action="keep", label="keep the present one", footer=True,
        help="Keep filter, order and columns under the chosen digit."),
    Key(id="views.drop", keys="d", action="drop", label="forget", footer=True,
        help="Forget the chosen view."),
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
        help="Complete what was typed, else go to the next field."),
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
    ("The list", TABLE),
    ("Marks", MARKS),
    ("Views", VIEWS),
    ("One run", RUN),
    ("Events", FIND),
    ("Lists", MOVES),
    ("Filter", FILTER + COMPLETE_FILTER),
    ("Dialogs", DIALOG),
    ("Retrying", RETRY),
    ("Many runs", BULK + CHANGE),
    ("Sorting", SORT),
    ("Going to a run", JUMP),
    ("Columns", COLUMNS),
    ("Keeping views", KEPT),
    ("Cancelling", CANCEL),
    ("Answering", ANSWER),
    ("Copying", COPY),
    ("Comparing", CHOOSE + DIFF),
    ("Failures", GROUPS),
    ("Actions", ACTIONS),
    ("Trash", TRASH),
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
    APP + DECK + TABLE + MOVES + MARKS,
    MOVES + MARKS + VIEWS + TABLE,
    FILTER + COMPLETE_FILTER,
    DIALOG + BULK + MOVES,
    DIALOG + RETRY,
    DIALOG + CHANGE,
    DIALOG + JUMP,
    DIALOG + SORT + MOVES,
    DIALOG + COLUMNS + MOVES,
    DIALOG + KEPT + MOVES,
    DIALOG + CANCEL + MOVES,
    DIALOG + ANSWER + MOVES,
    DIALOG + PRUNE + MOVES,
    DIALOG + POLICY + MOVES,
    DIALOG + SETTINGS + MOVES,
    DIALOG + QUIT,
    DIALOG + START + COMPLETE,
    APP + RUN + MOVES,
    DIALOG + COPY + MOVES,
    DIALOG + CHOOSE + MOVES,
    APP + DIFF + MOVES,
    APP + GROUPS + MOVES,
    APP + ACTIONS + MOVES,
    APP + TRASH + MOVES,
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


def of(bound: Iterable[BindingType]) -> list[Key]:
    """The keys that some bindings were made from, in the order of the table."""
    names = {binding.id for binding in bound if isinstance(binding, Binding)}
    return [key for _, group in HELP for key in group if key.id in names]
