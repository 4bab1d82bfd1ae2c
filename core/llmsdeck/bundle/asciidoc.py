"""Reading AsciiDoc: title and opening paragraphs; one pass over the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llmsdeck.bundle.markup import from_asciidoc
from llmsdeck.bundle.prose import says_little, says_something
from llmsdeck.bundle.reading import LINES, PARAGRAPHS, Page

_HEADING: Final = re.compile(r"(={1,6}|#{1,6}) +(\S.{0,300})")
_ATTRIBUTE: Final = re.compile(r":(!?[\w-]{1,60}!?):(?:\s+(.{0,300}))?")
_REFERENCE: Final = re.compile(r"\{([\w-]{1,60})\}")
_FENCE: Final = re.compile(
    r"-{4,}|={4,}|\.{4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|`{3,}.{0,40}|[|,:!]={3,}"
)
_NO_PROSE: Final = re.compile(
    r"\[.{0,300}\]|\.[^\s.].{0,200}|[\w-]{1,30}::.{0,500}|[*.-]{1,5} +.{0,1000}|//.{0,500}"
    r"|<[\d.]{1,3}> .{0,1000}|.{1,200}::(?: .{0,1000})?|'''|<<<|NOTE: .{0,1000}|TIP: .{0,1000}"
    r"|WARNING: .{0,1000}|IMPORTANT: .{0,1000}|CAUTION: .{0,1000}"
)


def read_asciidoc(text: str) -> Page:
    """The page's title and the first paragraphs outside of blocks and lists."""
    title, paragraphs, headings, lead, brief = "", list[str](), 0, 0, False
    for kind, content in _blocks(text):
        plain = from_asciidoc(content)
        if kind == "heading":
            headings += 1
            title = title or plain
        elif len(paragraphs) < PARAGRAPHS and says_something(plain):
            paragraphs.append(plain)
            lead += headings < 2
        else:
            brief = brief or says_little(plain)
    return Page(
        title=title, paragraphs=tuple(paragraphs), brief=brief and not paragraphs, lead=lead
    )


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    lines = [line.rstrip() for line in text.split("\n", LINES)[:LINES]]
    settings = filter(None, map(_ATTRIBUTE.fullmatch, lines))
    attributes = {setting[1]: setting[2] or "" for setting in settings}
    paragraph: list[str] = []
    fence, skipping = "", False
    for stripped in [*lines, ""]:
        if fence or _FENCE.fullmatch(stripped):
            fence = stripped if not fence else "" if stripped == fence else fence
            paragraph = []
        elif not stripped:
            if paragraph:
                yield "paragraph", _filled(" ".join(paragraph), attributes)
            paragraph, skipping = [], False
        elif _ATTRIBUTE.fullmatch(stripped):
            continue
        elif heading := _HEADING.fullmatch(stripped):
            yield "heading", _filled(heading[2], attributes)
            skipping = len(heading[1]) == 1
        elif not skipping and not (stripped[0].isspace() or _NO_PROSE.fullmatch(stripped)):
            paragraph.append(stripped)
        elif not paragraph and not stripped.startswith(("[", ".", "//")) and "::" not in stripped:
            skipping = True


def _filled(text: str, attributes: dict[str, str]) -> str:
    """The text with the values of the attributes that the page defines; once, never nested."""
    return _REFERENCE.sub(lambda match: attributes.get(match[1], match[0]), text)
