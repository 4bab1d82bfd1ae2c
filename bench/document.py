"""docs/benchmarks.md, made from the recorded table and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.figures import Row, Verdict
from bench.record import Record
from bench.suite import GROUPS
from bench.table import against, figures, summary

_HEAD: Final = """\
# Benchmarks

Made by `make bench`; not written by hand. Every row was measured beside its peer or limit in the
same run, in turns, so that the ratios hold although the machine was not idle; absolute figures are
those of that hour. Medians of the rounds; ± is half of the distance between the best and the worst
round. A ratio is ours to theirs, round by round. What dominates each path is in
[performance.md](performance.md).
"""


def document(record: Record) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_facts(record), "", *_tables(record)]).rstrip() + "\n"


def _facts(record: Record) -> Iterator[str]:
    machine = record.machine
    yield f"- taken {record.at}{', in the quick sizes' if record.quick else ''}"
    yield f"- {machine['cores']} cores of {machine['processor']}, {machine['system']}"
    yield (
        f"- Python {machine['python']}, SQLite {machine['sqlite']}, Textual {machine['textual']}"
    )
    yield f"- load {record.load[0]:.1f} at the beginning, {record.load[1]:.1f} at the end"
    yield f"- {summary(record)}"


def _tables(record: Record) -> Iterator[str]:
    for group in GROUPS:
        if rows := record.rows.get(group.name):
            yield f"## {group.title}"
            yield ""
            yield "| Row | llmsdeck | Peer | Ratio | Target | ± | |"
            yield "|---|---:|---:|---:|---:|---:|---|"
            yield from map(_line, rows)
            yield ""


def _line(row: Row) -> str:
    ours, theirs, ratio, target, spread = figures(row)
    said = "; ".join(filter(None, (against(row), row.note)))
    name = row.name.strip() + (f"<br>{said}" if said else "")
    verdict = f"**{row.verdict}**" if row.verdict is Verdict.MISSED else str(row.verdict)
    return f"| {name} | {ours} | {theirs} | {ratio} | {target} | {spread} | {verdict} |"
