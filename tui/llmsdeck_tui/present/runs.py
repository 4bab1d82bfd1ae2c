"""What is said of a run, wherever it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.model import Run
from llmsdeck.states import Outcome, RunStatus
from llmsdeck.text import short_source
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

BLANK: Final = Content("")
LINE_LIMIT: Final = 200


def status(run: Run) -> tuple[str, str]:
    """Glyph with word, and style; never a colour alone."""
    if run.cancelling:
        return "⊘ cancelling", words.WARN
    if run.orphan:
        return "! ORPHAN", words.ALARM
    if run.stale:
        return "! STALE", words.ALARM
    match run.status:
        case RunStatus.PENDING:
            return "○ pending", words.QUIET
        case RunStatus.PROCESSING:
            return "● processing", words.LIVE
        case RunStatus.COMPLETED if run.outcome is Outcome.DEGRADED:
            return "~ completed", words.WARN
        case RunStatus.COMPLETED:
            return "✓ completed", words.GOOD
        case RunStatus.FAILED:
            return "✗ failed", words.BAD
        case RunStatus.CANCELLED:
            return "⊘ cancelled", words.QUIET


def name(run: Run) -> Content:
    """`source@ref` on one line."""
    said = source(run)
    return Content.assemble(said, ("@" + plain(run.ref, 80), words.QUIET)) if run.ref else said


def source(run: Run) -> Content:
    """Repository or folder on one line."""
    return safe(short_source(run.source), LINE_LIMIT)


def elapsed(run: Run, now: datetime) -> float:
    """Seconds that a run has been worked on, or waited for when it never began."""
    began = None if run.status is RunStatus.PENDING else run.started_at
    return ((run.finished_at or now) - (began or run.created_at)).total_seconds()


def done_of(run: Run) -> str:
    """`write 31/48`: the phase and how far it is."""
    if run.phase is None:
        return ""
    progress = run.progress
    figures = f" {words.short(progress.done)}/{words.short(progress.total)}"
    figures = figures if progress.total else ""
    return f"{run.phase}{figures}"


def waiting(run: Run) -> str:
    """What a pending run waits for."""
    if run.question:
        return "asks: press a"
    if run.held:
        return "waits for model"
    if run.retry_in_s:
        return f"retry in {words.duration(run.retry_in_s + 0.999)}"
    if run.queue_position is None:
        return ""
    return "next" if run.queue_position == 1 else f"{words.ordinal(run.queue_position)} in queue"


def outcome(run: Run) -> Content:
    """Why the run is where it is, or what it is worth."""
    if run.cancel is not None and run.status not in (RunStatus.COMPLETED, RunStatus.FAILED):
        if run.cancelling:
            return Content.assemble((f"cancel {run.cancel.state}", words.WARN))
        return Content.assemble((f"by {plain(str(run.cancel.by), 40)}", words.QUIET))
    if run.stale_reason:
        return Content.assemble((plain(run.stale_reason), words.ALARM))
    if run.status is RunStatus.FAILED:
        kind = f"{run.error_kind}: " if run.error_kind else ""
        return Content.assemble((kind, words.BAD), safe(run.error_message or "", LINE_LIMIT))
    if run.status is RunStatus.COMPLETED:
        return _worth(run)
    if run.question:
        return Content.assemble(("asks: ", words.WARN), safe(run.question.sentence, LINE_LIMIT))
    if run.held:
        return Content.assemble(("held: ", words.WARN), safe(run.held, LINE_LIMIT))
    return BLANK


def _worth(run: Run) -> Content:
    if run.outcome is Outcome.DEGRADED:
        reasons = ", ".join(warning.message for warning in run.warnings)
        return Content.assemble(("degraded: ", words.WARN), safe(reasons, LINE_LIMIT))
    score = "" if run.score is None else f" {run.score}"
    return Content(f"{run.outcome or ''}{score}")
