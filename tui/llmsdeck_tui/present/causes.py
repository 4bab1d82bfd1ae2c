"""Groups of failures: one line each, and what more is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.failures import MOST_FAILURES, FailureGroup
from llmsdeck.text import short_source
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

_SOURCES: Final = 22
_WIDE: Final = 100
"""Cells from which sources have a column."""


def title(groups: Sequence[FailureGroup]) -> Content:
    """How many runs failed, for how many reasons."""
    total = sum(group.count for group in groups)
    newest = "the newest " if total >= MOST_FAILURES else ""
    return Content.assemble(
        ("Failures", words.STRONG),
        f"  {newest}{words.counted(total, 'run')}, {words.counted(len(groups), 'cause')}",
    )


def heading(width: int) -> Content:
    """The names of the columns."""
    sources = f"{'SOURCES':<{_SOURCES}}  " if width >= _WIDE else ""
    text = f"{'RUNS':>6}  {'KIND':<11}  {'NEWEST':>9}  {sources}MESSAGE"
    return Content.assemble((text, words.HEADING))


def line(group: FailureGroup, now: datetime, width: int) -> Content:
    """How many, which kind, when last, where, and what the messages have in common."""
    newest = words.ago((now - group.newest.at).total_seconds())
    parts = [
        Content.assemble((f"{words.number(group.count):>6}", words.STRONG)),
        Content.assemble((f"{group.kind:<11}", words.BAD)),
        Content.assemble((f"{newest:>9}", words.QUIET)),
    ]
    if width >= _WIDE:
        parts.append(words.fit(_sources(group, 1), _SOURCES))
    return Content("  ").join([*parts, safe(group.pattern, 400)])


def described(group: FailureGroup) -> Content:
    """The newest failure in full, the sources, and the filter that shows the runs."""
    facts = (
        ("newest", Content.assemble(f"{plain(group.newest.run_id[:6])}  ", _whole(group))),
        ("sources", _sources(group, len(group.sources))),
        ("filter", safe(group.filter)),
    )
    return Content("\n").join(
        Content.assemble((f"{label:<9}", words.QUIET), text) for label, text in facts
    )


def _whole(group: FailureGroup) -> Content:
    return safe(group.newest.message, 600)


def _sources(group: FailureGroup, most: int) -> Content:
    named = ", ".join(plain(short_source(source), 80) for source in group.sources[:most])
    more = group.more_sources + len(group.sources[most:])
    return Content.assemble(named, (f" and {words.number(more)} more" if more else "", words.QUIET))
