"""What a model is given to read, packed into the tokens there are and marked as strangers' text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Final

from llmsdeck.bundle.hygiene import harmless
from llmsdeck.bundle.outline import Link, Outline, SectionName
from llmsdeck.bundle.secrets import redacted
from llmsdeck.bundle.survey import Survey
from llmsdeck.sources import Material

Estimate = Callable[[str], int]
"""Tokens of a text."""

_TURN: Final = re.compile(
    r"([<\[])(?=[|\uff5c]|/?s>|/?(?:inst|sys|think|start_of|end_of|im_|bos|eos|assistant|user))",
    re.IGNORECASE,
)
"""Where a chat template could mistake text for the end of a message."""
_READ_CHARACTERS: Final = 40_000
_README_SHARE: Final = 0.55
_DOCS_SHARE: Final = 0.6
"""Of what the README leaves."""
_DOCS: Final = 12
_MODULES: Final = 8
_NAMES: Final = 12


def cut(text: str, tokens: int, estimate: Estimate) -> str:
    """As much of the text from its start as fits."""
    text = text[:_READ_CHARACTERS]
    while text and (size := estimate(text)) > tokens:
        text = text[: min(len(text) - 1, len(text) * max(tokens, 0) // size)]
    return text


def quoted(text: str) -> str:
    """The text between marks that it cannot hold itself, being made from its hash.

    Tokens by which chat templates separate messages are broken up, and secrets stay here.
    """
    text = _TURN.sub(r"\1 ", harmless(redacted(text)[0]))
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    return f"BEGIN DATA {mark}\n{text}\nEND DATA {mark}"


def of_project(
    outline: Outline, material: Material, survey: Survey, tokens: int, estimate: Estimate
) -> str:
    """README, openings of documents and docstrings, each with its share of the tokens."""
    parts: list[str] = []
    left = tokens

    def add(text: str, share: float) -> None:
        nonlocal left
        if text and (part := cut(text, int(left * share), estimate)):
            parts.append(part)
            left -= estimate(part)

    add(f"Project: {outline.title}\nDescription: {survey.facts.summary}", 1)
    if survey.readme:
        add(f"README:\n{material.by_path[survey.readme].text}", _README_SHARE)
    add("\n".join(_openings(outline, survey)), _DOCS_SHARE)
    add("\n".join(_docstrings(survey)), 1)
    return "\n\n".join(parts)


def of_link(
    number: int, link: Link, material: Material, survey: Survey, tokens: int, estimate: Estimate
) -> str:
    """What one linked file says: its opening and names, then its text."""
    page = survey.pages.get(link.path)
    head = f"{number}. {link.title}\nfile: {link.path}\ncurrent note: {link.note or '(none)'}"
    known = " ".join(page.paragraphs) if page else ""
    names = f"names: {', '.join(page.names[:_NAMES])}" if page and page.names else ""
    text = material.by_path[link.path].text if link.path in material.by_path else ""
    return cut("\n".join(filter(None, (head, known, names, text))), tokens, estimate)


def _openings(outline: Outline, survey: Survey) -> Iterator[str]:
    documents = [
        link
        for section in outline.sections
        if section.name != SectionName.OPTIONAL
        for link in section.links
        if link.path != survey.readme
    ]
    for link in documents[:_DOCS]:
        page = survey.pages.get(link.path)
        opening = page.paragraphs[0] if page and page.paragraphs else ""
        yield f"{link.path} ({link.title}): {opening}"


def _docstrings(survey: Survey) -> Iterator[str]:
    for path in survey.modules[:_MODULES]:
        page = survey.pages.get(path)
        if page and (page.paragraphs or page.names):
            said = " ".join((*page.paragraphs[:2], *page.names[:_NAMES]))
            yield f"{path}: {said}"
