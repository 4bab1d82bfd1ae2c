"""The runs table: which columns a width affords, and what each cell of a run says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.model import Run
from llmsdeck.states import TERMINAL, Outcome, RunStatus
from llmsdeck.text import short_source
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

Cell = Callable[[Run, datetime, int], Content]
"""A run, the time and the cells that there are."""

BLANK: Final = Content("")
_GAP: Final = Content("  ")
_LINE_LIMIT: Final = 200
_BAR_WIDTH: Final = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, least width, what it shows and its share of spare cells."""

    heading: str
    width: int
    cell: Cell
    share: int = 0


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
    source = _source(run)
    return Content.assemble(source, ("@" + plain(run.ref, 80), words.QUIET)) if run.ref else source


def _source(run: Run) -> Content:
    return safe(short_source(run.source), _LINE_LIMIT)


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
        return Content.assemble((kind, words.BAD), safe(run.error_message or "", _LINE_LIMIT))
    if run.status is RunStatus.COMPLETED:
        return _worth(run)
    if run.held:
        return Content.assemble(("held: ", words.WARN), safe(run.held, _LINE_LIMIT))
    return BLANK


def _worth(run: Run) -> Content:
    if run.outcome is Outcome.DEGRADED:
        reasons = ", ".join(warning.message for warning in run.warnings)
        return Content.assemble(("degraded: ", words.WARN), safe(reasons, _LINE_LIMIT))
    score = "" if run.score is None else f" {run.score}"
    return Content(f"{run.outcome or ''}{score}")


def _summary_cell(run: Run, now: datetime, width: int) -> Content:
    why = outcome(run)
    if run.status is RunStatus.PENDING:
        return Content.assemble((waiting(run), words.QUIET))
    if run.status is RunStatus.PROCESSING:
        return why if why.plain else Content(f"{done_of(run)}{_percent(run)}")
    return why


def _percent(run: Run) -> str:
    total = run.progress.total
    return f"  {100 * min(run.progress.done, total) // total}%" if total else ""


def _files(run: Run) -> str:
    total = sum(artifact.size_bytes for artifact in run.artifacts)
    return f"{words.counted(len(run.artifacts), 'file')} {words.size(total)}"


def _run_cell(run: Run, now: datetime, width: int) -> Content:
    return Content(plain(run.short_id))


def _name_cell(run: Run, now: datetime, width: int) -> Content:
    full = name(run)
    if full.cell_length <= width or not run.source.startswith(("/", "~", ".")):
        return full
    ref = words.fit(full[len(_source(run)) :], width // 3) if run.ref else BLANK
    path = words.fit_tail(_source(run), width - ref.cell_length)
    return path + ref


def _status_cell(run: Run, now: datetime, width: int) -> Content:
    return Content.assemble(status(run))


def _phase_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status is RunStatus.PENDING:
        return Content.assemble((waiting(run), words.QUIET))
    if run.status is RunStatus.PROCESSING:
        return Content(done_of(run))
    if run.started_at is None:
        return Content.assemble(("never began", words.QUIET))
    return Content.assemble((f"took {words.fine_duration(elapsed(run, now))}", words.QUIET))


def _progress_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status is RunStatus.PROCESSING and run.progress.total:
        done, total = run.progress.done, run.progress.total
        filled = words.bar(done, total, _BAR_WIDTH)
        split = filled.count("█")
        percent = 100 * min(done, total) // total
        live = words.WARN if run.stale or run.orphan or run.cancelling else words.LIVE
        return Content.assemble(
            (filled[:split], live), (filled[split:], words.QUIET), f" {percent:>3}%"
        )
    return Content.assemble((_files(run), words.QUIET)) if run.artifacts else BLANK


def _beat_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status is not RunStatus.PROCESSING or run.heartbeat_age_s is None:
        return BLANK
    style = words.ALARM if run.stale or run.orphan else ""
    rounded = run.heartbeat_age_s + 0.5  # as the reason of a stale run says it
    return Content.assemble((words.duration(rounded, plain_below=100), style))


def _age_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status in TERMINAL:
        ended = (now - (run.finished_at or now)).total_seconds()
        return Content.assemble((words.ago(ended), words.QUIET))
    return Content(words.duration(elapsed(run, now)))


def _try_cell(run: Run, now: datetime, width: int) -> Content:
    if not run.attempt:
        return BLANK
    style = words.WARN if run.attempt > 1 else words.QUIET
    return Content.assemble((f"{run.attempt}/{run.max_attempts}", style))


def _outcome_cell(run: Run, now: datetime, width: int) -> Content:
    return outcome(run)


_RUN: Final = Column("RUN", 6, _run_cell)
_SOURCE: Final = Column("SOURCE", 16, _name_cell, share=2)
_STATUS: Final = Column("STATUS", 12, _status_cell)
_SUMMARY: Final = Column("PROGRESS", 12, _summary_cell, share=3)
_PHASE: Final = Column("PHASE", 15, _phase_cell)
_PROGRESS: Final = Column("PROGRESS", 14, _progress_cell)
_BEAT: Final = Column("BEAT", 5, _beat_cell)
_AGE: Final = Column("AGE", 7, _age_cell)
_TRY: Final = Column("TRY", 3, _try_cell)
_OUTCOME: Final = Column("OUTCOME", 14, _outcome_cell, share=5)

_LAYOUTS: Final = (
    (110, (_RUN, _SOURCE, _STATUS, _PHASE, _PROGRESS, _BEAT, _AGE, _TRY, _OUTCOME)),
    (72, (_RUN, _SOURCE, _STATUS, _SUMMARY, _AGE, _TRY)),
    (0, (_RUN, _SOURCE, _STATUS, _SUMMARY)),
)
"""Least width, and the columns that it affords."""


def columns(width: int) -> tuple[tuple[Column, int], ...]:
    """The columns for a table of `width` cells, each with its width."""
    chosen = next(layout for least, layout in _LAYOUTS if width >= least)
    spare = width - sum(column.width for column in chosen) - len(_GAP) * (len(chosen) - 1)
    spare, shares = max(0, spare), sum(column.share for column in chosen)
    widths = [column.width + spare * column.share // shares for column in chosen]
    widths[1] = max(1, widths[1] + width - sum(widths) - len(_GAP) * (len(chosen) - 1))
    return tuple(zip(chosen, widths, strict=True))


def heading(width: int) -> Content:
    """The line above the rows."""
    return _GAP.join(words.fit(Content(column.heading), cells) for column, cells in columns(width))


def row(run: Run, now: datetime, width: int) -> Content:
    """One line of the table."""
    return _GAP.join(
        words.fit(column.cell(run, now, cells), cells) for column, cells in columns(width)
    )
