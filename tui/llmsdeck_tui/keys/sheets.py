"""Keys of the full screens beside a run: a comparison, failures, actions, the trash."""

from __future__ import annotations

from typing import Final

from llmsdeck_tui.keys.key import Key

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
