"""Which ended runs go, which went, and which can be brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from llmsdeck.model import Actor, RunId
    from llmsdeck.states import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneRule:
    """Which ended runs may go; the policy's times to live count when nothing is said."""

    older_than_s: float | None = None
    """Only runs that ended this many seconds ago."""
    keep: int | None = None
    """The newest this many stay, of the ended runs that the filter lets through."""
    keep_each: int | None = None
    """The same, of each source."""
    filter: str = ""
    """Only runs that this lets through (llmsdeck.filter)."""
    run_ids: tuple[RunId, ...] | None = None
    """Only these runs, those of them that have ended; None when any may go."""

    @property
    def by_policy(self) -> bool:
        """Nothing is said, so that the policy decides."""
        said = (self.older_than_s, self.keep, self.keep_each, self.run_ids)
        return said == (None,) * len(said) and not self.filter.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneItem:
    """One run that would go, and why it qualifies."""

    run_id: RunId
    source: str
    status: RunStatus
    finished_at: datetime
    size_bytes: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunePlan:
    """What pruning would remove; applying it refuses when these runs have changed."""

    rule: PruneRule
    items: tuple[PruneItem, ...]
    total_bytes: int
    fingerprint: str
    """Hash over the planned rows; compared again when the plan is applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """What pruning removed."""

    run_ids: tuple[RunId, ...]
    total_bytes: int

    @property
    def runs(self) -> int:
        """How many went."""
        return len(self.run_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashItem:
    """A pruned run that can be brought back."""

    run_id: RunId
    source: str
    status: RunStatus
    finished_at: datetime
    size_bytes: int
    pruned_at: datetime
    pruned_by: Actor
    left_s: float
    """Seconds until it goes for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The answer to one run that was to be brought back: that it is, or why not."""

    reference: str
    """The id, or the start of one, as given."""
    run_id: RunId | None = None
    error: Exception | None = None
    """A DeckError when it did not come back."""
