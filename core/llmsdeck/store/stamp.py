"""The moment of a write on both clocks."""

from __future__ import annotations

from dataclasses import dataclass

from llmsdeck.clock import Clock, Instant


@dataclass(frozen=True, slots=True)
class Stamp:
    """Taken once per operation, so that everything it writes bears the same time."""

    now: Instant
    wall_ms: int

    @classmethod
    def of(cls, clock: Clock) -> Stamp:
        """What the clock says now."""
        return cls(clock.now(), clock.wall_ms())
