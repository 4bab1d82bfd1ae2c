"""Writing an outline down as llms.txt, in the one form that every reader of the format accepts."""

from __future__ import annotations

from collections.abc import Iterator

from llmsdeck.bundle.outline import Link, Outline


def render(outline: Outline) -> str:
    """The text of llms.txt: heading, quote, facts, then one list of links per section."""
    return "\n".join(_lines(outline)) + "\n"


def _lines(outline: Outline) -> Iterator[str]:
    yield from (f"# {outline.title}", "", f"> {outline.summary}")
    if outline.paragraph:
        yield from ("", _unlike_a_block(outline.paragraph))
    yield ""
    yield from (f"- {fact}" for fact in outline.facts)
    for section in outline.sections:
        yield from ("", f"## {section.name}", "")
        yield from map(_item, section.links)


def _item(link: Link) -> str:
    note = f": {link.note}" if link.note else ""
    return f"- [{link.title}]({link.url}){note}"


def _unlike_a_block(text: str) -> str:
    """A paragraph that cannot be mistaken for a heading, a quote, code or a comment."""
    return f"\\{text}" if text.startswith(("#", ">", "```", "~~~", "<!--")) else text
