"""The table, as a terminal and as a document show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bench.figures import Row, Target, Verdict
from bench.record import Record

WIDTH: Final = 100
_COLUMNS: Final = (41, 10, 10, 8, 9, 6, 10)
_HEADINGS: Final = ("row", "llmsdeck", "peer", "ratio", "target", "±", "verdict")


def heading() -> str:
    """The names of the columns."""
    return _line(_HEADINGS)


def lines(rows: Iterable[Row], before: Record | None) -> Iterator[str]:
    """A line per row, and one below for what it is held against."""
    for row in rows:
        yield _line((row.name, *figures(row), str(row.verdict)))
        said = "; ".join(filter(None, (against(row), row.note, changed(row, before))))
        if said:
            yield f"    {said}"[:WIDTH]


def figures(row: Row) -> tuple[str, str, str, str, str]:
    """Ours, theirs, the ratio, the target and the spread, as written."""
    theirs = row.peer_value
    return (
        quantity(row.value, row.unit),
        "" if theirs is None else quantity(theirs, row.unit),
        "" if row.ratio is None else f"{number(row.ratio)} ×",
        "" if row.target is None else wanted(row.target, row.unit),
        f"{row.spread:.0%}" if len(row.ours) > 1 else "",
    )


def against(row: Row) -> str:
    """What the row is held against, or that it could not be."""
    if not row.peer:
        return ""
    return f"against {row.peer}" if row.theirs else f"{row.peer} is not on this machine"


def changed(row: Row, before: Record | None) -> str:
    """How the row's decisive figure stands to that of the last recorded table."""
    old = before.row(row.name) if before else None
    if old is None:
        return ""
    by_ratio = row.ratio is not None and old.ratio is not None
    new_figure, old_figure = (row.ratio, old.ratio) if by_ratio else (row.value, old.value)
    if not new_figure or not old_figure:
        return ""
    return f"{number(new_figure / old_figure)} × the recorded {'ratio' if by_ratio else 'figure'}"


def wanted(target: Target, unit: str) -> str:
    """A target as written."""
    limit = quantity(target.limit, unit) if target.absolute else f"{number(target.limit)} ×"
    return f"{target.sense} {limit}"


def quantity(value: float, unit: str) -> str:
    """A figure with its unit."""
    return f"{number(value)} {unit}".strip()


def number(value: float) -> str:
    """Three significant digits, thousands parted by a thin space."""
    if abs(value) >= 1000:
        return f"{round(value):,}".replace(",", " ")
    return f"{value:.3g}"


def summary(record: Record) -> str:
    """How many targets are met."""
    verdicts = [row.verdict for rows in record.rows.values() for row in rows]
    met, missed = verdicts.count(Verdict.MET), verdicts.count(Verdict.MISSED)
    told = len(verdicts) - met - missed
    return f"{met} met, {missed} missed, {told} without a target or a peer"


def _line(cells: Iterable[str]) -> str:
    first, *others = cells
    cut = first if len(first) <= _COLUMNS[0] else first[: _COLUMNS[0] - 1] + "…"
    right = "".join(cell.rjust(width) for cell, width in zip(others, _COLUMNS[1:], strict=True))
    return cut.ljust(_COLUMNS[0]) + right
