"""Sentences out of plain words: summaries, notes and titles."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

from llmsdeck.bundle.markup import one_line
from llmsdeck.sources.triage import named

SUMMARY_CHARACTERS: Final = 280
NOTE_CHARACTERS: Final = (20, 160)
TITLE_CHARACTERS: Final = 80

_NOTED_SENTENCES: Final = 3
_SENTENCE_END: Final = re.compile(r"[.!?]['\")\u2019\u201d]?(?=\s+[^\sa-z])|[.!?]$")
_CLAUSE_ENDS: Final = (", ", "; ", ": ", " \u2013 ", " \u2014 ", " - ", " (")
_CODE: Final = re.compile(r" = |#>|>>>|=\"|\{%|;$")
_CONTINUATIONS: Final = named(
    "now note then next also however warning todo or and but so yes no hi hello will which that"
)
_POINTERS: Final = named("see please click welcome check refer")
"""First words of sentences that only send the reader elsewhere."""
_COURTESY: Final = re.compile(
    r"(?:thanks?|congratulations)\b"
    r"|we(?: are|['\u2019]re) (?:delighted|excited|glad|happy|pleased|proud|thrilled)\b"
    r"|we(?: would|['\u2019]d) love\b|this release\b",
    re.IGNORECASE,
)
"""Beginnings of sentences that greet the reader or announce something."""
_OPEN_ENDS: Final = (":", "?", " such as", " following", " as follows", " including")
_SPAN: Final = re.compile(r"`[^`]{0,300}`")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|No|Dr|Mr|St)|\b[A-Z])\.$"
)
_ADDRESS: Final = re.compile(r"https?://\S{1,300}")
_FEWEST_WORDS: Final = 3
_WORD: Final = re.compile(r"[^\W_]{2,}")


def as_title(text: str) -> str:
    """A link's title: one line without brackets, code ticks or trailing marks, not too long."""
    title = one_line(text.replace("[", "(").replace("]", ")").replace("`", ""))
    title = title.strip(" #*:¶")
    return _cut(title, TITLE_CHARACTERS)


def words(text: str) -> frozenset[str]:
    """The words of two or more letters or digits, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def says_something(text: str) -> bool:
    """Whether a paragraph is prose: a few words beside addresses."""
    plain = _ADDRESS.sub("", text) if "://" in text else text
    return len([*islice(_WORD.finditer(plain), _FEWEST_WORDS)]) == _FEWEST_WORDS


def says_little(text: str) -> bool:
    """Whether there is a word at least, which does not only announce what follows."""
    return any(map(str.isalpha, text)) and not text.endswith(_OPEN_ENDS)


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


def leads_away(text: str) -> bool:
    """Whether a text only sends its reader elsewhere."""
    return bool(text) and _first_word(text) in _POINTERS


def note(
    paragraphs: Iterable[str], title: str, taken: Collection[frozenset[str]] = frozenset()
) -> str:
    """One informative sentence about a link's target; empty when the text offers none.

    Questions and lead-ins to lists are passed over, as is what only repeats the title, consists
    of code, or adds the same words to the title as something in `taken`.
    """
    known = words(title)
    second_best = ""
    for paragraph in paragraphs:
        for sentence in _sentences(paragraph):
            cut = _cut(sentence, NOTE_CHARACTERS[1])
            added = words(cut) - known
            informative = len(added) >= _FEWEST_WORDS and len(cut) >= NOTE_CHARACTERS[0]
            if added in taken or not informative or not _is_statement(sentence):
                continue
            if _first_word(sentence) not in _CONTINUATIONS:
                return cut
            second_best = second_best or cut
    return second_best


def _is_statement(sentence: str) -> bool:
    """Whether a sentence is no question, lead-in to a list, pointer elsewhere or code."""
    said = len(words(_SPAN.sub("", sentence))) >= _FEWEST_WORDS
    said = said and not leads_away(sentence) and not _COURTESY.match(sentence)
    said = said and not _ADDRESS.match(sentence)
    return said and not sentence.endswith(_OPEN_ENDS) and not _CODE.search(sentence)


def _first_word(sentence: str) -> str:
    return sentence.split()[0].strip(",.:;!").lower()


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
