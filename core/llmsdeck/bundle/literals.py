"""Data written as JavaScript: strings, lists and objects are read, nothing is ever evaluated.

One pass over the text with an explicit stack, so that time is linear and depth is bounded whatever
the text is. What is no plain data (calls, names, spreads) reads as None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

Data: TypeAlias = "str | list[Data] | dict[str, Data] | None"

_CHARACTERS: Final = 200_000
_DEPTH: Final = 32
_TOKEN: Final = re.compile(
    r"//[^\n]*+"
    r"|/\*[\s\S]*?(?:\*/|\Z)"
    r"|\"(?:[^\"\\\n]|\\.)*+\"?"
    r"|'(?:[^'\\\n]|\\.)*+'?"
    r"|`(?:[^`\\]|\\[\s\S])*+`?"
    r"|[\w$]++"
    r"|[^\w\s$]"
)
_QUOTES: Final = ("'", '"', "`")
_OPENING: Final = {"{": "}", "[": "]", "(": ")"}
_ESCAPE: Final = re.compile(r"\\(.)")


def literal_after(text: str, start: int) -> Data:
    """The list or object that begins at the first bracket at or after `start`; None without one."""
    reader = _Reader(text, start)
    for token in reader.tokens:
        if token in {"{", "["}:
            return reader.value(token)
    return None


class _Reader:
    """Builds values from tokens; an opening bracket that is never closed ends with the text."""

    def __init__(self, text: str, start: int) -> None:
        self.tokens = _tokens(text, start)

    def value(self, opening: str) -> Data:
        """The value whose opening bracket was just read."""
        outermost = _Frame(opening)
        stack = [outermost]
        for token in self.tokens:
            if token in _OPENING:
                if len(stack) >= _DEPTH:
                    return None
                stack.append(_Frame(token))
            elif token in {"}", "]", ")"}:
                frame = stack.pop()
                if not stack:
                    break
                stack[-1].take(frame.result())
            else:
                stack[-1].read(token)
        return outermost.result()


class _Frame:
    """One bracket while it is open."""

    def __init__(self, opening: str) -> None:
        self._kind = opening
        self._object: dict[str, Data] = {}
        self._list: list[Data] = []
        self._key: str | None = None
        self._name = ""
        self._value: Data = None
        self._is_plain = True

    def read(self, token: str) -> None:
        """Take one token that is no bracket."""
        if token == ",":
            self._finish()
        elif token[0] in _QUOTES:
            self.take(_unquoted(token))
        elif self._kind != "{" or self._key is not None:
            self._is_plain = False
        elif token == ":":
            self._key = self._value if isinstance(self._value, str) else self._name
            self._value = None
        else:
            self._name, self._value = token, None

    def take(self, value: Data) -> None:
        """Take a finished value."""
        self._value = value

    def result(self) -> Data:
        """What stood in the bracket."""
        self._finish()
        if self._kind == "{":
            return self._object
        return self._list if self._kind == "[" else None

    def _finish(self) -> None:
        if self._is_plain and self._value is not None:
            if self._kind == "[":
                self._list.append(self._value)
            elif self._key is not None:
                self._object[self._key] = self._value
        self._key, self._name, self._value, self._is_plain = None, "", None, True


def _unquoted(token: str) -> str | None:
    if token[0] == "`" and "${" in token:
        return None
    return _ESCAPE.sub(r"\1", token.strip(token[0]) if len(token) > 1 else "")


def _tokens(text: str, start: int) -> Iterator[str]:
    for match in _TOKEN.finditer(text, start, start + _CHARACTERS):
        if not match[0].startswith(("//", "/*")):
            yield match[0]
