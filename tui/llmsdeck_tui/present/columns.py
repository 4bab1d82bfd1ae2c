"""The columns of the runs table, and what each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.model import Run
from llmsdeck.states import TERMINAL, RunStatus
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain

Cell = Callable[[Run, datetime, int], Content]
"""A run, the time and the cells that there are."""

_BAR_WIDTH: Final = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    heading: str
    width: int
    """Cells that it needs at least."""
    cell: Cell
    help: str
    """What it shows, for who chooses columns."""
    order: str = ""
    """The order in which the list is put by this column; empty when by none."""
    share: int = 0
    """Its part of the cells that are to spare."""
    grows: bool = False
    """What it says of an unchanged run becomes another thing as time goes by."""


def _summary_cell(run: Run, now: datetime, width: int) -> Content:
    why = runs.outcome(run)
    if run.status is RunStatus.PENDING:
        return Content.assemble((runs.waiting(run), words.QUIET))
    if run.status is RunStatus.PROCESSING:
        return why if why.plain else Content(f"{runs.done_of(run)}{_percent(run)}")
    return why


def _percent(run: Run) -> str:
    total = run.progress.total
    return f"  {100 * min(run.progress.done, total) // total}%" if total else ""


def _files(run: Run) -> str:
    total = sum(artifact.size_bytes for artifact in run.artifacts)
    return f"{words.counted(len(run.artifacts), 'file')} {words.size(total)}"


def _id_cell(run: Run, now: datetime, width: int) -> Content:
    return Content(plain(run.short_id))


def _name_cell(run: Run, now: datetime, width: int) -> Content:
    full = runs.name(run)
    if full.cell_length <= width or not run.source.startswith(("/", "~", ".")):
        return full
    ref = words.fit(full[len(runs.source(run)) :], width // 3) if run.ref else runs.BLANK
    path = words.fit_tail(runs.source(run), width - ref.cell_length)
    return path + ref


def _status_cell(run: Run, now: datetime, width: int) -> Content:
    return Content.assemble(runs.status(run))


def _phase_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status is RunStatus.PENDING:
        return Content.assemble((runs.waiting(run), words.QUIET))
    if run.status is RunStatus.PROCESSING:
        return Content(runs.done_of(run))
    if run.started_at is None:
        return Content.assemble(("never began", words.QUIET))
    return Content.assemble((f"took {words.precise_duration(runs.elapsed(run, now))}", words.QUIET))


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
    return Content.assemble((_files(run), words.QUIET)) if run.artifacts else runs.BLANK


def _beat_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status is not RunStatus.PROCESSING or run.heartbeat_age_s is None:
        return runs.BLANK
    style = words.ALARM if run.stale or run.orphan else ""
    rounded = run.heartbeat_age_s + 0.5  # as the reason of a stale run says it
    return Content.assemble((words.duration(rounded, plain_below=100), style))


def _age_cell(run: Run, now: datetime, width: int) -> Content:
    if run.status in TERMINAL:
        ended = (now - (run.finished_at or now)).total_seconds()
        return Content.assemble((words.ago(ended), words.QUIET))
    return Content(words.duration(runs.elapsed(run, now)))


def _try_cell(run: Run, now: datetime, width: int) -> Content:
    if not run.attempt:
        return runs.BLANK
    style = words.WARN if run.attempt > 1 else words.QUIET
    return Content.assemble((f"{run.attempt}/{run.max_attempts}", style))


def _outcome_cell(run: Run, now: datetime, width: int) -> Content:
    return runs.outcome(run)


def _glyph_cell(run: Run, now: datetime, width: int) -> Content:
    said, style = runs.status(run)
    return Content.assemble((said[0], style))


def _text(read: Callable[[Run], str | None], style: str = "") -> Cell:
    """A cell of outside text, or of none."""

    def cell(run: Run, now: datetime, width: int) -> Content:
        return Content.assemble((plain(read(run) or "", runs.LINE_LIMIT), style))

    return cell


def _took_cell(run: Run, now: datetime, width: int) -> Content:
    if run.started_at is None:
        return runs.BLANK
    written = words.precise_duration if run.finished_at else words.fine_duration
    return Content(written(runs.elapsed(run, now)))


def _score_cell(run: Run, now: datetime, width: int) -> Content:
    return Content("" if run.score is None else f"{run.score:>{width}}")


def _created_cell(run: Run, now: datetime, width: int) -> Content:
    return Content.assemble((words.day_and_clock(run.created_at), words.QUIET))


def _files_cell(run: Run, now: datetime, width: int) -> Content:
    return Content(_files(run)) if run.artifacts else runs.BLANK


COLUMNS: Final[Mapping[str, Column]] = {
    "glyph": Column(" ", 1, _glyph_cell, "The status as one sign.", "status"),
    "run": Column("RUN", 6, _id_cell, "How the id begins; newest or oldest first.", "created"),
    "source": Column("SOURCE", 16, _name_cell, "Repository and ref.", "source", share=2),
    "status": Column("STATUS", 12, _status_cell, "The status in a word.", "status"),
    "summary": Column("PROGRESS", 12, _summary_cell, "Phase, wait or reason.", share=3),
    "phase": Column("PHASE", 15, _phase_cell, "Phase or wait, then the time taken.", "duration"),
    "progress": Column("PROGRESS", 14, _progress_cell, "A bar, then the files."),
    "beat": Column("BEAT", 5, _beat_cell, "Since the attempt was last seen alive."),
    "age": Column(
        "AGE", 7, _age_cell, "How long it goes on, or since it ended.", "finished", grows=True
    ),
    "try": Column("TRY", 3, _try_cell, "Attempts, of how many."),
    "outcome": Column("OUTCOME", 14, _outcome_cell, "Worth, or what went wrong.", "score", 5),
    "score": Column("SCORE", 5, _score_cell, "The bundle's score.", "score"),
    "took": Column(
        "TOOK", 7, _took_cell, "Time since the first attempt began.", "duration", grows=True
    ),
    "files": Column("FILES", 14, _files_cell, "How many files, and their size."),
    "ref": Column("REF", 10, _text(lambda run: run.ref), "Branch, tag or commit asked for."),
    "commit": Column("COMMIT", 8, _text(lambda run: run.commit), "The commit that was read."),
    "model": Column("MODEL", 12, _text(lambda run: run.model), "The model asked for."),
    "by": Column("BY", 10, _text(lambda run: str(run.requested_by)), "Who asked for it."),
    "worker": Column("WORKER", 8, _text(lambda run: run.worker, words.QUIET), "Who works on it."),
    "error": Column("ERROR", 11, _text(lambda run: run.error_kind, words.BAD), "Kind of failure."),
    "created": Column("CREATED", 23, _created_cell, "When it was asked for.", "created"),
}
"""Every column by the name under which views keep it."""
