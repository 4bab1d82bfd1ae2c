"""The head of llms.txt: name, summary, and facts that help to start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmsdeck.bundle.facts import Facts
from llmsdeck.bundle.markup import one_line
from llmsdeck.bundle.modules import module_name, python_packages
from llmsdeck.bundle.outline import Outline, Section
from llmsdeck.bundle.packages import without_role
from llmsdeck.bundle.places import is_document, reading_rank
from llmsdeck.bundle.prose import (
    SUMMARY_CHARACTERS,
    as_title,
    leading_sentences,
    leads_away,
    words,
)
from llmsdeck.bundle.survey import Survey
from llmsdeck.sources import Material
from llmsdeck.sources.triage import named

_PARAGRAPH_CHARACTERS: Final = 500
_FACT_CHARACTERS: Final = 200
_NEW_WORDS: Final = 4
_LETTERS: Final = 4
_SHORT_SUMMARY: Final = 40
"""Characters below which a summary is a slogan that the README has to complete."""
_PARTS: Final = named(
    "features installation install usage introduction overview about contents documentation readme"
    " quickstart welcome donations sponsors sponsoring backers"
)
"""Headings of parts of a README, which are no name of a project."""
_SHORT_COMMIT: Final = 12


def describe(material: Material, survey: Survey, sections: Sequence[Section]) -> Outline:
    """The outline of these sections under the project's name and summary."""
    title = _title(material, survey)
    opening = _opening(survey, title)
    summary = _summary(survey, opening)
    return Outline(
        title=title,
        summary=summary or _contents(material, sections),
        paragraph=_paragraph(opening if survey.facts.summary else opening[1:], summary),
        facts=tuple(one_line(fact)[:_FACT_CHARACTERS] for fact in _facts(material, survey.facts)),
        sections=tuple(sections),
    )


def _summary(survey: Survey, opening: Sequence[str]) -> str:
    """What an existing llms.txt says, else the manifest, else the README; not all too short."""
    summary = one_line(survey.seed.summary or survey.facts.summary) or "".join(opening[:1])
    if len(summary) < _SHORT_SUMMARY:
        ends = "" if summary.endswith((".", "!", "?")) else "."
        news = (text for text in opening if len(words(text) - words(summary)) >= _NEW_WORDS)
        more = leading_sentences(next(news, ""), SUMMARY_CHARACTERS - len(summary) - 2)
        return f"{summary}{ends} {more}" if summary and more else summary or more
    return leading_sentences(summary, SUMMARY_CHARACTERS)


def _title(material: Material, survey: Survey) -> str:
    """The name as the project spells it: README and manifest often differ in capitals only."""
    name = as_title(without_role(survey.facts.name) or survey.facts.name)
    if name.isupper() and name.lower() == material.name.lower():
        name = as_title(material.name)
    heading = as_title(survey.pages[survey.readme].title) if survey.readme else ""
    if heading.lower() in _PARTS:
        heading = ""
    if heading and (not name or words(heading) == words(name)):
        return heading
    spelled = (word for word in heading.split() if word.lower() == name.lower())
    return next(spelled, name) or as_title(material.name) or "Untitled"


def _opening(survey: Survey, title: str) -> tuple[str, ...]:
    """The leading paragraphs of the README, else of the documentation.

    A paragraph that says what the project is goes before news and slogans.
    """
    paths = [*_introductions(survey, title)]
    paths += [p for p in survey.tour if survey.pages.opening(p).paragraphs][:1]
    pages = (survey.pages[path] for path in paths)
    page = next((page for page in pages if page.paragraphs), None)
    if page is None:
        return ()
    start = f"{title.lower()} is "
    defining = [text for text in page.paragraphs if text.lower().startswith(start)]
    lead_in = page.paragraphs[: page.lead]
    lead_in = tuple(text for text in lead_in if not leads_away(text))
    lead = lead_in or (() if defining else page.paragraphs[:1])
    return tuple(dict.fromkeys((*defining[:1], *lead)))


def _introductions(survey: Survey, title: str) -> Iterator[str]:
    """The README; before it, where it starts with its chapters, a page named like the project."""
    if survey.readme and not survey.pages[survey.readme].lead:
        name = _letters(title)
        for path in sorted(survey.pages, key=reading_rank):
            page = survey.pages[path]
            called = _letters(page.title)
            if page.lead and is_document(path) and len(called) >= _LETTERS and called in name:
                yield path
                break
    if survey.readme:
        yield survey.readme


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _paragraph(opening: Sequence[str], summary: str) -> str:
    """The first opening paragraph that adds something to the summary."""
    for text in opening[:2]:
        new = len(words(text) - words(summary)) >= _NEW_WORDS
        if new and not text.endswith(":") and not leads_away(text):
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
