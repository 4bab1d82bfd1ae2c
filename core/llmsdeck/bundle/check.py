"""The gates of our own bundles, held against what they were made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from llmsdeck.bundle.choose import BUDGET
from llmsdeck.bundle.expand import TOTAL_CHARACTERS
from llmsdeck.bundle.form import departures
from llmsdeck.bundle.gates import gate, unclean
from llmsdeck.bundle.outline import Outline, Section
from llmsdeck.bundle.parse import ParsedLink, ParsedSection, parse
from llmsdeck.bundle.secrets import secrets_in
from llmsdeck.bundle.split import PART_CHARACTERS
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material
from llmsdeck.sources.forge import encoded
from llmsdeck.verdict import Finding, Gate

LLMS_BYTES: Final = 64 * 1024
"""Size of llms.txt; the aim is far below, see the score."""
FULL_BYTES: Final = 4 * TOTAL_CHARACTERS + 256 * 1024
"""Four bytes for each character of the budget, and room for the blocks' heads."""
CONTEXT_BYTES: Final = 5 * FULL_BYTES
"""Escaping makes five characters of an ampersand."""
_MOST_BYTES: Final = {
    ArtifactName.LLMS: LLMS_BYTES,
    ArtifactName.LLMS_FULL: FULL_BYTES,
    ArtifactName.LLMS_CTX: CONTEXT_BYTES,
}


def bundle_gates(
    outline: Outline, material: Material, texts: Mapping[ArtifactName, str]
) -> Iterator[Gate]:
    """What holds for our own bundles beyond the gates of any llms.txt."""
    gates = (
        ("reads back as written", _reads_back(outline, texts)),
        ("strict form", departures(texts[ArtifactName.LLMS])),
        ("links lead into the source", _leads_astray(outline, material)),
        ("budget", _oversized(outline, texts)),
        ("clean bytes", _unclean(texts)),
        ("no secrets", secrets_in(_whole(texts))),
    )
    for name, findings in gates:
        yield gate(name, findings)


def _whole(texts: Mapping[ArtifactName, str]) -> Mapping[ArtifactName, str]:
    """The texts without the parts, which say nothing that llms-full.txt does not say."""
    return {name: text for name, text in texts.items() if not name.is_part}


def _reads_back(outline: Outline, texts: Mapping[ArtifactName, str]) -> Iterator[Finding]:
    parsed = parse(texts[ArtifactName.LLMS])
    names = [section.name for section in parsed.sections]
    if parsed.title != outline.title:
        yield Finding(message=f"the title is read as {parsed.title!r}.", line=1)
    if parsed.summary != outline.summary:
        yield Finding(
            message=f"the summary is read as {parsed.summary!r}.", line=parsed.summary_line
        )
    if names != [section.name for section in outline.sections]:
        yield Finding(message=f"the sections are read as {names}.")
    for found, section in zip(parsed.sections, outline.sections, strict=False):
        yield from _reads_links_back(found, section)


def _reads_links_back(found: ParsedSection, section: Section) -> Iterator[Finding]:
    for link, wanted in zip(found.links, section.links, strict=False):
        if link != ParsedLink(title=wanted.title, url=wanted.url, note=wanted.note):
            message = f"in {section.name}, {wanted.title!r} is read as {link}."
            yield Finding(message=message, line=link.line)
    if len(found.links) != len(section.links):
        message = f"{section.name} has {len(section.links)} links and {len(found.links)} are read."
        yield Finding(message=message, line=found.line)


def _leads_astray(outline: Outline, material: Material) -> Iterator[Finding]:
    for link in outline.links():
        if link.path not in material.by_path:
            yield Finding(message=f"{link.path!r} was not collected.")
        if link.url != (material.link_base or "") + encoded(link.path):
            yield Finding(message=f"the address of {link.path!r} is {link.url!r}.")


def _oversized(outline: Outline, texts: Mapping[ArtifactName, str]) -> Iterator[Finding]:
    links, most = sum(1 for _ in outline.links()), sum(BUDGET.values())
    if links > most:
        yield Finding(message=f"{links} links, at most {most} are allowed.")
    for name, text in texts.items():
        if name.is_part and len(text) >= PART_CHARACTERS:
            message = f"{name} has {len(text)} characters, fewer than {PART_CHARACTERS} can be."
            yield Finding(message=message)
        elif (size := len(text.encode())) > (most := _MOST_BYTES.get(name, FULL_BYTES)):
            message = f"{name} has {size} bytes, at most {most} are allowed."
            yield Finding(message=message)


def _unclean(texts: Mapping[ArtifactName, str]) -> Iterator[Finding]:
    for name, text in texts.items():
        for finding in unclean(text):
            yield Finding(message=f"{name} line {finding.line} {finding.message}")
        if not text.endswith("\n"):
            yield Finding(message=f"{name} does not end in a line feed.")
