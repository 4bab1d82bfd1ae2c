"""How two bundles differ, as lines: what a reader would notice first, the text last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from textual.content import Content

from llmsdeck.comparison import (
    Change,
    Comparison,
    FileChange,
    LinkChange,
    SectionChange,
    SizeChange,
)
from llmsdeck.model import Run
from llmsdeck_tui.present import detail, runs, words
from llmsdeck_tui.present.page import Line, joined, line
from llmsdeck_tui.safe import LIMIT, plain

_MARKS: Final = {
    Change.ADDED: ("+", words.GOOD),
    Change.REMOVED: ("-", words.BAD),
    Change.MOVED: ("→", words.LIVE),
    Change.RETITLED: ("~", words.WARN),
    Change.RENOTED: ("~", words.WARN),
    Change.CHANGED: ("~", words.WARN),
}
_INDENT: Final = 13
"""Where the names of links begin."""


def title(before: Run, after: Run) -> Content:
    """The older and the newer run."""
    same = before.source == after.source
    return Content.assemble(
        (plain(before.short_id), words.STRONG),
        "" if same else Content.assemble(" ", runs.name(before)),
        (" → ", words.QUIET),
        (plain(after.short_id), words.STRONG),
        " ",
        runs.name(after),
    )


def is_heading(line: Line) -> bool:
    """Whether a line begins a part."""
    return bool(line.marks) and line.marks[0][2] == words.HEADING


def lines(found: Comparison) -> list[Line]:
    """Everything that differs."""
    return list(_lines(found))


def _lines(found: Comparison) -> Iterator[Line]:
    yield from _summary(found)
    parts = (
        ("TEXTS", list(_texts(found))),
        ("SECTIONS", [_section(each) for each in found.sections]),
        ("LINKS", [_link(each) for each in found.links]),
        ("FILES", [_file(each) for each in found.files]),
        ("LINES", [_text(each) for each in found.lines]),
    )
    for heading, block in parts:
        if block:
            yield joined(("", ""))
            yield joined((heading, words.HEADING))
            yield from block


def _summary(found: Comparison) -> Iterator[Line]:
    old, new = found.scores
    yield joined(("SUMMARY", words.HEADING))
    if found.equal:
        yield joined(("  The bundles are the same, byte for byte.", words.GOOD))
    style = words.GOOD if new > old else words.BAD if new < old else words.QUIET
    yield joined(("  score          ", words.QUIET), (f"{old} → {new}", style))
    changes = words.counted(len(found.links), "change")
    links = f"{words.counted(found.kept, 'link')} in both, {changes}"
    yield joined(("  links          ", words.QUIET), (links, ""))
    for size in sorted(found.sizes, key=lambda size: detail.place(size.name)):
        yield _size(size)


def _size(size: SizeChange) -> Line:
    label = (f"  {size.name:<13}  ", words.QUIET)
    if size.same:
        return joined(label, (f"{words.size(size.before or 0)}, the same", words.QUIET))
    old = "absent" if size.before is None else words.size(size.before)
    new = "absent" if size.after is None else words.size(size.after)
    return joined(label, (f"{old} → {new}", ""), (_bytes(size), words.QUIET))


def _bytes(size: SizeChange) -> str:
    if size.before is None or size.after is None:
        return ""
    return f"  {size.after - size.before:+,} bytes".replace(",", " ")


def _texts(found: Comparison) -> Iterator[Line]:
    for each in found.texts:
        yield joined((f"  {each.what}", words.STRONG))
        yield joined(("  - ", words.BAD), (plain(each.before, LIMIT), ""), indent=4)
        yield joined(("  + ", words.GOOD), (plain(each.after, LIMIT), ""), indent=4)


def _section(section: SectionChange) -> Line:
    mark, style = _MARKS[section.change]
    start = (f"  {mark} {section.change:<9}", style)
    count = (f"  {words.counted(section.links, 'link')}", words.QUIET)
    return joined(start, (plain(section.name, 200), ""), count)


def _link(link: LinkChange) -> Line:
    mark, style = _MARKS[link.change]
    start = (f"  {mark} {link.change:<9}", style)
    name = plain(link.title, 200)
    where = plain(link.before or link.after, 200)
    if link.change in (Change.ADDED, Change.REMOVED):
        address = (f"  {plain(link.url, 300)}", words.QUIET)
        return joined(start, (name, ""), (f"  in {where}", words.QUIET), address, indent=_INDENT)
    was, now = plain(link.before, 300), plain(link.after, 300)
    if link.change is Change.RETITLED:
        return joined(start, (was, words.QUIET), (" → ", words.QUIET), (now, ""), indent=_INDENT)
    return joined(start, (name, ""), (f"  {was} → ", words.QUIET), (now, ""), indent=_INDENT)


def _file(file: FileChange) -> Line:
    mark, style = _MARKS[file.change]
    old = "" if file.before is None else words.number(file.before)
    new = "" if file.after is None else words.number(file.after)
    extent = " → ".join(filter(None, (old, new)))
    start = (f"  {mark} {file.change:<9}", style)
    return joined(start, (plain(file.path, 300), ""), (f"  {extent} characters", words.QUIET))


def _text(text: str) -> Line:
    if text.startswith(("--- ", "+++ ")):
        return line(text, words.STRONG)
    style = {"+": words.GOOD, "-": words.BAD, "@": words.LIVE}.get(text[:1], "")
    return line(text, style)
