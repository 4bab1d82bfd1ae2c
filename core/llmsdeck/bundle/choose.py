"""Choosing what llms.txt links to, in which section and order; the author's order wins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.bundle.describe import describe
from llmsdeck.bundle.outline import Link, Outline, Section, SectionName
from llmsdeck.bundle.places import (
    TRADITIONS,
    example_of,
    in_examples,
    is_code,
    is_document,
    reading_rank,
    section_of,
    stem,
)
from llmsdeck.bundle.survey import Survey
from llmsdeck.bundle.titles import candidate, note_for, unique_titles
from llmsdeck.bundle.tour import Stop
from llmsdeck.sources import Material
from llmsdeck.sources.forge import encoded

BUDGET: Final[Mapping[SectionName, int]] = {
    SectionName.DOCS: 26,
    SectionName.API: 12,
    SectionName.EXAMPLES: 8,
    SectionName.DEVELOPMENT: 6,
    SectionName.OPTIONAL: 8,
}
"""Links per section; together 60, what a reader takes in at one go."""
_FEW_PAGES: Final = 3
_OFF_TOUR: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An outline and what did not fit into it."""

    outline: Outline
    left_out: int
    """Pages that would have been linked if the budget allowed."""


def choose(material: Material, survey: Survey) -> Choice:
    """Pick, order and describe the links."""
    sections: dict[SectionName, list[str]] = {name: [] for name in SectionName}
    for path in _documents(survey):
        stop = survey.tour.get(path)
        sections[section_of(path, stop.group if stop else "")].append(path)
    sections[SectionName.OPTIONAL] = _traditional(sections[SectionName.OPTIONAL])
    if len(sections[SectionName.API]) < _FEW_PAGES:
        room = BUDGET[SectionName.API] - len(sections[SectionName.API])
        sections[SectionName.API] += _modules(survey, sections[SectionName.API])[:room]
    sections[SectionName.EXAMPLES] = _examples(sections[SectionName.EXAMPLES], survey)
    if not any(sections.values()):
        sections[SectionName.DOCS] = sorted(material.by_path, key=reading_rank)
    kept = {name: _within(paths, BUDGET[name], survey) for name, paths in sections.items()}
    chosen = tuple(
        Section(name=name, links=tuple(_link(path, material, survey) for path in paths))
        for name, paths in kept.items()
        if paths
    )
    outline = describe(material, survey, unique_titles(chosen))
    return Choice(
        outline=outline,
        left_out=sum(map(len, sections.values())) - sum(map(len, kept.values())),
    )


def _documents(survey: Survey) -> Iterator[str]:
    """Candidates in order: README, the author's tour, what the README mentions, then the rest."""
    readme = [survey.readme] if survey.readme else []
    ground = _toured_folder(survey.tour)
    hidden = {p for p in survey.pages if ground and p.startswith(ground)} - survey.tour.keys()
    rest = [path for path in survey.pages if path not in survey.tour and path not in hidden]
    mentioned = sorted((p for p in rest if p in survey.mentioned), key=survey.mentioned.__getitem__)
    others = sorted((p for p in rest if p not in survey.mentioned), key=reading_rank)
    for path in dict.fromkeys([*readme, *survey.tour, *mentioned, *others]):
        if path == survey.readme or _is_worth_linking(path, survey):
            yield path


def _toured_folder(tour: Mapping[str, Stop]) -> str:
    """The folder the author's tour goes through; pages in it that it passes by are not offered."""
    folders = [os.path.dirname(path) for path in tour if is_document(path)]
    common = os.path.commonpath(folders) if folders else ""
    return f"{common}/" if common else ""


def _is_worth_linking(path: str, survey: Survey) -> bool:
    page = survey.pages.get(path)
    if page is None:
        return is_code(path)
    if path in survey.modules and path not in survey.tour and not in_examples(path):
        return False
    if stem(path) in TRADITIONS and "/" not in path:
        return True
    return bool(page.paragraphs) or is_code(path)


def _traditional(paths: Sequence[str]) -> list[str]:
    """One file per tradition, the one nearest to the root."""
    nearest: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: (path.count("/"), path)):
        nearest.setdefault(TRADITIONS.get(stem(path), path), path)
    order = list(dict.fromkeys(TRADITIONS.values()))
    return sorted(
        nearest.values(), key=lambda path: order.index(TRADITIONS.get(stem(path), order[-1]))
    )


def _modules(survey: Survey, known: Sequence[str]) -> list[str]:
    """Modules that say something: prose, or names that they define."""
    speaking = [p for p in survey.modules if note_for(p, candidate(p, survey), survey)]
    return [path for path in speaking or survey.modules if path not in known]


def _examples(paths: Sequence[str], survey: Survey) -> list[str]:
    """One file per example: a folder is represented by its README, else by its first module."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(example_of(path), []).append(path)
    chosen = (min(group, key=lambda path: _example_rank(path, survey)) for group in groups.values())
    return sorted(chosen, key=lambda path: _example_order(path, survey))


def _example_order(path: str, survey: Survey) -> tuple[int, str]:
    """Examples that the author lists keep their order; the others by name, the mute ones last."""
    if path in survey.tour or path in survey.mentioned:
        return (0, "")
    mute = not note_for(path, candidate(path, survey), survey)
    return (1 + mute, path.lower())


def _example_rank(path: str, survey: Survey) -> tuple[bool, bool, int, bool, str]:
    main = stem(path) in {"main", "app", "index", "server", "example", "__init__"}
    return (stem(path) != "readme", path not in survey.tour, path.count("/"), not main, path)


def _within(paths: Sequence[str], room: int, survey: Survey) -> list[str]:
    """The best candidates up to the budget, in the order they came in.

    Deep pages of the author's tour give way first, so that every chapter keeps its opening.
    """
    ranked = sorted(range(len(paths)), key=lambda n: (_remoteness(paths[n], survey), n))
    return [paths[n] for n in sorted(ranked[:room])]


def _remoteness(path: str, survey: Survey) -> int:
    """How far from the author's main road: on the tour by depth, then mentioned, then others."""
    if path == survey.readme or not survey.tour:
        return 0
    if stop := survey.tour.get(path):
        return stop.depth
    return _OFF_TOUR + (path not in survey.mentioned)


def _link(path: str, material: Material, survey: Survey) -> Link:
    title = candidate(path, survey)
    url = (material.link_base or "") + encoded(path)
    return Link(title=title, path=path, url=url, note=note_for(path, title, survey))
