"""Keys of the runs screen that are about the selected run, the marked runs and the deck."""

from __future__ import annotations

from typing import Final

from llmsdeck_tui.keys.key import Key

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
