"""Comments in source code: the one that opens a file, and the ones above its declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.bundle.markup import from_markdown
from llmsdeck.bundle.prose import says_something

_OPENING_LINES: Final = 80
_DOC_LINES: Final = 40
_MARKS: Final = ("//!", "///", "//", "/**", "/*", "*/", "*", "#", "--", ";;")
MARKS_OF_C: Final = ("//!", "///", "//", "/**", "/*", "*/", "*")
"""Where a number sign begins what is told to the compiler."""
_PRELUDE: Final = re.compile(r"['\"]use \w{1,10}['\"];?|<\?php|declare\(strict_types=1\);?")
_LEGAL: Final = re.compile(
    r"copyright|licen[cs]e|spdx|all rights|\(c\)|©|eslint|prettier|@ts-|coding[:=]|#!"
    r"|generated|use strict|shellcheck|istanbul|go:build|\+build|frozen_string_literal"
    r"|rubocop|^typed: |source file is part of",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"@(\w{1,30})\s{0,9}")
_SPEAKING_TAGS: Final = frozenset(
    ("module", "file", "fileoverview", "overview", "packageDocumentation", "description", "brief")
)
_ANNOTATION: Final = re.compile(r"\s{0,40}(?:#!?\[|@\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Something that a file offers to others."""

    name: str
    doc: str
    """First paragraph of the comment directly above; empty without one."""


def opening(text: str, marks: Sequence[str] = _MARKS) -> tuple[str, ...]:
    """Paragraphs of the comments before any code, legal and tool lines apart."""
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n", _OPENING_LINES)[:_OPENING_LINES]:
        stripped = line.strip()
        mark = next((mark for mark in marks if stripped.startswith(mark)), "")
        if mark:
            _add(stripped[len(mark) :].strip().removesuffix("*/").strip(), paragraphs)
        elif not stripped or _PRELUDE.fullmatch(stripped):
            paragraphs.append([])
        else:
            break
    return _plain(paragraphs)


def declarations(
    text: str, pattern: re.Pattern[str], marks: tuple[str, ...] = ("//", "/*")
) -> Iterator[Declaration]:
    """What lines that match declare, by the group that matched, each with the comment above it."""
    above: list[str] = []
    inside = False
    for line in text.split("\n"):
        stripped = line.strip()
        if inside or stripped.startswith(marks):
            above.append(stripped)
            inside = "*/" not in stripped and (inside or stripped.startswith("/*"))
        elif match := pattern.match(line):
            name = match[match.lastgroup or "name"]
            yield Declaration(name=name, doc=_first_paragraph(above))
            above = []
        elif not _ANNOTATION.match(line):
            above = []


def _first_paragraph(lines: Sequence[str]) -> str:
    paragraphs: list[list[str]] = [[]]
    for line in lines[:_DOC_LINES]:
        mark = next((mark for mark in _MARKS if line.startswith(mark)), "")
        _add(line[len(mark) :].strip().removesuffix("*/").strip(), paragraphs)
    return next(iter(_plain(paragraphs)), "")


def _add(content: str, paragraphs: list[list[str]]) -> None:
    """Put a line of a comment where it belongs; tags end a paragraph, some begin one."""
    tag = _TAG.match(content)
    if tag and tag[1] not in _SPEAKING_TAGS:
        paragraphs += ([], [])
    elif tag or not content:
        paragraphs.append([content[tag.end() :]] if tag else [])
    else:
        paragraphs[-1].append(content)


def _plain(paragraphs: Sequence[Sequence[str]]) -> tuple[str, ...]:
    joined = (" ".join(paragraph).strip() for paragraph in paragraphs)
    plain = (from_markdown(text) for text in joined if text and not _LEGAL.search(text))
    return tuple(text for text in plain if says_something(text))
