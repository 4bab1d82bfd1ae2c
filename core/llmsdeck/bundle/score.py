"""How good an llms.txt is, as far as a script can tell: 0 to 100."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from llmsdeck.bundle.outline import Link, Outline, SectionName
from llmsdeck.bundle.places import TRADITIONS, in_examples, is_aside, is_document, stem
from llmsdeck.bundle.prose import NOTE_CHARACTERS, words
from llmsdeck.bundle.survey import Survey
from llmsdeck.sources import Material

_SUMMARY_CHARACTERS: Final = range(40, 301)
_LINKS: Final = range(10, 61)
_BYTES: Final = 12 * 1024
_SECTIONS: Final = range(2, 9)
_WANTED_NOTES: Final = 0.9


def score(outline: Outline, material: Material, survey: Survey, size: int) -> int:
    """The weighted mean of the measures that apply to this source; `size` is in bytes."""
    measures = [*_measures(outline, material, survey, size)]
    total = sum(weight for weight, _ in measures)
    return round(100 * sum(weight * value for weight, value in measures) / total)


def _measures(
    outline: Outline, material: Material, survey: Survey, size: int
) -> Iterator[tuple[int, float]]:
    links = tuple(outline.links())
    yield 10, _summary(outline, survey)
    yield 5, float(len(outline.facts) > 1)
    yield 20, _coverage(links, material, survey)
    yield 15, _share([not is_aside(link.path) for link in links])
    yield 15, min(1.0, _share([_is_telling(link) for link in links]) / _WANTED_NOTES)
    yield 5, _share([link.title.lower() != link.path.lower() for link in links])
    positions = {path: position for position, path in enumerate(survey.tour)}
    if order := [positions[link.path] for link in links if link.path in positions]:
        yield 5, _share([before < after for before, after in pairwise(order)])
    yield 10, (len(outline.sections) in _SECTIONS) / 2 + _sections(outline) / 2
    yield 5, (len(links) in _LINKS) / 2 + (size <= _BYTES) / 2


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0


def _summary(outline: Outline, survey: Survey) -> float:
    """Half for a fit length, half for words that the project itself uses."""
    opening = survey.pages[survey.readme].paragraphs if survey.readme else ()
    own = words(" ".join((survey.facts.summary, *opening)))
    fits = len(outline.summary) in _SUMMARY_CHARACTERS
    return fits / 2 + (len(words(outline.summary) & own) >= 2) / 2


def _coverage(links: Sequence[Link], material: Material, survey: Survey) -> float:
    """Recall of what every reader looks for, as far as the source has it."""
    linked = {link.path for link in links}
    labels = {TRADITIONS.get(stem(path)) for path in linked}
    at_root = {TRADITIONS.get(stem(p)) for p in material.by_path if "/" not in p and is_document(p)}
    checks = [label in labels for label in ("Changelog", "License") if label in at_root]
    if survey.readme:
        checks.append(survey.readme in linked)
    if any(in_examples(path) for path in survey.pages):
        checks.append(any(in_examples(path) for path in linked))
    if survey.modules:
        checks.append(bool(linked & set(survey.modules)) or "api" in map(stem, linked))
    return _share(checks)


def _is_telling(link: Link) -> bool:
    shortest, longest = NOTE_CHARACTERS
    return shortest <= len(link.note) <= longest and len(words(link.note) - words(link.title)) >= 2


def _sections(outline: Outline) -> float:
    names = [section.name for section in outline.sections]
    last = SectionName.OPTIONAL not in names or names[-1] == SectionName.OPTIONAL
    return float(last and (SectionName.DOCS in names))
