"""What is said before a run is started again: how it ended, and what need not be done twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from textual.content import Content

from llmsdeck.answers import Kept
from llmsdeck.model import Run
from llmsdeck.resuming import Step, begins, steps
from llmsdeck.snapshot import PhaseSpan
from llmsdeck.states import RunStatus
from llmsdeck_tui.present import detail, words
from llmsdeck_tui.safe import plain

FRESH = "Everything will be read and asked anew."


def state(run: Run, now: datetime) -> Content:
    """How the run ended, and where."""
    stopped = run.phase is not None and run.status is not RunStatus.COMPLETED
    reached = f", in {run.phase}" if stopped else ""
    return Content.assemble(detail.state(run, now), (reached, words.QUIET))


def looking() -> list[Content]:
    """That what is kept is still being looked for."""
    return [Content.assemble(("Looking for what is kept…", words.QUIET))]


def plan(kept: Kept, spans: Sequence[PhaseSpan]) -> list[Content]:
    """From where a retry goes on, and of each phase what is done again and what is not."""
    at = Content.assemble((begins(kept), words.STRONG))
    whole = "Its bundle is used again if its source is still the same; else it"
    start = f"{whole if kept.bundle else 'It'} {'goes on from' if kept.texts else 'begins at'} "
    if not (kept.texts or kept.answers):
        rest = "." if kept.bundle else "; nothing of it can be used again."
        return [Content.assemble(start, at, rest)]
    heading = Content.assemble((f"    {'PHASE':8}{'LAST TIME':>11}  USED AGAIN", words.HEADING))
    return [Content.assemble(start, at, "."), heading, *map(_step, steps(kept, spans))]


def _step(step: Step) -> Content:
    last = "not reached" if step.took_s is None else words.precise_duration(step.took_s)
    sign = ("✓", words.GOOD) if step.used else ("·", words.QUIET)
    said = (step.used, "") if step.used else ("nothing", words.QUIET)
    return Content.assemble("  ", sign, f" {step.phase:8}{last:>11}  ", said)


def many(changes: Mapping[str, str], *, fresh: bool) -> str:
    """What retrying several runs does, as a sentence or two."""
    said = ", ".join(f"{key} {plain(value, 60) or 'unset'}" for key, value in changes.items())
    new = f"Each starts a new run with {said}" if said else "Each starts a new run"
    how = FRESH if fresh else "What they got from a host or a model is used again while it holds."
    return f"{new}; the old ones stay. {how}"
