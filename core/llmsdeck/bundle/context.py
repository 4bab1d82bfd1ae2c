"""The full texts behind the links as llms-ctx.txt; loads an HTTP client, as Python's XML does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from llmsdeck.bundle.expand import Excerpt
from llmsdeck.bundle.outline import Outline, SectionName

_NO_NAME: Final = re.compile(r"[^a-z0-9]+")


def context(outline: Outline, parts: Sequence[Excerpt]) -> str:
    """llms-ctx.txt: the same texts as well-formed XML, without the Optional section."""
    project = f"<project title={quoteattr(outline.title)} summary={quoteattr(outline.summary)}>"
    info = "\n".join(filter(None, (outline.paragraph, *(f"- {f}" for f in outline.facts))))
    lines = [project + escape(info)]
    for section in outline.sections:
        if section.name != SectionName.OPTIONAL:
            tag = _tag(section.name)
            documents = (_document(part) for part in parts if part.section == section.name)
            lines += [f"<{tag}>", *documents, f"</{tag}>"]
    return "\n".join([*lines, "</project>"]) + "\n"


def _tag(name: str) -> str:
    """An XML name that says what the section is called."""
    plain = _NO_NAME.sub("-", name.lower()).strip("-")
    return plain if plain[:1].isalpha() else f"section-{plain}"


def _document(part: Excerpt) -> str:
    rest = part.characters - len(part.text)
    mark = f"\n[truncated: {rest} more characters are left out]" if rest else ""
    start = f"<doc title={quoteattr(part.link.title)} desc={quoteattr(part.link.note)}>"
    return f"{start}{escape(part.text + mark)}</doc>"
