"""The shared, changeable limits (policy) and how durations are written."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

from llmsdeck.errors import UsageError
from llmsdeck.states import Phase

_UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST: Final = 100 * 365 * 86400
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)")


def parse_duration(text: str) -> float:
    """Seconds in `90`, `90s`, `30m`, `36h`, `14d` or `2w`; raises UsageError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is not a duration; write seconds, or 90s, 30m, 36h, 14d.")
    seconds = float(match[1]) * _UNITS.get(match[2], 1)
    if seconds > _LONGEST:
        raise UsageError(f"{text!r} is more than a hundred years.")
    return seconds


def write_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads as this: `90s`, `30m`, `14d`."""
    for unit in "dhm":
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{int(seconds) if seconds == int(seconds) else seconds}s"


def _cores() -> int:
    return max(1, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits that every process of a store obeys; durations are in seconds."""

    heartbeat_interval: float = 2
    stale_after: float = 30
    sweep_interval: float = 5
    cancel_grace: float = 10
    run_timeout: float = 30 * 60
    slots: int = _cores()
    queue_cap: int = 500
    max_runs: int = 10_000
    ttl_completed: float = 14 * 86400
    ttl_failed: float = 30 * 86400
    """Cancelled runs too."""
    prune_grace: float = 7 * 86400
    """How long a pruned run can be brought back."""
    cache_mb: int = 1000
    """Megabytes of results that are kept for later attempts; 0 keeps none."""
    calls_mb: int = 100
    """Megabytes of prompts and answers that are kept to be read; 0 keeps none."""
    token_budget: int = 0
    """Tokens a run may let a model read before it asks whether to go on; 0 means it never asks."""
    answer_within: float = 3600
    """How long a run waits for an answer before it goes on without the model."""
    max_attempts: int = 3
    """Runs that have not ended obey a change too."""

    @classmethod
    def from_rows(cls, rows: Mapping[str, float]) -> Policy:
        """Defaults, overlaid with the stored values; keys of a newer version are left alone."""
        stored = {
            key: int(value) if key in _COUNTS else float(value)
            for key, value in rows.items()
            if key in _RANGES
        }
        return cls(**stored)  # type: ignore[arg-type]

    def values(self) -> Mapping[str, float]:
        """Every key and its value, in the order of this class."""
        return asdict(self)


SLOWEST_BEAT: Final = 2.0
"""Seconds between two beats of a run process at most, however long `heartbeat_interval` is.

A run process keeps the interval it began with. With this bound, even the shortest `stale_after`
that can be set is three of its beats, so that no change of policy makes a healthy attempt stale.
"""
BEATS_BEFORE_STALE: Final = 3
"""Beats that must be missing before silence may count as the end."""
_DAY: Final = 86400
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "heartbeat_interval": (0.1, 60),
    "stale_after": (BEATS_BEFORE_STALE * SLOWEST_BEAT, _DAY),
    "sweep_interval": (0.1, 3600),
    "cancel_grace": (0, 3600),
    "run_timeout": (1, 30 * _DAY),
    "slots": (1, 1024),
    "queue_cap": (1, 100_000),
    "max_runs": (1, 10_000_000),
    "ttl_completed": (0, _LONGEST),
    "ttl_failed": (0, _LONGEST),
    "prune_grace": (0, _LONGEST),
    "cache_mb": (0, 1_000_000),
    "calls_mb": (0, 1_000_000),
    "token_budget": (0, 100_000_000),
    "answer_within": (1, 30 * _DAY),
    "max_attempts": (1, 100),
}
"""Least and greatest value of each key that somebody may set."""
_COUNTS: Final = frozenset(f.name for f in fields(Policy) if f.type == "int")
DEFAULT: Final = "default"
"""What is typed in place of a value to put a key back."""


def write_value(key: str, value: float) -> str:
    """A value of the policy as `changed_policy` reads it."""
    return str(int(value)) if key in _COUNTS else write_duration(value)


def write_default(key: str) -> str:
    """A key's default, in the words that hold on every machine."""
    return "cores" if key == "slots" else write_value(key, Policy().values()[key])


def known_key(key: str) -> str:
    """The key itself; raises UsageError with the nearest name when there is no such key."""
    if key in _RANGES:
        return key
    from difflib import get_close_matches

    near = get_close_matches(key, _RANGES, n=1)
    advice = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_RANGES)}."
    raise UsageError(f"The policy has no key {key!r}; {advice}")


def changed_policy(policy: Policy, changes: Mapping[str, str]) -> Policy:
    """The policy with these keys as typed: a duration, a whole number or `default`.

    Raises UsageError for an unknown key, a value out of its range, or values that do not fit.
    """
    values = {known_key(key): _value(key, text) for key, text in changes.items()}
    new = replace(policy, **values)  # type: ignore[arg-type] # names and types of Policy's fields
    if new.stale_after < BEATS_BEFORE_STALE * new.heartbeat_interval:
        raise UsageError(
            f"stale_after must be at least {BEATS_BEFORE_STALE} × heartbeat_interval, and"
            f" {write_duration(new.stale_after)} is less than {BEATS_BEFORE_STALE} ×"
            f" {write_duration(new.heartbeat_interval)}; change both at once."
        )
    return new


def _value(key: str, text: str) -> float:
    text = text.strip()
    if text == DEFAULT:
        return Policy().values()[key]
    value = _count(key, text) if key in _COUNTS else parse_duration(text)
    least, most = _RANGES[key]
    if not least <= value <= most:
        raise UsageError(
            f"{key} must be from {write_value(key, least)} to {write_value(key, most)}, not {text}."
        )
    return value


def _count(key: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise UsageError(f"{key} is a whole number, not {text!r}.")
    return int(text)


PHASE_TIMEOUTS: Final[Mapping[Phase, float]] = {
    Phase.COLLECT: 10 * 60,
    Phase.ANALYSE: 5 * 60,
    Phase.WRITE: 25 * 60,
    Phase.EXPAND: 5 * 60,
    Phase.CHECK: 5 * 60,
}
"""Seconds each phase may take; the run's own limit ends it sooner when it is shorter."""
