"""The shared, changeable limits (policy) and how durations are written."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
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
    max_attempts: int = 3

    @classmethod
    def from_rows(cls, rows: Mapping[str, float]) -> Policy:
        """Defaults, overlaid with the stored values; keys of a newer version are left alone."""
        known = {f.name: f.type for f in fields(cls)}
        stored = {
            key: int(value) if known[key] == "int" else float(value)
            for key, value in rows.items()
            if key in known
        }
        return cls(**stored)  # type: ignore[arg-type]


PHASE_TIMEOUTS: Final[Mapping[Phase, float]] = {
    Phase.COLLECT: 10 * 60,
    Phase.ANALYSE: 5 * 60,
    Phase.WRITE: 25 * 60,
    Phase.EXPAND: 5 * 60,
    Phase.CHECK: 5 * 60,
}
"""Seconds each phase may take; the run's own limit ends it sooner when it is shorter."""
