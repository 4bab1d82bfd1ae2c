"""Plain words out of marked-up text: Markdown, reStructuredText and the mixture in docstrings."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

PARAGRAPH_CHARACTERS: Final = 2000
"""What is read of one paragraph; keeps every pattern below cheap whatever the text is."""

Rules = tuple[tuple[str, re.Pattern[str], str], ...]
"""Each with a mark that occurs in every text the pattern matches, because that is cheap to see."""


def _rules(*rules: tuple[str, str, str]) -> Rules:
    return tuple((mark, re.compile(pattern), new) for mark, pattern, new in rules)


_LINKS: Final = _rules(
    ("![", r"!\[[^\[\]]{0,300}\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])", ""),
    ("[^", r"\[\^[^\[\]]{1,50}\]", ""),
    ("](", r"\[([^\[\]]{0,300})\]\([^()]{0,500}(?:\([^()]{0,100}\)[^()]{0,100})?\)", r"\1"),
    ("][", r"\[([^\[\]]{0,300})\]\[[^\[\]]{0,200}\]", r"\1"),
)
_OUTSIDE_CODE: Final = _rules(
    ("{", r"\{[:#.%][^{}]{0,200}\}", ""),
    ("<http", r"<(https?://[^<>\s]{1,300})>", r"\1"),
    ("<", r"</?[A-Za-z][^<>]{0,500}>", ""),
    ("**", r"(?<!\\)\*\*([^*]{1,300})\*\*", r"\1"),
    ("*", r"(?<![\w*\\])\*([^*\s][^*]{0,300})\*(?![\w*])", r"\1"),
    ("_", r"(?<![\w\\])__?([^_\s][^_]{0,300})__?(?!\w)", r"\1"),
    ("**", r"(?<!\\)\*\*", ""),
    ("\\", r"\\([!-/:-@\[-`{-~])", r"\1"),
    ("[", r"\[([^\[\]]{1,200})\]", r"\1"),
)
_CODE_SPAN: Final = re.compile(r"(`{1,3}[^`]{1,300}`{1,3})")
_RESTRUCTURED: Final = _rules(
    ("``", r"``([^`]{1,300})``", "\x00\\1\x00"),
    (":`", r":[a-z][a-z:+-]{0,30}:`[~!]?([^`<>]{1,200}?)\s{0,3}<[^`<>]{1,300}>`", r"\1"),
    (":`~", r":[a-z][a-z:+-]{0,30}:`~[^`<>]{0,200}?([^`<>.]{1,100})`", "\x00\\1\x00"),
    (":`", r":(?:doc|ref|term|pep|rfc|abbr):`([^`<>]{1,200})`", r"\1"),
    (":`", r":[a-z][a-z:+-]{0,30}:`!?([^`<>]{1,200})`", "\x00\\1\x00"),
    (">`_", r"`([^`<>]{1,200}?)\s{0,3}<[^`<>]{1,300}>`__?", r"\1"),
    ("`_", r"`([^`<>]{1,200})`__?", r"\1"),
    ("|", r"\|[^|\s][^|]{0,50}\|", ""),
    ("]_", r"\[(?:\d{1,3}|#[^\]\[]{0,30})\]_", ""),
    ("_", r"\b([A-Za-z][\w.-]{0,50})_(?=[\s.,;:)]|$)", r"\1"),
    ("**", r"\*\*([^*]{1,300})\*\*", r"\1"),
    ("*", r"(?<![\w*])\*([^*\s][^*]{0,300})\*(?![\w*])", r"\1"),
    ("`", r"`([^`]{1,300})`", r"\1"),
    ("\x00", r"\x00", "`"),
)
_ASCIIDOC: Final = _rules(
    (":", r"(?:image|icon|footnote|indexterm2?):{1,2}[^\[\]\s]{0,300}\[[^\[\]]{0,500}\]", ""),
    ("[", r"(?:link:|xref:|mailto:)[^\[\]\s]{1,500}\[([^\[\]]{1,300}?)[\^]?\]", r"\1"),
    ("://", r"https?://[^\[\]\s<>]{1,500}\[([^\[\]]{1,300}?)[\^]?\]", r"\1"),
    ("{", r"\{[\w-]{1,60}\}[^\[\]\s]{0,300}\[([^\[\]]{1,300}?)[\^]?\]", r"\1"),
    ("{", r"\{[\w-]{1,60}\}", ""),
    ("<<", r"<<[^<>,]{1,100},\s?([^<>]{1,200})>>", r"\1"),
    ("<<", r"<<([^<>,]{1,100})>>", r"\1"),
    ("pass:", r"pass:[a-z,]{0,10}\[([^\[\]]{0,300})\]", r"\1"),
    ("`+", r"`\+([^`+]{1,300})\+`", r"`\1`"),
    ("``", r"``([^`]{1,300})``", r"`\1`"),
    ("[", r"\[[.#%][^\[\]]{0,100}\](?=[#*_`])", ""),
    ("*", r"(?<![\w*])\*{1,2}([^*\s][^*]{0,300})\*{1,2}(?![\w*])", r"\1"),
    ("_", r"(?<![\w_])_{1,2}([^_\s][^_]{0,300})_{1,2}(?![\w_])", r"\1"),
    ("#", r"(?<![\w#])##?([^#\s][^#]{0,300})##?(?![\w#])", r"\1"),
    ("(", r"\(C\)|\(R\)|\(TM\)", ""),
    (" + ", r" \+ ", " "),
)
RULES: Final = (*_LINKS, *_OUTSIDE_CODE, *_RESTRUCTURED, *_ASCIIDOC)
"""All of them, each of which has to keep what `Rules` promises of marks."""
_TICKS_ARE_NO_CODE: Final = (r"`([^`<>]{1,200})`__?", r"`([^`]{1,300})`")
_DOCSTRING: Final = tuple(
    rule for rule in _RESTRUCTURED if rule[1].pattern not in _TICKS_ARE_NO_CODE
)
_TERMINAL: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,30}[ -/]{0,5}[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\))"
)
"""Commands to a terminal, which would leave readable rubbish when only their first byte went."""


def one_line(text: str) -> str:
    """The text on one line without control or invisible characters."""
    if not (text.isascii() and text.isprintable()):
        text = _TERMINAL.sub("", text)
        text = "".join(
            " " if c.isspace() else c
            for c in text
            if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}
        )
    return spaced(text)


def spaced(text: str) -> str:
    """The text with one space between its words; most has no more, which is cheap to see."""
    if text.isprintable() and "  " not in text:
        return text.strip(" ")
    return " ".join(text.split())


def from_markdown(text: str) -> str:
    """A Markdown paragraph as plain words; code keeps its backticks."""
    text = _applied(_LINKS, _bounded(text))
    pieces = _CODE_SPAN.split(text) if "`" in text else [text]
    pieces[::2] = (html.unescape(_applied(_OUTSIDE_CODE, piece)) for piece in pieces[::2])
    return one_line("".join(pieces))


def from_restructured(text: str) -> str:
    """A reStructuredText paragraph as plain words; code gets Markdown's backticks."""
    return one_line(_applied(_RESTRUCTURED, _bounded(text)))


def from_asciidoc(text: str) -> str:
    """An AsciiDoc paragraph as plain words; code keeps its backticks."""
    return one_line(_applied(_ASCIIDOC, _bounded(text)))


def from_docstring(text: str) -> str:
    """A paragraph of a docstring, where both markups are in use and backticks mean code."""
    return from_markdown(_applied(_DOCSTRING, _bounded(text)))


def _bounded(text: str) -> str:
    return spaced(text[:PARAGRAPH_CHARACTERS].replace("\x00", ""))


def _applied(rules: Rules, text: str) -> str:
    for mark, pattern, replacement in rules:
        if mark in text:
            text = pattern.sub(replacement, text)
    return text
