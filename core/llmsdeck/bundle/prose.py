"""Plain words out of marked-up text, and sentences out of plain words; input is always bounded."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

PARAGRAPH_CHARACTERS: Final = 2000
"""What is read of one paragraph; keeps every pattern below cheap whatever the text is."""
SUMMARY_CHARACTERS: Final = 280
NOTE_CHARACTERS: Final = (20, 160)
TITLE_CHARACTERS: Final = 80

_MARKDOWN: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"!\[[^\[\]]{0,300}\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])", ""),
        (r"\[\^[^\[\]]{1,50}\]", ""),
        (
            r"\[([^\[\]]{0,300})\](?:\([^()]{0,500}(?:\([^()]{0,100}\)[^()]{0,100})?\)|\[[^\[\]]{0,200}\])",
            r"\1",
        ),
        (r"\{[:#.%][^{}]{0,200}\}", ""),
        (r"<(https?://[^<>\s]{1,300})>", r"\1"),
        (r"</?[A-Za-z][^<>]{0,500}>", ""),
        (r"\*\*([^*]{1,300})\*\*", r"\1"),
        (r"(?<![\w*])\*([^*\s][^*]{0,300})\*(?![\w*])", r"\1"),
        (r"(?<!\w)__?([^_\s`][^_`]{0,300})__?(?!\w)", r"\1"),
        (r"\\([!-/:-@\[-`{-~])", r"\1"),
        (r"\[([^\[\]]{1,200})\]", r"\1"),
    )
)
_RESTRUCTURED: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"``([^`]{1,300})``", "\x00\\1\x00"),
        (r":[a-z][a-z:+-]{0,30}:`[~!]?([^`<>]{1,200}?)\s{0,3}<[^`<>]{1,300}>`", r"\1"),
        (r":[a-z][a-z:+-]{0,30}:`~[^`<>]{0,200}?([^`<>.]{1,100})`", "\x00\\1\x00"),
        (r":(?:doc|ref|term|pep|rfc|abbr):`([^`<>]{1,200})`", r"\1"),
        (r":[a-z][a-z:+-]{0,30}:`!?([^`<>]{1,200})`", "\x00\\1\x00"),
        (r"`([^`<>]{1,200}?)\s{0,3}<[^`<>]{1,300}>`__?", r"\1"),
        (r"`([^`<>]{1,200})`__?", r"\1"),
        (r"\|[^|\s][^|]{0,50}\|", ""),
        (r"\[(?:\d{1,3}|#[^\]\[]{0,30})\]_", ""),
        (r"\b([A-Za-z][\w.-]{0,50})_(?=[\s.,;:)]|$)", r"\1"),
        (r"\*\*([^*]{1,300})\*\*", r"\1"),
        (r"(?<![\w*])\*([^*\s][^*]{0,300})\*(?![\w*])", r"\1"),
        (r"`([^`]{1,300})`", r"\1"),
        (r"\x00", "`"),
    )
)
_NOTED_SENTENCES: Final = 3
_TICKS_ARE_NO_CODE: Final = (r"`([^`<>]{1,200})`__?", r"`([^`]{1,300})`")
_DOCSTRING: Final = tuple(
    rule for rule in _RESTRUCTURED if rule[0].pattern not in _TICKS_ARE_NO_CODE
)
_SENTENCE_END: Final = re.compile(r"[.!?]['\")\u2019\u201d]?(?=\s+[^\sa-z])|[.!?]$")
_CLAUSE_ENDS: Final = (", ", "; ", ": ", " \u2013 ", " \u2014 ", " - ", " (")
_CODE: Final = re.compile(r" = |#>|>>>|=\"|\{%|;$")
_CONTINUATIONS: Final = ("Now", "Note", "Then", "Next", "Also", "However", "Warning", "TODO")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|No|Dr|Mr|St)|\b[A-Z])\.$"
)
_TERMINAL: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,30}[ -/]{0,5}[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\))"
)
"""Commands to a terminal, which would leave readable rubbish when only their first byte went."""
_WORD: Final = re.compile(r"[^\W_]{2,}")


def one_line(text: str) -> str:
    """The text on one line without control or invisible characters."""
    if not (text.isascii() and text.isprintable()):
        text = _TERMINAL.sub("", text)
        text = "".join(
            " " if c.isspace() else c
            for c in text
            if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}
        )
    return " ".join(text.split())


def from_markdown(text: str) -> str:
    """A Markdown paragraph as plain words; code keeps its backticks."""
    return _plain(text, _MARKDOWN)


def from_restructured(text: str) -> str:
    """A reStructuredText paragraph as plain words; code gets Markdown's backticks."""
    return _plain(text.replace("\x00", ""), _RESTRUCTURED)


