"""Verdicts and comparisons as lines for people, made for 80 columns; pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Final

from llmsdeck.cli.describe import size
from llmsdeck.comparison import Change, Comparison, FileChange, LinkChange, SizeChange
from llmsdeck.text import visible
from llmsdeck.verdict import Gate, LinkAnswer, LinkState, Measure, Verdict

_COLUMNS: Final = 80
_SHOWN_FINDINGS: Final = 5
_SHOWN_IMPROVEMENTS: Final = 3
_SHOWN_LINKS: Final = 100
_SHOWN_TEXT: Final = 300
"""Characters of a title, a note or an address."""
_MARKS: Final = {
    Change.ADDED: "+",
    Change.REMOVED: "-",
    Change.MOVED: ">",
    Change.RETITLED: "t",
    Change.RENOTED: "n",
    Change.CHANGED: "~",
}


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """The result, the gates, the rubric, and what to do first."""
    yield f"{_shown(verdict.subject)}: {_result(verdict)}"
    yield ""
    for gate in verdict.gates:
        yield from _gate_lines(gate)
    yield ""
    yield from _rubric_lines(verdict.rubric)
    if verdict.improvements:
        names = [measure.name for measure in verdict.improvements[:_SHOWN_IMPROVEMENTS]]
        yield ""
        yield f"Improve first: {', '.join(names)}"
    yield from _link_lines(verdict.links)


def _result(verdict: Verdict) -> str:
    failed = sum(not gate.passed for gate in verdict.gates)
    if not failed:
        return f"passes, score {verdict.score} (profile {verdict.profile})"
    gates = f"{failed} of {len(verdict.gates)} gates"
    return f"fails {gates}, {verdict.points} points otherwise (profile {verdict.profile})"


def _gate_lines(gate: Gate) -> Iterator[str]:
    yield f"{'✓' if gate.passed else '✗'} {gate.name}"
    for finding in gate.findings[:_SHOWN_FINDINGS]:
        yield from _paragraph("    ", _shown(str(finding)))
    if (more := len(gate.findings) - _SHOWN_FINDINGS) > 0:
        yield f"    … and {more} more"


def _rubric_lines(rubric: tuple[Measure, ...]) -> Iterator[str]:
    """What was measured, then by reason what was not."""
    unmeasured: dict[str, list[str]] = {}
    for measure in rubric:
        if measure.points is None:
            unmeasured.setdefault(measure.reason, []).append(measure.name)
        else:
            points = f"{measure.weight * measure.points:.3g}/{measure.weight}"
            yield from _paragraph(f"{measure.name:<12}{points:>8}  ", measure.reason)
    for reason, names in unmeasured.items():
        yield from _paragraph(f"{'':<12}{'–':>8}  ", f"{', '.join(names)}: {reason}")


def _link_lines(links: tuple[LinkAnswer, ...]) -> Iterator[str]:
    """Links that need a person: dead, unknown or moved."""
    order = (LinkState.DEAD, LinkState.UNKNOWN, LinkState.ALIVE)
    notable = [link for link in links if link.state is not LinkState.ALIVE or link.moved_to]
    notable.sort(key=lambda link: order.index(link.state))
    if notable:
        yield ""
        yield "Links:"
    for link in notable[:_SHOWN_LINKS]:
        where = f" → {_shown(link.moved_to)}" if link.moved_to else ""
        state = "moved" if link.state is LinkState.ALIVE else str(link.state)
        yield f"{state:<8} {_shown(link.url)}{where} ({link.reason})"
    if len(notable) > _SHOWN_LINKS:
        yield f"… and {len(notable) - _SHOWN_LINKS} more"


def comparison_lines(comparison: Comparison, *, with_text: bool) -> Iterator[str]:
    """What differs, the most telling first; one line when nothing does."""
    old, new = comparison.scores
    names = f"{_shown(comparison.before)} → {_shown(comparison.after)}"
    if comparison.equal:
        yield f"{names}: equal, {_links(comparison.kept)}, score {new}"
        return
    yield f"{names}: score {old} → {new}"
    yield ""
    yield from _size_lines(comparison.sizes)
    yield from _reading_lines(comparison)
    yield ""
    yield from _paragraph("links  ", _tally(comparison))
    for link in comparison.links[:_SHOWN_LINKS]:
        yield from _link_change(link)
    if len(comparison.links) > _SHOWN_LINKS:
        yield f"… and {len(comparison.links) - _SHOWN_LINKS} more"
    if comparison.files:
        yield ""
        yield f"files in llms-full.txt  {len(comparison.files)} differ"
        yield from map(_file_line, comparison.files)
    if with_text:
        yield ""
        yield from comparison.lines


def _links(links: int) -> str:
    return f"{links} link{'' if links == 1 else 's'}"


def _size_lines(sizes: tuple[SizeChange, ...]) -> Iterator[str]:
    """A line for each artifact, and one for all parts of a long one."""
    yield from (_size_line(change) for change in sizes if not change.name.is_part)
    parts = [change for change in sizes if change.name.is_part]
    if parts:
        was = sum(change.before is not None for change in parts)
        now = sum(change.after is not None for change in parts)
        yield f"{'parts of the full':<18} {was} → {now}, {sum(x.same for x in parts)} the same"


def _size_line(change: SizeChange) -> str:
    was = "none" if change.before is None else size(change.before)
    now = "none" if change.after is None else size(change.after)
    figures = f"{was} → {now}" if was != now else now
    return f"{change.name:<18} {figures}{', the same' if change.same else ''}"


def _reading_lines(comparison: Comparison) -> Iterator[str]:
    """Sections that came or went, and the words at the top."""
    if comparison.sections or comparison.texts:
        yield ""
    for section in comparison.sections:
        yield f"{_MARKS[section.change]} section {_shown(section.name)}, {_links(section.links)}"
    for text in comparison.texts:
        yield from _paragraph(f"{text.what:<8} - ", _shown(text.before) or "(none)")
        yield from _paragraph(f"{'':<8} + ", _shown(text.after) or "(none)")


def _tally(comparison: Comparison) -> str:
    counts = Counter(link.change for link in comparison.links)
    told = [f"{counts[change]} {change}" for change in Change if counts[change]]
    return ", ".join([f"{comparison.kept} kept", *told])


def _link_change(link: LinkChange) -> Iterator[str]:
    mark = f"{_MARKS[link.change]} "
    match link.change:
        case Change.ADDED | Change.REMOVED:
            yield from _paragraph(
                mark, f"{_shown(link.title)} ({_shown(link.before or link.after)})"
            )
        case Change.RENOTED:
            yield from _paragraph(mark, _shown(link.title))
            yield from _paragraph("    - ", _shown(link.before) or "(none)")
            yield from _paragraph("    + ", _shown(link.after) or "(none)")
        case _:
            title = "" if link.change is Change.RETITLED else f"{_shown(link.title)}: "
            yield from _paragraph(mark, f"{title}{_shown(link.before)} → {_shown(link.after)}")


def _file_line(change: FileChange) -> str:
    was = "none" if change.before is None else f"{change.before}"
    now = "none" if change.after is None else f"{change.after}"
    return f"{_MARKS[change.change]} {_shown(change.path)}, {was} → {now} characters"


def _shown(text: str) -> str:
    """Outside text on one line; visible here already, so that its width is known."""
    return visible(text.replace("\n", " "), _SHOWN_TEXT)


def _paragraph(head: str, text: str) -> Iterator[str]:
    """Text with a head, wrapped and indented below it."""
    yield from textwrap.wrap(
        text,
        _COLUMNS,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    ) or [head.rstrip()]
