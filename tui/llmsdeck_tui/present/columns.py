"""The columns of the runs table: what each shows, and which of them a width affords."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.filter import Order
from llmsdeck.model import Run
from llmsdeck.states import TERMINAL, RunStatus
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain

Cell = Callable[[Run, datetime, int], Content]
"""A run, the time and the cells that there are."""

_GAP: Final = "  "
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

_LAYOUTS: Final = (
    (110, ("run", "source", "status", "phase", "progress", "beat", "age", "try", "outcome")),
    (72, ("run", "source", "status", "summary", "age", "try")),
    (52, ("run", "source", "status", "summary")),
    (0, ("glyph", "run", "source")),
)
"""Least width, and the columns that it affords; the last is a plain list."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns with their cells, as wide as the table together."""

    names: tuple[str, ...]
    cells: tuple[int, ...]

    def heading(self, sort: str = "") -> Content:
        """The line above the rows; columns of the order bear an arrow, and a number if several."""
        marks = self._marks(sort)
        headings = (
            _heading(COLUMNS[name].heading, marks.get(name, ""), cells)
            for name, cells in zip(self.names, self.cells, strict=True)
        )
        return words.beside(headings, _GAP)

    def _marks(self, sort: str) -> Mapping[str, str]:
        """What the first column of each key bears."""
        marks: dict[str, str] = {}
        if not sort:
            return marks
        order = Order.parse(sort)
        several = len(order.keys) > 1
        for place, key in enumerate(order.keys, start=1):
            column = next((name for name in self.names if COLUMNS[name].order == key.name), "")
            marks[column] = f"{words.arrow(key)}{place if several else ''}"
        return marks

    def row(self, run: Run, now: datetime) -> Content:
        """One line of the table."""
        cells = (
            words.fit(COLUMNS[name].cell(run, now, cells), cells)
            for name, cells in zip(self.names, self.cells, strict=True)
        )
        return words.beside(cells, _GAP)

    def ages(self, run: Run, now: datetime) -> tuple[str, ...]:
        """What the row of an unchanged run says otherwise as time goes by."""
        return tuple(
            COLUMNS[name].cell(run, now, cells).plain
            for name, cells in zip(self.names, self.cells, strict=True)
            if COLUMNS[name].grows
        )

    def order_at(self, place: int) -> str:
        """The order of the column that is so many cells from the left; empty when it has none."""
        for name, cells in zip(self.names, self.cells, strict=True):
            if place < cells:
                return COLUMNS[name].order if place >= 0 else ""
            place -= cells + len(_GAP)
        return ""


def _heading(heading: str, mark: str, cells: int) -> Content:
    """A heading that gives way to its mark."""
    if not mark:
        return words.fit(Content(heading), cells)
    room = max(0, cells - len(mark))
    return words.fit(Content(f"{heading.strip()[:room]}{mark}"), cells)


def layout(width: int, chosen: Sequence[str] = ()) -> Layout:
    """The chosen columns as far as they fit, else those that the width affords."""
    names = tuple(_fitting([name for name in chosen if name in COLUMNS], width))
    names = names or next(names for least, names in _LAYOUTS if width >= least)
    columns = [COLUMNS[name] for name in names]
    gaps = len(_GAP) * (len(columns) - 1)
    spare = max(0, width - sum(column.width for column in columns) - gaps)
    shares = sum(column.share for column in columns) or 1
    cells = [column.width + spare * column.share // shares for column in columns]
    last = next((n for n, column in enumerate(columns) if column.share), len(cells) - 1)
    cells[last] = max(1, cells[last] + width - sum(cells) - gaps)
    return Layout(names, tuple(cells))


def _fitting(names: Sequence[str], width: int) -> Iterator[str]:
    """The first of the columns; at least one, however narrow the table is."""
    left = width
    for number, name in enumerate(names):
        left -= COLUMNS[name].width + (len(_GAP) if number else 0)
        if left < 0 and number:
            return
        yield name
