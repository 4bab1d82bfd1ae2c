"""Finding the JSON in what a model wrote, thoughts and chatter apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)

_THOUGHT: Final = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_CLOSING: Final = re.compile(r"</(?:think|thinking|reasoning)>")
_CANDIDATES: Final = 20
"""Braces from which JSON is tried to be read; text with more of them holds no answer."""


def without_thoughts(text: str) -> str:
    """The text without what a model thinks aloud.

    Some servers send the end of a thought without its beginning. A thought that is not closed
    reaches to the end.
    """
    after = _CLOSING.split(_THOUGHT.sub("", text))[-1]
    return after.strip()


def read(shape: type[Shape], text: str) -> tuple[Shape, str] | None:
    """The first JSON object in the text that has this shape, and how it is written."""
    for candidate in _candidates(text):
        try:
            return shape.model_validate_json(candidate), candidate
        except ValidationError:
            continue
    return None


def _candidates(text: str) -> Iterator[str]:
    spoken = without_thoughts(text)
    yield spoken
    yield from _objects(spoken)
    if spoken != text:
        # A thought that was never closed may hold the answer all the same.
        yield from _objects(text)


def _objects(text: str) -> Iterator[str]:
    decoder = json.JSONDecoder()
    begin = text.find("{")
    for _ in range(_CANDIDATES):
        if begin < 0:
            return
        try:
            _, end = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            end = begin + 1
        else:
            yield text[begin:end]
        begin = text.find("{", end)
