"""What could come next on the filter line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from llmsdeck.errors import FilterError
from llmsdeck.filter import parse
from llmsdeck.filter.keys import NUMBER_KEYS, WORD_KEYS
from llmsdeck.filter.tree import Among
from llmsdeck.pages import ValueCount

MOST: Final = 12
"""Words that are offered at once."""
_LAST_WORD: Final = re.compile(r'(?:"[^"]*"?|[^\s()"])*$')
_KEYED: Final = re.compile(r"([a-z_]+):(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Offer:
    """One word that could stand there."""

    text: str
    """As it is written in a filter."""
    runs: int | None = None
    """How many runs have it, where that was counted."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The end of a line, where somebody types."""

    before: str
    """What stays as it is."""
    typed: str
    """What is being typed: a key, or a value after `key`."""
    key: str = ""
    """The key before the colon; empty while it is a key that is typed."""
    rest: str = ""
    """The line without this word, for counting; blank when it cannot be read."""

    @property
    def counted(self) -> bool:
        """The values of the key are words, which the deck can count."""
        return self.key in WORD_KEYS

    @property
    def waiting(self) -> bool:
        """A value is still to come, so that it is not missing yet."""
        return self.key in (*WORD_KEYS, *NUMBER_KEYS) and not self.typed

    @property
    def settled(self) -> str:
        """What the line says while it waits for a value; blank when it cannot be read."""
        return _readable(self.before[:-1]) if self.before.endswith(",") else self.rest

    def offers(self, values: Iterable[ValueCount] = ()) -> tuple[Offer, ...]:
        """What fits to what is typed, the most frequent first."""
        if not self.key:
            return tuple(_keys(self.typed)) if self.typed else ()
        typed = self.typed.strip('"').lower()
        found = [Offer(_written(each.value), each.runs) for each in values]
        known = () if self.key not in WORD_KEYS else WORD_KEYS[self.key].choices
        counted = {offer.text for offer in found}
        found += [Offer(each) for each in known if each not in counted]
        fitting = (offer for offer in found if typed in offer.text.lower())
        # What begins as typed is meant more often than what contains it.
        ranked = sorted(fitting, key=lambda offer: not offer.text.lower().startswith(typed))
        return tuple(ranked[:MOST])

    def completed(self, offer: Offer) -> str:
        """The line with the offer in place of what was typed."""
        return f"{self.before}{offer.text}"


def unfinished(line: str) -> Unfinished:
    """What is being typed at the end of a line."""
    match = _LAST_WORD.search(line)
    start = match.start() if match else len(line)
    start += len(line[start:]) - len(line[start:].lstrip("-"))
    word = line[start:]
    keyed = _KEYED.fullmatch(word)
    if keyed is None:
        return Unfinished(line[:start], word)
    value = len(word) - len(keyed[2]) + keyed[2].rfind(",") + 1
    rest = line[:start].rstrip("-")
    return Unfinished(line[: start + value], word[value:], keyed[1].lower(), _readable(rest))


def _keys(typed: str) -> Iterator[Offer]:
    for key in WORD_KEYS:
        if key.startswith(typed.lower()):
            yield Offer(f"{key}:")
    for key in NUMBER_KEYS:
        if key.startswith(typed.lower()):
            yield Offer(f"{key}>")


def _readable(line: str) -> str:
    try:
        parse(line)
    except FilterError:
        return ""
    return line.strip()


def _written(value: str) -> str:
    """The value as a filter has it, in quotes when it has to be."""
    return str(Among("source", (value,))).removeprefix("source:")
