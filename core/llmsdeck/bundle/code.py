"""Reading source code of other languages: the leading comment and the exported names."""

from __future__ import annotations

import re
from typing import Final

from llmsdeck.bundle.markup import from_markdown
from llmsdeck.bundle.prose import says_something
from llmsdeck.bundle.reading import LINES, Page

_EXPORT: Final = re.compile(
    r"(?:export (?:default )?(?:async )?(?:declare )?(?:abstract )?"
    r"(?:function\*? |class |const |interface |type |enum )"
    r"|(?:module\.)?exports\."
    r"|\w{1,40}\.(?:prototype\.)?(?=\w{1,100} = (?:async )?function)"
    r"|pub (?:async )?(?:unsafe )?(?:fn |struct |enum |trait |mod )"
    r"|func (?:\([^()]{0,80}\) )?"
    r"|type )([A-Za-z]\w{0,100})"
)
_GO: Final = re.compile(r"(?:func|type) (?:\([^()]{0,80}\) )?[A-Z]")
_COMMENT: Final = ("//!", "///", "//", "/**", "/*", "*/", "*", "#", "--", ";;")
_LEGAL: Final = re.compile(
    r"copyright|licen[cs]e|spdx|all rights|\(c\)|©|eslint|prettier|@ts-|coding[:=]|#!"
    r"|generated|use strict|shellcheck|istanbul|go:build|\+build",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"@\w{1,30}")
_NAMES: Final = 40


def read_code(text: str) -> Page:
    """A paragraph from the leading comment, legal and tool lines apart, and exported names."""
    lines = text.split("\n")
    opening = (from_markdown(paragraph) for paragraph in _leading_comment(lines[:80]))
    names = dict.fromkeys(match[1] for line in lines if (match := _exported(line)))
    return Page(
        paragraphs=tuple(p for p in opening if says_something(p)),
        names=tuple(names)[:_NAMES],
    )


def _exported(line: str) -> re.Match[str] | None:
    match = _EXPORT.match(line)
    if match and line.startswith(("func ", "type ")) and not _GO.match(line):
        return None
    return match


def _leading_comment(lines: list[str]) -> list[str]:
    paragraphs: list[list[str]] = [[]]
    for line in lines[:LINES]:
        stripped = line.strip()
        mark = next((mark for mark in _COMMENT if stripped.startswith(mark)), "")
        if not mark:
            if stripped and stripped not in {
                "'use strict'",
                '"use strict"',
                "'use strict';",
                '"use strict";',
            }:
                break
            paragraphs.append([])
            continue
        content = stripped[len(mark) :].strip().removesuffix("*/").strip()
        if not content:
            paragraphs.append([])
        elif not _TAG.match(content):
            paragraphs[-1].append(content)
    joined = (" ".join(paragraph) for paragraph in paragraphs)
    return [text for text in joined if text and not _LEGAL.search(text)]
