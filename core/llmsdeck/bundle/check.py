"""The gates of a bundle: what fails one is not published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from llmsdeck.bundle.choose import BUDGET
from llmsdeck.bundle.expand import TOTAL_CHARACTERS
from llmsdeck.bundle.hygiene import HARMFUL
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.parse import ParsedLink, parse
from llmsdeck.bundle.secrets import secrets_in
from llmsdeck.errors import RejectedError
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material
from llmsdeck.sources.forge import encoded

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


def check(outline: Outline, material: Material, texts: Mapping[ArtifactName, str]) -> None:
    """Raise RejectedError with the first gate that a bundle fails, and the place."""
    gates = (
        ("reads back as written", _reads_back(outline, texts)),
        ("strict form", iter(parse(texts[ArtifactName.LLMS]).problems)),
        ("links lead into the source", _leads_astray(outline, material)),
        ("nothing twice", _duplicates(outline)),
        ("size", _oversized(outline, texts)),
        ("clean bytes", _unclean(texts)),
        ("no secrets", secrets_in(texts)),
    )
    for gate, failures in gates:
        if failure := next(failures, None):
            raise RejectedError(f"The bundle fails the gate '{gate}': {failure}")


def _reads_back(outline: Outline, texts: Mapping[ArtifactName, str]) -> Iterator[str]:
    parsed = parse(texts[ArtifactName.LLMS])
    expected = [
        (section.name, [ParsedLink(title=x.title, url=x.url, note=x.note) for x in section.links])
        for section in outline.sections
    ]
    if parsed.title != outline.title:
        yield f"the title is read as {parsed.title!r}."
    if parsed.summary != outline.summary:
        yield f"the summary is read as {parsed.summary!r}."
    if [name for name, _ in parsed.sections] != [name for name, _ in expected]:
        yield f"the sections are read as {[name for name, _ in parsed.sections]}."
    for (name, links), (_, wanted) in zip(parsed.sections, expected, strict=False):
        for link, other in zip(links, wanted, strict=False):
            if link != other:
                yield f"in {name}, {other.title!r} is read as {link}."
        if len(links) != len(wanted):
            yield f"{name} has {len(wanted)} links and {len(links)} are read."


def _leads_astray(outline: Outline, material: Material) -> Iterator[str]:
    for link in outline.links():
        if link.path not in material.by_path:
            yield f"{link.path!r} was not collected."
        if link.url != (material.link_base or "") + encoded(link.path):
            yield f"the address of {link.path!r} is {link.url!r}."


def _duplicates(outline: Outline) -> Iterator[str]:
    yield from _twice("address", (link.url for link in outline.links()))
    yield from _twice("title", (link.title.lower() for link in outline.links()))
    yield from _twice("section", (section.name.lower() for section in outline.sections))


def _twice(what: str, values: Iterable[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"the {what} {value!r} occurs {count} times."


def _oversized(outline: Outline, texts: Mapping[ArtifactName, str]) -> Iterator[str]:
    links, most = sum(1 for _ in outline.links()), sum(BUDGET.values())
    if links > most:
        yield f"{links} links, at most {most} are allowed."
    for name, text in texts.items():
        if (size := len(text.encode())) > _MOST_BYTES[name]:
            yield f"{name} has {size} bytes, at most {_MOST_BYTES[name]} are allowed."


def _unclean(texts: Mapping[ArtifactName, str]) -> Iterator[str]:
    for name, text in texts.items():
        if match := HARMFUL.search(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name} line {line} holds the character U+{ord(match[0]):04X}."
        if not text.endswith("\n"):
            yield f"{name} does not end in a line feed."
