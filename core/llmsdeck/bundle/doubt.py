"""Reasons not to believe what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from llmsdeck.bundle.hygiene import HARMFUL
from llmsdeck.bundle.markup import one_line
from llmsdeck.bundle.prose import words
from llmsdeck.bundle.secrets import redacted

_MARKUP: Final = re.compile(
    r"<[A-Za-z/!]|[\[\]{}|]|\*\*|__\w|~~|``|^\s{0,3}(?:[#>]|[-*+] |\d{1,3}[.)] )|\\[nrt]"
)
_CODE: Final = re.compile(r"`[^`\[\]<>]{1,80}`")
"""Between ticks, underscores and braces are no markup."""
_ADDRESS: Final = re.compile(
    r"\w{2,10}://|www\.|mailto:|javascript:|data:\w|[\w.]@\w", re.IGNORECASE
)
_DOMAIN: Final = re.compile(r"\b[\w-]{2,60}\.(?:com|org|net|io|dev|ai|app|co|sh|xyz|ru|cn)\b", re.I)
_TO_A_READER: Final = re.compile(
    r"\b(?:ignore|disregard|forget) (?:all|any|the|your|previous|prior|above)\b"
    r"|\bsystem prompt\b|\b(?:begin|end) data\b|\bas an ai\b|\blanguage model,? i\b"
    r"|^(?:sure|certainly|of course|okay|ok|here(?:'s| is| are)|i(?!/)|i'm|we|note to)\b"
    r"|^(?:summary|note|paragraph|answer|output|current note|text|title)\s?:",
    re.IGNORECASE,
)
_COMMON: Final = frozenset(
    re.findall(
        r"\w+",
        "about also been from have into more most that their them then there these they this those"
        " used uses using what when where which while will with your",
    )
)
_DENSE: Final = "\u2e80"
"""The first of the characters that are words or syllables of their own."""
_STEM: Final = 5
"""Letters by which words are compared, so that `configures` is found in `configuration`."""
_FEWEST: Final = 2
_SHARE: Final = 3
"""One word in this many must be the material's own."""
_ECHOED_WORDS: Final = 6
_REPEATED: Final = 2


@dataclass(frozen=True)
class Ground:
    """What a text has to be rooted in."""

    material: str
    """What the model was given to read."""
    instructions: str
    """What it was told, none of which belongs into its answer."""

    @cached_property
    def stems(self) -> frozenset[str]:
        """The material's words, shortened."""
        return stems(self.material)

    @cached_property
    def phrases(self) -> frozenset[tuple[str, ...]]:
        """Every few words in a row of the instructions."""
        return frozenset(_phrases(self.instructions))


def doubt(text: str, ground: Ground, lengths: tuple[int, int], title: str = "") -> str:
    """Why the text is not used, as the end of a sentence; empty when nothing speaks against it.

    Words of `title` count for nothing.
    """
    return next(_of_form(text, lengths), "") or next(_of_content(text, ground, title), "")


def _of_form(text: str, lengths: tuple[int, int]) -> Iterator[str]:
    shortest, longest = lengths
    if text != one_line(text) or HARMFUL.search(text):
        yield "is not one plain line"
    if len(text) < shortest:
        yield "is too short"
    if len(text) > longest:
        yield "is too long"
    if _MARKUP.search(_CODE.sub("", text)) or text.count("`") % 2:
        yield "holds markup"
    if redacted(text)[1]:
        yield "looks like a secret"


def _of_content(text: str, ground: Ground, title: str) -> Iterator[str]:
    if _ADDRESS.search(text) or _has_new_domain(text, ground):
        yield "holds an address"
    if _TO_A_READER.search(text) or not ground.phrases.isdisjoint(_phrases(text)):
        yield "repeats instructions"
    if _rambles(text):
        yield "repeats itself"
    own = stems(text) - stems(title)
    if len(own) < _FEWEST:
        yield "only repeats the title"
    shared = len(own & ground.stems)
    if shared < _FEWEST or shared * _SHARE < len(own):
        yield "says what the material does not say"


def _has_new_domain(text: str, ground: Ground) -> bool:
    material = ground.material.lower()
    return any(match[0].lower() not in material for match in _DOMAIN.finditer(text))


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    said = re.findall(r"\w+", text.lower())
    yield from zip(*(said[start:] for start in range(_ECHOED_WORDS)), strict=False)


def _rambles(text: str) -> bool:
    said = re.findall(r"\w+", text.lower())
    return len(said) >= 2 * _ECHOED_WORDS and len(set(said)) * _REPEATED < len(said)


def stems(text: str) -> frozenset[str]:
    """The words that carry meaning, in lower case and shortened.

    Scripts without spaces have none that can be told apart; there every two characters count.
    """
    said = words(text)
    long = {word[:_STEM] for word in said if len(word) > 3 and word not in _COMMON}
    dense = (word for word in said if word[0] >= _DENSE)
    return frozenset(long.union(pair for word in dense for pair in map("".join, pairwise(word))))
