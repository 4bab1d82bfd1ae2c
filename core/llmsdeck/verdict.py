"""What the judge says about a bundle: frozen records without behaviour beyond simple sums."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Profile(StrEnum):
    """Which description of the format a text is held against."""

    V1 = "v1"
    """Strict: what the reference parser accepts, and loses nothing of."""
    V2 = "v2"
    """Of August 2026: only the title is required, `Optional` is a section like any other."""


class LinkState(StrEnum):
    """What became of a look at an external link."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """Nobody answered, or not about the page: a limit, an outage, a login. Not dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where."""

    message: str
    line: int | None = None
    """Line of llms.txt, from 1; None when no single line is to blame."""

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition that a bundle meets or not."""

    name: str
    findings: tuple[Finding, ...] = ()
    """Why it fails, in order, the first ones; empty when it passes."""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One item of the rubric."""

    name: str
    weight: int
    points: float | None
    """From 0 to 1; None when it could not be measured, which is never guessed."""
    reason: str
    """A sentence: what was found, and what would improve it."""

    @property
    def lost(self) -> float:
        """How much of the weight is missing."""
        return 0.0 if self.points is None else self.weight * (1 - self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """What a look at one external link found."""

    url: str
    state: LinkState
    reason: str
    """The status or what went wrong, in a few words."""
    moved_to: str | None = None
    """Where redirects led."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Everything the judge has to say."""

    subject: str
    """The run or the file that was judged."""
    profile: Profile
    gates: tuple[Gate, ...]
    rubric: tuple[Measure, ...]
    links: tuple[LinkAnswer, ...] = ()
    """External links that were looked at; empty unless that was asked for."""

    @property
    def passed(self) -> bool:
        """Whether every gate is passed."""
        return all(gate.passed for gate in self.gates)

    @property
    def points(self) -> int:
        """The weighted mean of what could be measured, 0 to 100, whatever the gates say."""
        measured = [(item.weight, item.points) for item in self.rubric if item.points is not None]
        weights = sum(weight for weight, _ in measured)
        return round(100 * sum(w * points for w, points in measured) / weights) if weights else 0

    @property
    def score(self) -> int:
        """The points, or 0 when a gate is failed."""
        return self.points if self.passed else 0

    @property
    def improvements(self) -> tuple[Measure, ...]:
        """Measures with something to gain, the most worthwhile first."""
        return tuple(sorted((m for m in self.rubric if m.lost), key=lambda m: (-m.lost, m.name)))
