"""Keys of the dialogs that change something: each asks before it does."""

from __future__ import annotations

from typing import Final

from llmsdeck_tui.keys.key import Key

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
PRUNE: Final = (
    Key(id="prune.yes", keys="y,enter", action="remove", acts=True, label="remove them",
        display="y", footer=True, help="Remove the listed runs."),
)  # fmt: skip
POLICY: Final = (
    Key(id="policy.edit", keys="enter", action="edit", acts=True, label="change",
        display="enter", footer=True, help="Type a new value for the chosen limit."),
    Key(id="policy.default", keys="d", action="put_back", acts=True, label="default",
        footer=True, help="Put the chosen limit back to its default."),
)  # fmt: skip
QUIT: Final = (
    Key(id="quit.leave", keys="l", action="choose('leave')", label="leave it running",
        footer=True, help="Quit; the worker finishes the queue and then exits."),
    Key(id="quit.drain", keys="d", action="choose('drain')", label="drain",
        footer=True, help="Let running work end, at most 15 seconds, then quit."),
    Key(id="quit.cancel", keys="c", action="choose('cancel')", label="cancel all",
        footer=True, help="Cancel every unfinished run, then quit."),
)  # fmt: skip
