"""What a dashboard shows at one moment: runs, workers, model servers, and their figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from llmsdeck.states import Phase

if TYPE_CHECKING:
    from llmsdeck.model import Run, RunEvent, RunId, WorkerId
    from llmsdeck.settings import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSpan:
    """How long one phase of the current (or last) attempt took."""

    phase: Phase
    seconds: float
    """So far, when still running."""
    running: bool = False
    usual_s: tuple[float, float] | None = None
    """Lower and upper quartile in this store's history; None with too little history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """Everything about one run that a detail pane shows."""

    run: Run
    phases: tuple[PhaseSpan, ...] = ()
    usual_s: Mapping[Phase, tuple[float, float]] = field(
        default_factory=dict[Phase, tuple[float, float]]
    )
    """Lower and upper quartile of each phase in this store's history, of those with enough."""
    events: tuple[RunEvent, ...] = ()
    """Oldest first; at most the newest 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """A registered worker process."""

    worker_id: WorkerId
    pid: int
    slots: int
    busy: int
    """Runs it is processing."""
    state: str
    """`running` or `draining`."""
    alive: bool
    """Its process exists and beats; a dead worker is listed until its runs are rescued."""
    heartbeat_age_s: float
    started_at: datetime
    sweep_age_s: float | None = None
    """Seconds since its janitor last finished a sweep."""
    sweep_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A model server as attempts last found it."""

    server: str
    """Its address."""
    model: str | None = None
    """Model that answered last."""
    context_tokens: int | None = None
    """Context that it has loaded; None when it does not say."""
    tokens_per_s: float | None = None
    """Speed of the last answer."""
    seen_age_s: float
    """Seconds since an attempt last used it; endless when that was before this boot."""
    down_since: datetime | None = None
    """When it could not be reached any more; None while it can."""
    down_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many runs there are of each status; maintained by the store, not counted."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    degraded: int = 0
    """Part of completed."""
    submitted: int = 0
    pruned: int = 0
    stale: int = 0
    """Part of processing: stale or orphan by the one predicate."""

    @property
    def live(self) -> int:
        """How many runs have not ended yet."""
        return self.pending + self.processing

    @property
    def kept(self) -> int:
        """How many runs there are, whatever their status."""
        return self.live + self.completed + self.failed + self.cancelled


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a table shows."""

    first: int = 0
    """Rows above the window."""
    size: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckSnapshot:
    """One consistent picture of the store, taken in one read transaction."""

    taken_at: datetime
    store_dir: str
    read_only: bool
    counts: Counts
    filter: str = ""
    """What the list is about; counts are of all runs whatever it says."""
    sort: str = ""
    """The order of the list; blank is newest first."""
    total: int
    """Rows in the list, of which `runs` is the window."""
    focus_row: int | None = None
    """Rows above the focused run; None when it is not in the list."""
    window: Window
    runs: tuple[Run, ...]
    focus: RunId | None
    """The run that `detail` was asked of."""
    detail: RunDetail | None
    """None when no run was asked for, or the run is gone."""
    workers: tuple[WorkerInfo, ...]
    lanes: tuple[Lane, ...] = ()
    """The one used last comes first."""
    held: int = 0
    """Pending runs that wait for a model server to come back."""
    asking: int = 0
    """Pending runs that wait for an answer."""
    policy: Policy
    finished_per_minute: tuple[int, ...] = ()
    """Runs that ended in each of the last eight whole minutes, oldest first."""
    free_bytes: int | None = None
    """Room on the store's disk; None when that cannot be told."""
    writable: bool = True
    """The store's file may be written to, whether or not this deck does."""
