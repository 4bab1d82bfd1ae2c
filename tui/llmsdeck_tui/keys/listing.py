"""Keys of the list of runs: what is listed, in what order, and what is marked."""

from __future__ import annotations

from typing import Final

from llmsdeck_tui.keys.key import Key

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
