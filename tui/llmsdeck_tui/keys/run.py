"""Keys of the screen of one run, and of what is taken from a run."""

from __future__ import annotations

from typing import Final

from llmsdeck_tui.keys.key import Key

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
