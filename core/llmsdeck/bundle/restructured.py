"""Reading reStructuredText: title, opening paragraphs, toctrees; one pass over the lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from llmsdeck.bundle.markup import from_restructured
from llmsdeck.bundle.prose import says_little, says_something
from llmsdeck.bundle.reading import LINES, PARAGRAPHS, Page

_ADORNMENT: Final = re.compile(r"([!-/:-@\[-_{-~])\1{2,}$")
_MARKUP: Final = re.compile(r"\.\.(?:\s|$)")
_DIRECTIVE: Final = re.compile(r"\.\.\s{1,3}([A-Za-z][\w:-]{0,60})::\s*(.{0,300})$")
_LIST_OR_TABLE: Final = re.compile(
    r"(?:[-*+•]|\(?(?:\d{1,4}|#|[a-zA-Z])[.)]|\|)(?:\s|$)|:[^:`]{1,60}:(?:\s|$)"
    r"|\+[-=]{2,}|={2,}\s+="
)
_SHELLS: Final = frozenset(("automodule", "autoapimodule", "py:module"))
_TOCTREES: Final = 50
_ENTRIES: Final = 500
_MODULE: Final = re.compile(r"[A-Za-z_][\w.]{0,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toctree:
    """One list of pages in the order its author gave."""

    caption: str
    """Its own caption, else the heading it stands under."""
    entries: tuple[tuple[str, str], ...]
    """Label (may be empty) and document, as written."""
    globs: bool
    """Whether documents are patterns."""


def read_restructured(text: str, plain_words: Callable[[str], str] = from_restructured) -> Page:
    """The page's title, opening, and the module it is only a shell for."""
    title, paragraphs, shell, headings, lead, brief = "", list[str](), "", 0, 0, False
    for kind, content in _blocks(text):
        if kind == "heading":
            headings += 1
            title = title or plain_words(content)
        elif kind == "directive":
            name, _, argument = content.partition(" ")
            if name in _SHELLS and _MODULE.fullmatch(argument):
                shell = shell or argument
        elif len(paragraphs) < PARAGRAPHS:
            plain = plain_words(content).removesuffix("::").rstrip()
            brief = brief or says_little(plain)
            if says_something(plain):
                paragraphs.append(plain)
                lead += headings < 2
    return Page(
        title=title,
        paragraphs=tuple(paragraphs),
        brief=brief and not paragraphs,
        lead=lead,
        documents=shell,
    )


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Headings, paragraphs and directives of the opening; indented and fenced blocks are not."""
    paragraph: list[str] = []
    fenced = overlined = False
    for line in [*text.split("\n", LINES)[:LINES], ""]:
        stripped = line.rstrip()
        if stripped.startswith("```"):
            fenced = not fenced
        elif fenced:
            continue
        elif _ADORNMENT.match(stripped):
            if len(paragraph) == 1:
                yield "heading", paragraph[0]
            overlined = not paragraph
            paragraph = []
        elif stripped and (overlined or not line[:1].isspace()):
            paragraph.append(stripped.lstrip())
            overlined = False
        elif not stripped or not paragraph or _MARKUP.match(paragraph[0]):
            yield from _finished(paragraph)
            paragraph = []
            overlined = False
        elif paragraph and len(paragraph) == 1:
            paragraph = []


def _finished(paragraph: list[str]) -> Iterator[tuple[str, str]]:
    if not paragraph:
        return
    if directive := _DIRECTIVE.match(paragraph[0]):
        yield "directive", f"{directive[1]} {directive[2].strip()}"
    elif not _MARKUP.match(paragraph[0]) and not _LIST_OR_TABLE.match(paragraph[0]):
        yield "paragraph", " ".join(paragraph)


def toctrees(text: str) -> tuple[Toctree, ...]:
    """The toctrees of an index page, reStructuredText or MyST, in order."""
    found: list[Toctree] = []
    lines = text.split("\n")
    heading, previous = "", ""
    for number, line in enumerate(lines, start=1):
        if len(found) == _TOCTREES:
            break
        stripped = line.strip()
        if stripped.startswith("#"):
            heading = stripped.strip("# ")
        elif previous and _ADORNMENT.match(stripped):
            heading = from_restructured(previous)
        elif stripped == ".. toctree::":
            rest = islice(lines, number, None)
            found.append(_toctree(rest, heading, _indent(line), fenced=False))
        elif stripped.startswith("```") and stripped.lstrip("`") == "{toctree}":
            found.append(_toctree(islice(lines, number, None), heading, -1, fenced=True))
        previous = stripped
    return tuple(found)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _toctree(lines: Iterator[str], heading: str, indent: int, *, fenced: bool) -> Toctree:
    options: dict[str, str] = {}
    entries: list[tuple[str, str]] = []
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("```") or (stripped and not fenced and _indent(line) <= indent):
            break
        if stripped.startswith(":") and not entries:
            name, _, value = stripped[1:].partition(":")
            options[name] = value.strip()
        elif stripped and stripped != "---" and stripped != "self":
            entries.append(_labelled(stripped))
    caption = options.get("caption", "") or heading
    return Toctree(caption=caption, entries=tuple(entries[:_ENTRIES]), globs="glob" in options)


def _labelled(entry: str) -> tuple[str, str]:
    if entry.endswith(">") and "<" in entry:
        label, _, document = entry[:-1].rpartition("<")
        return label.strip(), document.strip()
    return "", entry
