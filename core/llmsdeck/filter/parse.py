"""From one line to a filter: `status:failed,cancelled -source:legacy (age>1h OR score<80) flask`.

Parts side by side must all hold, `OR` binds weaker, `-` negates what follows, quotes keep blanks
together. A run has a number within `age:1h..2d`, `score>=80` or `attempt:2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from llmsdeck.errors import FilterError, UsageError
from llmsdeck.filter.keys import KEYS, NUMBER_KEYS, WORD_KEYS, Unit
from llmsdeck.filter.tree import EVERYTHING, OR, All, Among, Between, Either, Filter, Not, Text

LONGEST: Final = 1000
"""Characters of a filter, as typed and as `str` writes it."""
DEEPEST: Final = 20
"""Parentheses within each other."""
MOST_PARTS: Final = 50
"""Each is looked for in each run."""
_TOKEN: Final = re.compile(r'\s+|[()-]|(?:"[^"]*"|[^\s()"])+')
_KEYED: Final = re.compile(r"([a-z_]+)(>=|<=|[:=<>])(?!//)(.*)", re.IGNORECASE | re.DOTALL)
_VALUE: Final = re.compile(r'(?:"[^"]*"|[^,"])+')
_RANGE: Final = ".."


def parse(line: str) -> Filter:
    """The filter that a line says, EVERYTHING when it is blank; raises FilterError."""
    if len(line) > LONGEST:
        raise FilterError(f"A filter has {LONGEST} characters at most.", LONGEST + 1)
    found = _Reader(list(_tokens(line)), len(line) + 1).whole()
    if len(str(found)) > LONGEST:
        raise FilterError(f"Written out, it is longer than {LONGEST} characters.", 1)
    return found


def both(line: str, other: str) -> str:
    """A line that says that both hold; raises FilterError."""
    return str(_all([parse(line), parse(other)]))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int


def _tokens(line: str) -> Iterator[_Token]:
    place = 0
    while place < len(line):
        match = _TOKEN.match(line, place)
        if match is None:
            raise FilterError("This quote is not closed.", place + 1)
        if not match[0].isspace():
            unreadable = next((c for c in match[0] if c == "\0" or "\ud800" <= c <= "\udfff"), "")
            if unreadable:
                raise FilterError("This is not text.", place + 1 + match[0].index(unreadable))
            yield _Token(match[0], place + 1)
        place = match.end()


class _Reader:
    """Reads tokens from left to right, never twice."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens[::-1]
        self._end = end
        self._parts = 0

    def whole(self) -> Filter:
        if not self._tokens:
            return EVERYTHING
        found = self._either(0)
        if self._tokens:
            raise FilterError("Nothing is open that this could close.", self._tokens[-1].column)
        return found

    def _either(self, depth: int) -> Filter:
        parts = [self._all(depth)]
        while self._next_is(OR):
            self._tokens.pop()
            parts.append(self._all(depth))
        return _either(parts)

    def _all(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._tokens and not self._next_is(OR) and not self._next_is(")"):
            parts.append(self._one(depth))
        return _all(parts)

    def _one(self, depth: int) -> Filter:
        negated = False
        while self._next_is("-"):
            self._tokens.pop()
            negated = not negated
        if not self._tokens or self._next_is(OR) or self._next_is(")"):
            raise FilterError("Something to look for is missing here.", self._column())
        token = self._tokens.pop()
        found = self._group(token, depth + 1) if token.text == "(" else self._part(token)
        return _not(found) if negated else found

    def _group(self, token: _Token, depth: int) -> Filter:
        if depth > DEEPEST:
            raise FilterError(f"At most {DEEPEST} parentheses may be open.", token.column)
        found = self._either(depth)
        if not self._tokens:
            raise FilterError("This parenthesis is not closed.", token.column)
        self._tokens.pop()
        return found

    def _part(self, token: _Token) -> Filter:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise FilterError(f"A filter has {MOST_PARTS} parts at most.", token.column)
        return _part(token)

    def _next_is(self, text: str) -> bool:
        return bool(self._tokens) and self._tokens[-1].text == text

    def _column(self) -> int:
        return self._tokens[-1].column if self._tokens else self._end


def _all(parts: list[Filter]) -> Filter:
    flat = [each for part in parts for each in (part.parts if isinstance(part, All) else [part])]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def _either(parts: list[Filter]) -> Filter:
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else [part])]
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def _not(part: Filter) -> Filter:
    return part.operand if isinstance(part, Not) else Not(part)


def _part(token: _Token) -> Filter:
    match = _KEYED.fullmatch(token.text)
    if match is None:
        return Text(_unquoted(token.text, token.column))
    key, operator, column = match[1].lower(), match[2], token.column + match.start(3)
    if key not in KEYS:
        _refuse(f"There is no key {match[1]!r}", key, KEYS, token.column)
    if not match[3]:
        raise FilterError(f"A value is missing after {match[1]}{operator}.", column)
    if key in NUMBER_KEYS:
        return _between(key, operator, match[3], column)
    if operator not in ":=":
        raise FilterError(f"{key} is not a number; write {key}:VALUE.", token.column)
    return Among(key, tuple(_words(key, match[3], column)))


def _words(key: str, text: str, column: int) -> Iterator[str]:
    """The values between commas; each has to be one that the key can have."""
    choices = WORD_KEYS[key].choices
    place = 0
    while place <= len(text):
        match = _VALUE.match(text, place)
        value = _unquoted(match[0] if match else "", column + place)
        if choices and value.lower() not in choices:
            _refuse(f"{key} is never {value!r}", value.lower(), choices, column + place)
        yield value.lower() if choices else value
        place = (match.end() if match else place) + 1


def _between(key: str, operator: str, text: str, column: int) -> Filter:
    unit = NUMBER_KEYS[key].unit
    least, range_, most = text.partition(_RANGE)
    if operator not in ":=":
        end, strict = _number(unit, text, column), "=" not in operator
        if operator.startswith("<"):
            return Between(key, None, end, strict)
        return Between(key, end, None, strict)
    if not range_:
        number = _number(unit, text, column)
        return Between(key, number, number)
    return _range(key, least, most, column)


def _range(key: str, least: str, most: str, column: int) -> Filter:
    unit = NUMBER_KEYS[key].unit
    low = _number(unit, least, column) if least else None
    high = _number(unit, most, column + len(least) + len(_RANGE)) if most else None
    if low is None and high is None:
        raise FilterError(f"A range needs an end, as in {key}>{unit.example}.", column)
    if low is not None and high is not None and low > high:
        raise FilterError("This range ends before it begins.", column)
    return Between(key, low, high)


def _number(unit: Unit, text: str, column: int) -> float:
    try:
        return unit.read(text)
    except UsageError as error:
        raise FilterError(str(error), column) from None


def _unquoted(text: str, column: int) -> str:
    value = text.replace('"', "")
    if not value:
        raise FilterError("There is nothing to look for here.", column)
    return value


def _refuse(what: str, near: str, known: tuple[str, ...], column: int) -> NoReturn:
    from difflib import get_close_matches

    best = get_close_matches(near, known, n=1)
    advice = f"did you mean {best[0]}? Known" if best else "known"
    raise FilterError(f"{what}; {advice} are {', '.join(known)}.", column)
