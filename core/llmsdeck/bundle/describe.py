"""The head of llms.txt: name, summary, and facts that help to start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmsdeck.bundle.facts import Facts
from llmsdeck.bundle.markup import one_line
from llmsdeck.bundle.modules import module_name, python_packages
from llmsdeck.bundle.outline import Outline, Section
from llmsdeck.bundle.prose import (
    SUMMARY_CHARACTERS,
    as_title,
    leading_sentences,
    words,
)
from llmsdeck.bundle.survey import Survey
from llmsdeck.sources import Material

_PARAGRAPH_CHARACTERS: Final = 500
_FACT_CHARACTERS: Final = 200
_NEW_WORDS: Final = 4
_SHORT_COMMIT: Final = 12


def describe(material: Material, survey: Survey, sections: Sequence[Section]) -> Outline:
    """The outline of these sections under the project's name and summary."""
    title = _title(material, survey)
    opening = _opening(survey, title)
    summary = one_line(survey.facts.summary) or "".join(opening[:1])
    summary = leading_sentences(summary, SUMMARY_CHARACTERS)
    return Outline(
        title=title,
        summary=summary or _contents(material, sections),
        paragraph=_paragraph(opening if survey.facts.summary else opening[1:], summary),
        facts=tuple(one_line(fact)[:_FACT_CHARACTERS] for fact in _facts(material, survey.facts)),
        sections=tuple(sections),
    )


def _title(material: Material, survey: Survey) -> str:
    """The name as the project spells it: README and manifest often differ in capitals only."""
    name = as_title(survey.facts.name)
    heading = as_title(survey.pages[survey.readme].title) if survey.readme else ""
    if heading and (not name or words(heading) == words(name)):
        return heading
    spelled = (word for word in heading.split() if word.lower() == name.lower())
    return next(spelled, name) or as_title(material.name) or "Untitled"


def _opening(survey: Survey, title: str) -> tuple[str, ...]:
    """The leading paragraphs of the README, else of the documentation.

    A paragraph that says what the project is goes before news and slogans.
    """
    paths = [survey.readme] if survey.readme else []
    paths += [p for p in survey.tour if survey.pages[p].paragraphs][:1]
    pages = (survey.pages[path] for path in paths)
    page = next((page for page in pages if page.paragraphs), None)
    if page is None:
        return ()
    start = f"{title.lower()} is "
    defining = [text for text in page.paragraphs if text.lower().startswith(start)]
    lead = page.paragraphs[: page.lead] or ([] if defining else page.paragraphs[:1])
    return tuple(dict.fromkeys((*defining[:1], *lead)))


def _paragraph(opening: Sequence[str], summary: str) -> str:
    """The first opening paragraph that adds something to the summary."""
    for text in opening[:2]:
        if len(words(text) - words(summary)) >= _NEW_WORDS and not text.endswith(":"):
            return leading_sentences(text, _PARAGRAPH_CHARACTERS)
    return ""


def _contents(material: Material, sections: Sequence[Section]) -> str:
    """The summary of a source that says nothing about itself."""
    linked = sum(len(section.links) for section in sections)
    return f"Text files of {as_title(material.name)}, listed: {linked} of {len(material.files)}."


def _facts(material: Material, facts: Facts) -> Iterator[str]:
    if facts.install:
        yield f"Install: `{facts.install}`"
    if packages := [module_name(path) for path in python_packages(material.by_path, facts)][:3]:
        yield "Import: " + ", ".join(f"`{package}`" for package in packages)
    if facts.commands:
        yield "Commands: " + ", ".join(f"`{command}`" for command in facts.commands)
    if facts.runtime:
        yield f"Requires: {facts.runtime}"
    if facts.version:
        yield f"Version: {facts.version}"
    if facts.licence:
        yield f"License: {facts.licence}"
    if facts.site.startswith(("https://", "http://")):
        yield f"Website: {facts.site}"
    if material.about and material.about.archived:
        yield "Status: archived, nobody changes it any more"
    yield _about_links(material)


def _about_links(material: Material) -> str:
    moment = f" at commit {material.commit[:_SHORT_COMMIT]}" if material.commit else ""
    if material.link_base is None:
        return f"Links are paths relative to the root of the source{moment}."
    return f"Links lead to the files{moment}."
