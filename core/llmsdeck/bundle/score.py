"""The part of the rubric that only the collected material decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from llmsdeck.bundle.gates import quoted
from llmsdeck.bundle.outline import Link, Outline
from llmsdeck.bundle.places import TRADITIONS, in_examples, is_aside, is_document, stem
from llmsdeck.bundle.prose import words
from llmsdeck.bundle.rubric import share
from llmsdeck.bundle.survey import Survey
from llmsdeck.sources import Material
from llmsdeck.verdict import Measure

MATERIAL_MEASURES: Final = {
    "own words": 5,
    "coverage": 20,
    "precision": 15,
    "grounded": 5,
    "order": 5,
}
"""Names and weights; without the material these are left out and said so."""
_OWN_WORDS: Final = 2
_OPENING: Final = 64 * 1024
"""Characters of a linked file in which the words of its note are looked for."""


def material_measures(outline: Outline, material: Material, survey: Survey) -> Iterator[Measure]:
    """How well a bundle does justice to what it was made from."""
    links = tuple(outline.links())
    yield _own_words(outline, survey)
    yield _coverage(links, material, survey)
    yield _precision(links)
    yield _grounded(links, material)
    yield _order(links, survey)


def unmeasured() -> Iterator[Measure]:
    """The same items for a text whose material is not at hand."""
    for name in MATERIAL_MEASURES:
        yield _measure(name, None, "The material that the file was made from is not at hand.")


def _measure(name: str, points: float | None, reason: str) -> Measure:
    return Measure(name=name, weight=MATERIAL_MEASURES[name], points=points, reason=reason)


def _own_words(outline: Outline, survey: Survey) -> Measure:
    opening = survey.pages[survey.readme].paragraphs if survey.readme else ()
    own = words(" ".join((survey.facts.summary, *opening)))
    common = len(words(outline.summary) & own)
    reason = f"{common} words of the summary are the project's own."
    return _measure("own words", float(common >= _OWN_WORDS), reason)


def _coverage(links: Sequence[Link], material: Material, survey: Survey) -> Measure:
    """Recall of what every reader looks for, as far as the source has it."""
    looked_for = {**_traditions(links, material), **_essentials(links, survey)}
    missing = [name for name, there in looked_for.items() if not there]
    reason = f"{len(looked_for) - len(missing)} of {len(looked_for)} things that readers look for"
    if missing:
        reason += f"; there is no link to {', '.join(missing)}"
    points = share(len(looked_for) - len(missing), len(looked_for))
    return _measure("coverage", points, f"{reason}.")


def _traditions(links: Sequence[Link], material: Material) -> dict[str, bool]:
    labels = {TRADITIONS.get(stem(link.path)) for link in links}
    at_root = {TRADITIONS.get(stem(p)) for p in material.by_path if "/" not in p and is_document(p)}
    wanted = {"Changelog": "the changelog", "License": "the licence"}
    return {name: label in labels for label, name in wanted.items() if label in at_root}


def _essentials(links: Sequence[Link], survey: Survey) -> dict[str, bool]:
    linked = {link.path for link in links}
    checks: dict[str, bool] = {}
    if survey.readme:
        checks["the README"] = survey.readme in linked
    if any(in_examples(path) for path in survey.pages):
        checks["an example"] = any(in_examples(path) for path in linked)
    if survey.modules:
        checks["the public interface"] = bool(linked & set(survey.modules)) or "api" in map(
            stem, linked
        )
    return checks


def _precision(links: Sequence[Link]) -> Measure:
    aside = [link.path for link in links if is_aside(link.path)]
    reason = f"{len(links) - len(aside)} of {len(links)} links lead to documentation"
    if aside:
        reason += f"; {quoted(aside[0])} is for tests, tools or another language"
    return _measure("precision", share(len(links) - len(aside), len(links)), f"{reason}.")


def _grounded(links: Sequence[Link], material: Material) -> Measure:
    """Notes that take their words from what they are about; nobody has made them up."""
    noted = [link for link in links if link.note and link.path in material.by_path]
    astray = [
        link.path
        for link in noted
        if len(words(link.note) & words(material.by_path[link.path].text[:_OPENING])) < _OWN_WORDS
    ]
    reason = f"{len(noted) - len(astray)} of {len(noted)} notes use words of the file"
    if astray:
        reason += f"; the one on {quoted(astray[0])} does not"
    return _measure("grounded", share(len(noted) - len(astray), len(noted)), f"{reason}.")


def _order(links: Sequence[Link], survey: Survey) -> Measure:
    positions = {path: position for position, path in enumerate(survey.tour)}
    order = [positions[link.path] for link in links if link.path in positions]
    if not order:
        return _measure("order", None, "The author gives no order.")
    steps = [before < after for before, after in pairwise(order)]
    reason = f"{sum(steps)} of {len(steps)} steps follow the author's navigation."
    return _measure("order", share(sum(steps), len(steps)), reason)
