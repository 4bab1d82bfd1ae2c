"""Choosing what llms.txt links to, in which section and order; the author's order wins."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    is_housekeeping,
    reading_rank,
    section_of,
    stem,
)
from llmsdeck.bundle.prose import words
from llmsdeck.bundle.shelves import package_sections
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
        sections[_section(path, survey)].append(path)
    others = sum(bool(paths) or name is SectionName.API for name, paths in sections.items())
    parts = package_sections(survey, others)
    budget = _budget(sum(map(len, parts.values())))
    sections[SectionName.OPTIONAL] = _secondary(sections[SectionName.OPTIONAL], survey)
    placed = {path for paths in sections.values() for path in paths}
    modules = [path for path in _modules(survey) if path not in placed]
    sections[SectionName.API] = _interface(sections[SectionName.API], modules, budget, survey)
    sections[SectionName.EXAMPLES] = _examples(sections[SectionName.EXAMPLES], survey)
    if not any(sections.values()) and not parts:
        sections[SectionName.DOCS] = sorted(material.by_path, key=reading_rank)
    kept = {name: _within(paths, budget[name], survey) for name, paths in sections.items()}
    chosen = _linked(_laid_out(kept, parts), material, survey)
    outline = describe(material, survey, unique_titles(chosen))
    return Choice(
        outline=outline,
        left_out=sum(map(len, sections.values())) - sum(map(len, kept.values())),
    )


def _budget(packages: int) -> Mapping[SectionName, int]:
    """The budget with room for this many links to packages, taken from pages and modules alike."""
    modules = packages // 2
    return {
        **BUDGET,
        SectionName.DOCS: BUDGET[SectionName.DOCS] - (packages - modules),
        SectionName.API: BUDGET[SectionName.API] - modules,
    }


def _section(path: str, survey: Survey) -> SectionName:
    """Where a document belongs; what an existing llms.txt says wins."""
    if seeded := survey.seed.links.get(path):
        return seeded.section
    stop = survey.tour.get(path)
    if stop is None and is_housekeeping(path):
        return SectionName.DEVELOPMENT
    if is_code(path) and not in_examples(path):
        return SectionName.API
    return section_of(path, stop.group if stop else "")


def _laid_out(
    kept: Mapping[SectionName, Sequence[str]], parts: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Sequence[str]]]:
    """The sections in order; packages stand right after the interface."""
    for name, paths in kept.items():
        if paths:
            yield name, paths
        if name == SectionName.API:
            yield from parts.items()


def _linked(
    sections: Iterable[tuple[str, Sequence[str]]], material: Material, survey: Survey
) -> tuple[Section, ...]:
    """The sections with titles and notes; no note is used twice."""
    taken: set[frozenset[str]] = set()
    return tuple(
        Section(name=name, links=tuple(_link(path, material, survey, taken) for path in paths))
        for name, paths in sections
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
        elsewhere = path not in survey.tour and survey.in_package(path)
        if path == survey.readme or (survey.is_worth_linking(path) and not elsewhere):
            yield path


def _toured_folder(tour: Mapping[str, Stop]) -> str:
    """The folder the author's tour goes through; pages in it that it passes by are not offered."""
    folders = [os.path.dirname(path) for path in tour if is_document(path)]
    common = os.path.commonpath(folders) if folders else ""
    return f"{common}/" if common else ""


def _secondary(paths: Sequence[str], survey: Survey) -> list[str]:
    """What an existing llms.txt calls optional, as far as there is room, then the traditions."""
    seeded = [path for path in paths if path in survey.seed.links]
    traditional = _traditional([path for path in paths if path not in survey.seed.links])
    return [*seeded[: max(0, BUDGET[SectionName.OPTIONAL] - len(traditional))], *traditional]


def _interface(
    pages: Sequence[str],
    modules: Sequence[str],
    budget: Mapping[SectionName, int],
    survey: Survey,
) -> list[str]:
    """Reference pages; modules where there are few of them, else the way in at least."""
    room = budget[SectionName.API]
    if len(pages) < _FEW_PAGES:
        return [*pages, *modules[: room - len(pages)]]
    if survey.modules and not set(survey.modules).isdisjoint(pages):
        return [*pages]
    best = _within(pages, room - 1, survey)
    return [*best, *modules[:1], *(path for path in pages if path not in best)]


def _traditional(paths: Sequence[str]) -> list[str]:
    """One file per tradition, the one nearest to the root."""
    nearest: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: (path.count("/"), path)):
        nearest.setdefault(TRADITIONS.get(stem(path), path), path)
    order = list(dict.fromkeys(TRADITIONS.values()))
    return sorted(
        nearest.values(), key=lambda path: order.index(TRADITIONS.get(stem(path), order[-1]))
    )


def _modules(survey: Survey) -> list[str]:
    """Modules that say something: first those with a note, then those with names alone."""
    own = [path for path in survey.modules if not survey.in_package(path)]
    noted = [path for path in own if note_for(path, candidate(path, survey), survey)]
    named = [path for path in own if path not in noted and survey.pages[path].names]
    return [*noted, *named] or own


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

    Deep pages of the author's tour give way first, so that every chapter keeps its opening; before
    them pages without prose.
    """
    ranked = sorted(
        range(len(paths)),
        key=lambda n: (_is_brief(paths[n], survey), _remoteness(paths[n], survey), n),
    )
    return [paths[n] for n in sorted(ranked[:room])]


def _is_brief(path: str, survey: Survey) -> bool:
    return path in survey.pages and survey.pages.opening(path).brief


def _remoteness(path: str, survey: Survey) -> int:
    """How far from the author's main road: on the tour by depth, then mentioned, then others."""
    if path == survey.readme or not survey.tour or is_code(path) or in_examples(path):
        return 0
    if stop := survey.tour.get(path):
        return stop.depth
    return _OFF_TOUR + (path not in survey.mentioned)


def _link(path: str, material: Material, survey: Survey, taken: set[frozenset[str]]) -> Link:
    title = candidate(path, survey)
    url = (material.link_base or "") + encoded(path)
    note = note_for(path, title, survey, taken)
    taken.add(words(note) - words(title))
    return Link(title=title, path=path, url=url, note=note)
