"""The keys of the filter language: what each looks at, and how its values are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from llmsdeck.errors import UsageError
from llmsdeck.model import Run
from llmsdeck.settings import parse_duration, write_duration
from llmsdeck.states import LIVE, TERMINAL, ErrorKind, Outcome, Phase, RunStatus

FLAGS: Final[Mapping[str, Callable[[Run], bool]]] = {
    "stale": lambda run: run.stale,
    "orphan": lambda run: run.orphan,
    "cancelling": lambda run: run.cancelling,
    "asking": lambda run: run.question is not None,
    "live": lambda run: run.status in LIVE,
    "ended": lambda run: run.status in TERMINAL,
}
"""What `is:` can ask."""


class Comparison(Enum):
    """How a key's words are compared; A to Z are the same as a to z."""

    WHOLE = "all of it"
    START = "how it begins"
    PART = "part of it"


@dataclass(frozen=True, slots=True)
class WordKey:
    """A key whose values are words."""

    words: Callable[[Run], Iterable[str | None]]
    comparison: Comparison
    choices: tuple[str, ...] = ()
    """The only values there are; none when any text will do."""


_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,3})?")
_SIZE: Final = re.compile(r"([0-9]{1,13}(?:\.[0-9]{1,3})?)(B|KB|MB|GB)?", re.IGNORECASE)
_BYTES: Final = {"GB": 1_000_000_000, "MB": 1_000_000, "KB": 1000, "B": 1}
_LARGEST: Final = 1000 * _BYTES["GB"]


def _read_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"{text!r} is not a number.")
    return float(text)


def _write_number(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _read_duration(text: str) -> float:
    return round(parse_duration(text), 3)


def _read_size(text: str) -> float:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not a size; write bytes, or 500KB, 1.5MB, 2GB.")
    size = round(float(match[1]) * _BYTES[(match[2] or "B").upper()])
    if size > _LARGEST:
        raise UsageError(f"{text!r} is more than a terabyte.")
    return float(size)


def _write_size(size: float) -> str:
    unit = next(unit for unit, bytes_ in _BYTES.items() if size % bytes_ == 0)
    return f"{int(size) // _BYTES[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class Unit:
    """How a sort of number is read, which raises UsageError, and written."""

    read: Callable[[str], float]
    write: Callable[[float], str]
    example: str


NUMBER: Final = Unit(_read_number, _write_number, "80")
DURATION: Final = Unit(_read_duration, write_duration, "1h")
SIZE: Final = Unit(_read_size, _write_size, "1MB")


@dataclass(frozen=True, slots=True)
class NumberKey:
    """A key whose values are numbers; None where a run has none."""

    number: Callable[[Run, int], float | None]
    """Of a run, at a moment in milliseconds of wall time."""
    unit: Unit


def milliseconds(moment: datetime) -> int:
    """Wall time since the Unix epoch."""
    return round(moment.timestamp() * 1000)


def took_ms(run: Run) -> int | None:
    """Milliseconds from the begin of the first attempt to the end, of runs that had both."""
    if run.started_at is None or run.finished_at is None:
        return None
    return max(0, milliseconds(run.finished_at) - milliseconds(run.started_at))


def _took(run: Run, _: int) -> float | None:
    took = took_ms(run)
    return None if took is None else took / 1000


def _since(moment: datetime | None, now_ms: int) -> float | None:
    return None if moment is None else max(0, now_ms - milliseconds(moment)) / 1000


WORD_KEYS: Final[Mapping[str, WordKey]] = {
    "status": WordKey(lambda run: [run.status], Comparison.WHOLE, tuple(RunStatus)),
    "outcome": WordKey(lambda run: [run.outcome], Comparison.WHOLE, tuple(Outcome)),
    "is": WordKey(
        lambda run: [flag for flag, holds in FLAGS.items() if holds(run)],
        Comparison.WHOLE,
        tuple(FLAGS),
    ),
    "phase": WordKey(lambda run: [run.phase], Comparison.WHOLE, tuple(Phase)),
    "error": WordKey(lambda run: [run.error_kind], Comparison.WHOLE, tuple(ErrorKind)),
    "source": WordKey(lambda run: [run.source], Comparison.PART),
    "ref": WordKey(lambda run: [run.ref], Comparison.WHOLE),
    "model": WordKey(lambda run: [run.model], Comparison.PART),
    "by": WordKey(lambda run: [str(run.requested_by)], Comparison.PART),
    "worker": WordKey(lambda run: [run.worker], Comparison.START),
    "id": WordKey(lambda run: [run.run_id], Comparison.START),
    "parent": WordKey(lambda run: [run.parent_run], Comparison.START),
}

NUMBER_KEYS: Final[Mapping[str, NumberKey]] = {
    "age": NumberKey(lambda run, now_ms: _since(run.created_at, now_ms), DURATION),
    "ended": NumberKey(lambda run, now_ms: _since(run.finished_at, now_ms), DURATION),
    "took": NumberKey(_took, DURATION),
    "beat": NumberKey(lambda run, _: run.heartbeat_age_s, DURATION),
    "score": NumberKey(lambda run, _: run.score, NUMBER),
    "attempt": NumberKey(lambda run, _: run.attempt, NUMBER),
    "priority": NumberKey(lambda run, _: run.priority, NUMBER),
    "size": NumberKey(lambda run, _: sum(file.size_bytes for file in run.artifacts), SIZE),
}

KEYS: Final = (*WORD_KEYS, *NUMBER_KEYS)
