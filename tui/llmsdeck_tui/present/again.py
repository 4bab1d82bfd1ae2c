"""What is said before a run is started again: how it ended, and what need not be done twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from textual.content import Content

from llmsdeck.model import Run
from llmsdeck.request import kept_for_retry
from llmsdeck.states import RunStatus
from llmsdeck_tui.present import detail, words
from llmsdeck_tui.safe import plain

FRESH = "Everything will be read and asked anew."


def question(run: Run, now: datetime) -> list[Content]:
    """How the run ended, and what its retry would use again."""
    stopped = run.phase is not None and run.status is not RunStatus.COMPLETED
    reached = f", in {run.phase}" if stopped else ""
    lines = [Content.assemble(detail.state(run, now), (reached, words.QUIET)), Content("")]
    kept = kept_for_retry(run)
    if not kept:
        nothing = "Nothing that it did can be used again: a retry begins at the start."
        return [*lines, Content(nothing)]
    lines.append(Content("A retry uses again, while it holds:"))
    return [*lines, *(Content.assemble(("  ✓ ", words.GOOD), said) for said in kept)]


def many(changes: Mapping[str, str], *, fresh: bool) -> str:
    """What retrying several runs does, as a sentence or two."""
    said = ", ".join(f"{key} {plain(value, 60) or 'unset'}" for key, value in changes.items())
    new = f"Each starts a new run with {said}" if said else "Each starts a new run"
    how = FRESH if fresh else "What they got from a host or a model is used again while it holds."
    return f"{new}; the old ones stay. {how}"
