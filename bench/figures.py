"""Figures, what they are held against, and how they are taken: in turns, so that drift cancels."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Measured = TypeVar("Measured")


class Sense(StrEnum):
    """On which side of its limit a figure should be."""

    MOST = "≤"
    LEAST = "≥"


class Verdict(StrEnum):
    """How a row stands to its target."""

    MET = "met"
    MISSED = "missed"
    TOLD = "—"
    """There is no target, or nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Target:
    """A limit for a row's ratio or, with `absolute`, for its own figure."""

    sense: Sense
    limit: float
    absolute: bool = False


def at_most(limit: float, *, absolute: bool = False) -> Target:
    """The figure should not be above the limit."""
    return Target(Sense.MOST, limit, absolute)


def at_least(limit: float, *, absolute: bool = False) -> Target:
    """The figure should not be below the limit."""
    return Target(Sense.LEAST, limit, absolute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: our figure per round, and the peer's of the same rounds."""

    name: str
    unit: str
    ours: Sequence[float]
    peer: str = ""
    """What it is held against; empty for a figure that stands for itself."""
    theirs: Sequence[float] = ()
    """Empty when the peer is not on this machine."""
    target: Target | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """Our median."""
        return statistics.median(self.ours)

    @property
    def peer_value(self) -> float | None:
        """The peer's median."""
        return statistics.median(self.theirs) if self.theirs else None

    @property
    def ratio(self) -> float | None:
        """Ours to theirs, round by round where rounds were paired; the median of that."""
        if not self.theirs or not all(self.theirs):
            return None
        if len(self.ours) != len(self.theirs):
            return self.value / statistics.median(self.theirs)
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def spread(self) -> float:
        """Half of the distance between our best and worst round, as a part of the median."""
        if len(self.ours) < 2 or not self.value:
            return 0.0
        return (max(self.ours) - min(self.ours)) / 2 / self.value

    @property
    def verdict(self) -> Verdict:
        """Whether the target is met."""
        if self.target is None:
            return Verdict.TOLD
        figure = self.value if self.target.absolute else self.ratio
        if figure is None:
            return Verdict.TOLD
        met = (
            figure <= self.target.limit
            if self.target.sense is Sense.MOST
            else figure >= self.target.limit
        )
        return Verdict.MET if met else Verdict.MISSED


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def in_turns(
    rounds: int, measures: Mapping[str, Callable[[], Measured]]
) -> dict[str, list[Measured]]:
    """Take every measure once per round, in an order that turns round each time."""
    taken: dict[str, list[Measured]] = {name: [] for name in measures}
    names = list(measures)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            taken[name].append(measures[name]())
    return taken
