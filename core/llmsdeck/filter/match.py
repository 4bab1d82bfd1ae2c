"""Whether a run is meant by a filter, without a database."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from string import ascii_lowercase, ascii_uppercase
from typing import Final, assert_never

from llmsdeck.filter.keys import NUMBER_KEYS, WORD_KEYS, Comparison
from llmsdeck.filter.tree import All, Among, Between, Either, Filter, Not, Text
from llmsdeck.model import Run

_FOLD: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_COMPARE: Final[dict[Comparison, Callable[[str, str], bool]]] = {
    Comparison.WHOLE: str.__eq__,
    Comparison.START: str.startswith,
    Comparison.PART: str.__contains__,
}


def fold(text: str) -> str:
    """The text with A to Z as a to z: what a database can do too, in every language."""
    return text.translate(_FOLD)


def matches(filter: Filter, run: Run, now_ms: int) -> bool:
    """The filter lets this run through, at that wall time in milliseconds."""
    match filter:
        case Text(text):
            return _has_text(text, run)
        case Among(key, values):
            return _is_among(key, values, run)
        case Between():
            return _is_between(filter, run, now_ms)
        case Not(operand):
            return not matches(operand, run, now_ms)
        case All(parts):
            return all(matches(part, run, now_ms) for part in parts)
        case Either(parts):
            return any(matches(part, run, now_ms) for part in parts)
        case _:
            assert_never(filter)


def _has_text(text: str, run: Run) -> bool:
    wanted = fold(text)
    where = (run.source, run.ref, run.error_message)
    return run.run_id.startswith(wanted) or any(
        wanted in fold(each) for each in where if each is not None
    )


def _is_among(key: str, values: tuple[str, ...], run: Run) -> bool:
    compare = _COMPARE[WORD_KEYS[key].comparison]
    return any(
        compare(fold(word), fold(value))
        for word in WORD_KEYS[key].words(run)
        if word is not None
        for value in values
    )


def _is_between(wanted: Between, run: Run, now_ms: int) -> bool:
    number = NUMBER_KEYS[wanted.key].number(run, now_ms)
    above, below = (gt, lt) if wanted.strict else (ge, le)
    return (
        number is not None
        and (wanted.least is None or above(number, wanted.least))
        and (wanted.most is None or below(number, wanted.most))
    )
