"""What differs between two bundles: what a reader would notice first, text last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from llmsdeck.bundle.lines import longest_rise, unified
from llmsdeck.bundle.parse import Parsed, ParsedLink, parse
from llmsdeck.bundle.published import Bundle, blocks, judge
from llmsdeck.comparison import (
    Change,
    Comparison,
    FileChange,
    LinkChange,
    SectionChange,
    SizeChange,
    TextChange,
)
from llmsdeck.model import ArtifactName
from llmsdeck.verdict import Profile

MOST_LINES: Final = 2000
"""Lines of unified text."""
_COMMIT: Final = re.compile(r"/[0-9a-f]{40}(?=/)")

Key = tuple[str, int]
"""An address without its commit, and which of several equal ones it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    link: ParsedLink
    section: str
    place: int
    """In its section, from 1."""


def compare(before: Bundle, after: Bundle) -> Comparison:
    """Compare two bundles; raises RefusedError when one has no llms.txt."""
    old, new = parse(before.llms), parse(after.llms)
    entries, others = _entries(old), _entries(new)
    return Comparison(
        before=before.subject,
        after=after.subject,
        scores=(_score(before), _score(after)),
        texts=tuple(_texts(old, new)),
        sections=tuple(_sections(old, new)),
        links=tuple(_links(entries, others)),
        kept=len(entries.keys() & others.keys()),
        files=tuple(_files(before, after)),
        sizes=tuple(_sizes(before, after)),
        lines=tuple(_bounded(_lines(before, after))),
    )


def _score(bundle: Bundle) -> int:
    """What the row of a run says, else what the judge says now."""
    if bundle.run is not None and bundle.run.score is not None:
        return bundle.run.score
    return judge(bundle, Profile.V1).score


def _texts(old: Parsed, new: Parsed) -> Iterator[TextChange]:
    for what, before, after in (
        ("title", old.title, new.title),
        ("summary", old.summary, new.summary),
        ("facts", "\n".join(old.info), "\n".join(new.info)),
    ):
        if before != after:
            yield TextChange(what=what, before=before, after=after)


def _sections(old: Parsed, new: Parsed) -> Iterator[SectionChange]:
    before = {section.name: len(section.links) for section in old.sections}
    after = {section.name: len(section.links) for section in new.sections}
    for name, links in before.items():
        if name not in after:
            yield SectionChange(change=Change.REMOVED, name=name, links=links)
    for name, links in after.items():
        if name not in before:
            yield SectionChange(change=Change.ADDED, name=name, links=links)


def _entries(parsed: Parsed) -> dict[Key, _Entry]:
    """Links by what they lead to; the commit in an address of a forge does not count."""
    seen: Counter[str] = Counter()
    found: dict[Key, _Entry] = {}
    for section in parsed.sections:
        for place, link in enumerate(section.links, start=1):
            address = _COMMIT.sub("/*", link.url)
            seen[address] += 1
            found[address, seen[address]] = _Entry(link=link, section=section.name, place=place)
    return found


def _links(before: dict[Key, _Entry], after: dict[Key, _Entry]) -> Iterator[LinkChange]:
    for key, entry in before.items():
        if key not in after:
            yield _change(Change.REMOVED, entry, entry.section, "")
    for key, new in after.items():
        if key not in before:
            yield _change(Change.ADDED, new, "", new.section)
    shuffled = _shuffled(before, after)
    for key, new in after.items():
        if old := before.get(key):
            yield from _kept(old, new, shuffled=key in shuffled)


def _kept(old: _Entry, new: _Entry, *, shuffled: bool) -> Iterator[LinkChange]:
    """What happened to a link that both bundles have."""
    if old.section != new.section:
        yield _change(Change.MOVED, new, old.section, new.section)
    elif shuffled:
        yield _change(Change.MOVED, new, _position(old), _position(new))
    if old.link.title != new.link.title:
        yield _change(Change.RETITLED, new, old.link.title, new.link.title)
    if old.link.note != new.link.note:
        yield _change(Change.RENOTED, new, old.link.note, new.link.note)


def _change(change: Change, entry: _Entry, before: str, after: str) -> LinkChange:
    link = entry.link
    return LinkChange(change=change, title=link.title, url=link.url, before=before, after=after)


def _position(entry: _Entry) -> str:
    return f"{entry.section}, place {entry.place}"


def _shuffled(before: dict[Key, _Entry], after: dict[Key, _Entry]) -> set[Key]:
    """Links whose order within their section changed, as few as explain it."""
    stayed: dict[str, list[Key]] = {}
    for key, old in before.items():
        if key in after and after[key].section == old.section:
            stayed.setdefault(old.section, []).append(key)
    moved: set[Key] = set()
    for keys in stayed.values():
        kept = longest_rise([after[key].place for key in keys])
        moved |= set(keys) - {keys[index] for index in kept}
    return moved


def _files(before: Bundle, after: Bundle) -> Iterator[FileChange]:
    for path, old, new in _block_pairs(before, after):
        change = Change.ADDED if old is None else Change.REMOVED if new is None else Change.CHANGED
        yield FileChange(
            change=change,
            path=path,
            before=None if old is None else len(old),
            after=None if new is None else len(new),
        )


def _block_pairs(before: Bundle, after: Bundle) -> Iterator[tuple[str, str | None, str | None]]:
    """Files of llms-full.txt that are not the same in both."""
    old = dict(blocks(before.text(ArtifactName.LLMS_FULL) or ""))
    new = dict(blocks(after.text(ArtifactName.LLMS_FULL) or ""))
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            yield path, old.get(path), new.get(path)


def _sizes(before: Bundle, after: Bundle) -> Iterator[SizeChange]:
    for name in sorted(before.contents.keys() | after.contents.keys()):
        old, new = before.contents.get(name), after.contents.get(name)
        yield SizeChange(
            name=name,
            before=None if old is None else len(old),
            after=None if new is None else len(new),
            same=old == new,
        )


def _lines(before: Bundle, after: Bundle) -> Iterator[str]:
    """llms.txt whole, then each file of llms-full.txt that both have."""
    yield from _labelled(ArtifactName.LLMS, before.llms, after.llms)
    for path, old, new in _block_pairs(before, after):
        if old is not None and new is not None:
            yield from _labelled(f"{ArtifactName.LLMS_FULL}: {path}", old, new)


def _labelled(name: str, before: str, after: str) -> Iterator[str]:
    first = True
    for line in unified(before.split("\n"), after.split("\n")):
        if first:
            yield f"--- {name}"
            yield f"+++ {name}"
            first = False
        yield line


def _bounded(lines: Iterator[str]) -> Iterator[str]:
    yield from islice(lines, MOST_LINES)
    if left := sum(1 for _ in lines):
        yield f"[{left} more lines are left out]"
