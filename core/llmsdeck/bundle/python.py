"""Reading Python modules without compiling them: docstring, public names, imports."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Final

from llmsdeck.bundle.markup import from_docstring
from llmsdeck.bundle.reading import PARAGRAPHS, Page
from llmsdeck.bundle.restructured import read_restructured

_NAME: Final = re.compile(r"(?:async )?(?:def|class) ([A-Za-z]\w{0,100})")
_IMPORT: Final = re.compile(r"\s{0,8}from (\.{1,2}[\w.]{0,100}) import ")
_CLASS: Final = re.compile(r"^class ([A-Za-z]\w{0,100})", re.MULTILINE)
_HEADER_CHARACTERS: Final = 1000
_QUOTES: Final = ('"""', "'''")
_PREFIX: Final = re.compile(r"[rRuU]?(\"\"\"|'''|\"|')")
_DOCSTRING_CHARACTERS: Final = 8000
_NAMES: Final = 40


def read_python(text: str) -> Page:
    """The docstring's first line as title, its prose, and what the module defines at top level."""
    opening = docstring(text)
    names, imports = _definitions(text)
    opening = opening or _docstring_of_the_class(text, names)
    page = read_restructured(opening, from_docstring)
    return Page(
        title=page.title,
        paragraphs=page.paragraphs[:PARAGRAPHS],
        names=names,
        imports=imports,
    )


def docstring(text: str, start: int = 0) -> str:
    """The docstring that follows, lines of blanks and comments apart; empty when there is none."""
    while start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if line.strip() and not line.lstrip().startswith("#"):
            start += len(line) - len(line.lstrip())
            break
        start += len(line) + 1
    opening = _PREFIX.match(text, start)
    if opening is None:
        return ""
    first = opening.end()
    end = text.find(opening[1], first, first + _DOCSTRING_CHARACTERS)
    body = text[first : end if end >= 0 else first]
    return inspect.cleandoc(body)


def _docstring_of_the_class(text: str, names: Sequence[str]) -> str:
    """The docstring of the only class of a module that has none of its own."""
    starts = [match for match in _CLASS.finditer(text) if match[1] in names]
    if len(starts) != 1:
        return ""
    body = text.find(":\n", starts[0].end(), starts[0].end() + _HEADER_CHARACTERS)
    return docstring(text, body + 2) if body >= 0 else ""


def _definitions(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names: dict[str, None] = {}
    imports: dict[str, None] = {}
    quote = ""
    for line in text.split("\n"):
        if quote:
            quote = "" if line.count(quote) % 2 else quote
            continue
        if (match := _NAME.match(line)) and len(names) < _NAMES:
            names[match[1]] = None
        elif match := _IMPORT.match(line):
            imports[match[1]] = None
        if '"' in line or "'" in line:
            quote = next((q for q in _QUOTES if line.count(q) % 2), "")
    return tuple(names), tuple(imports)
