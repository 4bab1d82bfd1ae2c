"""Reading source code line by line: what it says of itself, and the names it offers.

Declarations are looked for at the start of lines, where formatters put them. A parser would see
more, but none was found whose time and memory stay linear on hostile text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from llmsdeck.bundle.comments import MARKS_OF_C, Declaration, declarations, opening
from llmsdeck.bundle.markdown import read_markdown
from llmsdeck.bundle.reading import PARAGRAPHS, Page

_NAMES: Final = 40
_NAMESPACE_AND_TYPE: Final = 2
_GENERIC: Final = re.compile(
    r" {0,4}(?:(?:public|open|abstract|final|sealed|static|data|internal|export|inline|readonly"
    r"|partial|indirect|case|template\s?<[^<>]{0,80}>) ){0,5}"
    r"(?:class|module|interface|struct|enum|protocol|trait|record|object|actor|defmodule)"
    r" (?:class )?(?P<name>[A-Z]\w{0,100}(?:(?:::|\.)\w{1,100}){0,5})"
)
_C: Final = re.compile(
    rf"{_GENERIC.pattern}"
    r"|(?!static |typedef |return |else |using |#)(?:[A-Za-z_][\w:<>]{0,60}[ \t*&]{1,4}){1,5}"
    r"(?P<function>[A-Za-z_]\w{0,100})\([^;{}=]{0,200}[;{,)]"
)
_JAVASCRIPT: Final = re.compile(
    r"(?:export (?:default )?(?:declare )?(?:abstract )?(?:async )?"
    r"(?:function\*? |class |const enum |const |let |interface |type |enum |namespace )"
    r"|(?:module\.)?exports\."
    r"|\w{1,40}\.(?:prototype\.)?(?=\w{1,100} = (?:async )?function))(?P<name>[A-Za-z$]\w{0,100})"
)
_EXPORT_LIST: Final = re.compile(
    r"^(?:export (?:type )?|module\.exports = )\{([^{}]{1,4000})\}", re.MULTILINE
)
_LISTED: Final = re.compile(r"(?:type )?(?:\w{1,100} as )?([A-Za-z$]\w{0,100})(?::.{0,100})?")
_RUST: Final = re.compile(
    r"(?:pub (?:async |unsafe |const |extern \"C\" ){0,3}"
    r"(?:fn|struct|enum|trait|mod|type|union|static|const)|macro_rules!)"
    r" (?P<name>[A-Za-z]\w{0,100})"
)
_RUST_OPENING: Final = re.compile(r"\s{0,8}//!(?: (.*)|(.*))")
_RUST_BLOCK: Final = re.compile(r"\s{0,20}/\*!([\s\S]{0,8000}?)\*/")
_GO: Final = re.compile(r"(?:func|type) (?P<name>[A-Z]\w{0,100})")
_GO_METHOD: Final = re.compile(r"func \([^()\n]{1,80}\) (?P<name>[A-Z]\w{0,100})")
_GO_PACKAGE: Final = re.compile(r"package (?P<name>\w{1,100})")
_ELIXIR_DOC: Final = re.compile(r"@moduledoc (?:~S)?\"\"\"\n([\s\S]{0,4000}?)\"\"\"")


def read_code(text: str) -> Page:
    """Any language: the opening comment and the types at top level."""
    return _page(opening(text), declarations(text, _GENERIC))


def read_c(text: str) -> Page:
    """C and what came of it: the opening comment, the types and functions at top level."""
    return _page(opening(text, MARKS_OF_C), declarations(text, _C))


def read_ruby(text: str) -> Page:
    """Ruby: the opening comment and the types at top level."""
    return _page(opening(text), declarations(text, _GENERIC, ("#",)), alone=_NAMESPACE_AND_TYPE)


def read_javascript(text: str) -> Page:
    """JavaScript and TypeScript: the opening comment and what is exported."""
    found = [*declarations(text, _JAVASCRIPT)]
    for match in _EXPORT_LIST.finditer(text):
        pieces = (_LISTED.fullmatch(piece.strip()) for piece in match[1].split(","))
        found += (Declaration(name=piece[1], doc="") for piece in pieces if piece)
    return _page(opening(text), (found for found in found if found.name != "default"))


def read_rust(text: str) -> Page:
    """Rust: the documentation inside the module and what is public at top level."""
    block = _RUST_BLOCK.match(text)
    lines = block[1].split("\n") if block else []
    for line in text.split("\n") if not block else ():
        match = _RUST_OPENING.match(line)
        if match is None and line.strip() and not line.startswith(("//", "#!")):
            break
        if match:
            lines.append(match[1] or match[2] or "")
    page = read_markdown("\n".join(lines))
    exported = declarations(text, _RUST)
    return _page(page.paragraphs, (item for item in exported if item.name != "tests"))


def read_go(text: str) -> Page:
    """Go: the comment of the package and what is exported; methods where there is nothing else."""
    package = next(declarations(text, _GO_PACKAGE), None)
    names = [*declarations(text, _GO)] or declarations(text, _GO_METHOD)
    return _page((package.doc,) if package else (), names)


def read_elixir(text: str) -> Page:
    """Elixir: the documentation of the module and its name."""
    doc = match[1] if (match := _ELIXIR_DOC.search(text)) else ""
    plain = "\n".join(line.removeprefix("  ") for line in doc.split("\n"))
    return _page(read_markdown(plain).paragraphs, declarations(text, _GENERIC))


def _page(paragraphs: Iterable[str], found: Iterable[Declaration], alone: int = 1) -> Page:
    """The page of a file; the only comment speaks for it where it offers `alone` things at most."""
    docs = {item.name: item.doc for item in reversed([*found])}
    names = tuple(reversed(docs))
    spoken = tuple(filter(None, docs.values()))
    lonely = len(spoken) == 1 and len(docs) <= alone
    said = tuple(filter(None, paragraphs)) or (spoken if lonely else ())
    return Page(paragraphs=said[:PARAGRAPHS], names=names[:_NAMES])