def from_docstring(text: str) -> str:
    """A paragraph of a docstring, where both markups are in use and backticks mean code."""
    return _plain(text.replace("\x00", ""), (*_DOCSTRING, *_MARKDOWN))


def _plain(text: str, rules: Iterable[tuple[re.Pattern[str], str]]) -> str:
    text = " ".join(text[:PARAGRAPH_CHARACTERS].split())
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return one_line(html.unescape(text))


def as_title(text: str) -> str:
    """A link's title: one line without brackets, code ticks or trailing marks, not too long."""
    title = one_line(text.replace("[", "(").replace("]", ")").replace("`", ""))
    title = title.strip(" #*:¶")
    return _cut(title, TITLE_CHARACTERS)


def words(text: str) -> frozenset[str]:
    """The words of two or more letters or digits, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def first_sentence(text: str) -> str:
    """The first sentence; a very short one takes the next along."""
    for end in _SENTENCE_END.finditer(text):
        sentence = text[: end.end()]
        if len(sentence) >= NOTE_CHARACTERS[0] and not _ABBREVIATION.search(sentence[-8:]):
            return sentence
    return text


def leading_sentences(text: str, limit: int) -> str:
    """As many whole sentences from the start as fit into `limit` characters, at least one."""
    best = ""
    for end in _SENTENCE_END.finditer(text):
        if end.end() <= limit and not _ABBREVIATION.search(text[: end.end()][-8:]):
            best = text[: end.end()]
    return best or _cut(first_sentence(text), limit)


def note(paragraphs: Iterable[str], title: str) -> str:
    """One informative sentence about a link's target; empty when the text offers none.

    Questions and lead-ins to lists are passed over, as is what only repeats the title.
    """
    known = words(title)
    second_best = ""
    for paragraph in paragraphs:
        for sentence in _sentences(paragraph):
            cut = _cut(sentence, NOTE_CHARACTERS[1])
            informative = len(words(cut) - known) >= 3 and len(cut) >= NOTE_CHARACTERS[0]
            if not informative or sentence.endswith((":", "?")) or _CODE.search(sentence):
                continue
            if not sentence.startswith(_CONTINUATIONS):
                return cut
            second_best = second_best or cut
    return second_best


def _sentences(text: str) -> Iterable[str]:
    """The first sentences of a paragraph."""
    for _ in range(_NOTED_SENTENCES):
        if not text:
            return
        sentence = first_sentence(text)
        yield sentence
        text = text[len(sentence) :].lstrip()


def _cut(text: str, limit: int) -> str:
    """The text, or its start up to a clause or a word with an ellipsis; ticks stay balanced."""
    if len(text) <= limit:
        return text
    room = text[: limit - 1]
    clause = max(map(room.rfind, _CLAUSE_ENDS))
    end = clause if clause > limit // 2 else room.rfind(" ")
    room = room[:end] if end > 0 else room
    if room.count("`") % 2:
        room = room[: room.rfind("`")]
    return room.rstrip(" ,;:(\u2013\u2014-") + "…"
