"""What the lines of the runs table say, worked out anew only where it may be something else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from llmsdeck.model import Run, RunId
from llmsdeck_tui.present import words
from llmsdeck_tui.present.layout import Layout
from llmsdeck_tui.widgets.strips import strip

_MARGINS = {
    (chosen, marked): Content.assemble(
        "▸" if chosen else " ", (words.MARK if marked else " ", words.ALARM)
    )
    for chosen in (False, True)
    for marked in (False, True)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a line is shown besides what it says."""

    width: int
    style: Style
    chosen: bool = False
    marked: bool = False
    faded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RunLine:
    """What is said of a run; the same object for as long as that is the same."""

    said: Content
    _strips: dict[Look, Strip] = field(default_factory=dict[Look, Strip])

    def strip(self, look: Look) -> Strip:
        """The line as it is painted; only what was not painted yet costs something."""
        if (drawn := self._strips.get(look)) is None:
            said = self.said.without_spans if look.faded else self.said
            whole = _MARGINS[look.chosen, look.marked] + said
            drawn = self._strips[look] = strip(whole, look.width, look.style)
        return drawn


UNKNOWN = RunLine(Content("…"))
"""A run that the picture does not hold."""


class RunLines:
    """The lines of one picture at one time, made from those of the picture before it."""

    def __init__(self, layout: Layout, now: datetime, before: RunLines | None = None) -> None:
        self.layout, self.now = layout, now
        self._known: dict[RunId, tuple[Run, tuple[str, ...], RunLine]] = {}
        same = before is not None and before.layout == layout
        self._before = before._known if before is not None and same else {}

    def line(self, run: Run) -> RunLine:
        """What is said of a run."""
        if (known := self._known.get(run.run_id)) is None:
            ages = self.layout.ages(run, self.now)
            known = self._known[run.run_id] = run, ages, self._made(run, ages)
        return known[2]

    def _made(self, run: Run, ages: tuple[str, ...]) -> RunLine:
        before = self._before.get(run.run_id)
        if before is not None and (before[0], before[1]) == (run, ages):
            return before[2]
        said = self.layout.row(run, self.now)
        return before[2] if before is not None and said.is_same(before[2].said) else RunLine(said)
