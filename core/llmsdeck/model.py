"""What the deck talks about: frozen records without behaviour, shared by every layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from llmsdeck.settings import Policy
from llmsdeck.states import CancelState, ErrorKind, Outcome, Phase, RunStatus

RunId = NewType("RunId", str)
WorkerId = NewType("WorkerId", str)

ID_LETTERS: Final = frozenset("0123456789abcdefghjkmnpqrstvwxyz")
"""What run ids are made of, Crockford's base 32: no letter that reads as a digit."""
SHORT_ID_LENGTH: Final = 6


class ActorKind(StrEnum):
    """What sort of party did something."""

    OPERATOR = "operator"
    AGENT = "agent"
    CLI = "cli"
    WORKER = "worker"
    JANITOR = "janitor"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something; written on every event."""

    kind: ActorKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @classmethod
    def parse(cls, text: str) -> Actor:
        """The actor that `str()` wrote."""
        kind, _, name = text.partition(":")
        return cls(ActorKind(kind), name)


MOST_PARTS: Final = 999
_PART: Final = re.compile(r"llms-full\.(?!000)[0-9]{3}\.txt")


class ArtifactName(StrEnum):
    """The files a bundle may hold; no other name is ever written or read.

    Beside the members there are the numbered parts of a large llms-full.txt. `ArtifactName(text)`
    is the one place that tells a name from any other text, for which it raises ValueError.
    """

    LLMS = "llms.txt"
    LLMS_FULL = "llms-full.txt"
    LLMS_CTX = "llms-ctx.txt"
    MANIFEST = "manifest.json"

    @classmethod
    def part(cls, number: int) -> ArtifactName:
        """The name of a part of llms-full.txt, from 1; raises ValueError beyond MOST_PARTS."""
        return cls(f"llms-full.{number:03}.txt")

    @property
    def is_part(self) -> bool:
        """Whether this is a part of llms-full.txt, not a member."""
        return _PART.fullmatch(self) is not None

    @classmethod
    def _missing_(cls, value: object) -> ArtifactName | None:
        if not isinstance(value, str) or not _PART.fullmatch(value):
            return None
        part = str.__new__(cls, value)
        part._name_ = part._value_ = value
        return part


DEFAULT_ARTIFACTS: Final = (ArtifactName.LLMS, ArtifactName.LLMS_FULL)
NO_MODEL: Final = "none"
ANY_MODEL: Final = "auto"
OPTIONAL_MODELS: Final = (NO_MODEL, ANY_MODEL)
"""What runs ask for that can do without a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What somebody asks for: one bundle of one source."""

    source: str
    """A path, a repository URL or `owner/name`, as typed."""
    ref: str | None = None
    artifacts: tuple[ArtifactName, ...] = DEFAULT_ARTIFACTS
    model: str = NO_MODEL
    """A model's name, `auto`, or `none` for the deterministic text."""
    output_dir: str | None = None
    """Folder that receives copies of the bundle at a stable path; None keeps it in the store."""
    timeout_s: float | None = None
    """Seconds one attempt may take; None means the policy's `run_timeout`."""
    priority: int = 0
    """Higher starts sooner."""
    force: bool = False
    """Start another run although the same one is live, and make its bundle anew."""
    fresh: bool = False
    """Use nothing that earlier runs left: no bundle, no texts of a host, no answers of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWarning:
    """Something that went less well than asked for, counted per kind and message."""

    kind: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One published file of a bundle."""

    name: ArtifactName
    path: str
    size_bytes: int
    hash_sha256: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Units done of the current phase; total 0 means unknown."""

    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """How far a requested cancel has come."""

    state: CancelState
    by: Actor
    requested_at: datetime
    verdict: str | None = None
    """`cancelled`, once the run has stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether a pending run is to go on although it is over its budget; a `Decision` answers it."""

    expected_tokens: int
    """Tokens that the model would read."""
    token_budget: int
    """Tokens that it may read without asking."""
    left_s: float
    """Seconds until it goes on without the model."""

    @property
    def sentence(self) -> str:
        """What is asked, and what happens without an answer."""
        return (
            f"The model would read about {self.expected_tokens} tokens and the budget is "
            f"{self.token_budget}; unless it is answered in time, the run goes on without it."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as it was when the snapshot was taken; ages are in seconds at that moment."""

    seq: int
    """Order of acceptance, unique and never reused; the key of every list."""
    run_id: RunId
    source: str
    ref: str | None = None
    commit: str | None = None
    artifacts_wanted: tuple[ArtifactName, ...] = DEFAULT_ARTIFACTS
    model: str = NO_MODEL
    priority: int = 0
    parent_run: RunId | None = None
    requested_by: Actor
    output_dir: str | None = None
    timeout_s: float | None = None
    status: RunStatus
    outcome: Outcome | None = None
    score: int | None = None
    phase: Phase | None = None
    progress: Progress = Progress()
    attempt: int = 0
    """Attempts begun so far; the current one while processing."""
    max_attempts: int
    token: int = 0
    worker: WorkerId | None = None
    pid: int | None = None
    """Process id of the run process while processing."""
    heartbeat_age_s: float | None = None
    moved_age_s: float | None = None
    stale: bool = False
    orphan: bool = False
    stale_reason: str | None = None
    retry_in_s: float | None = None
    """Seconds until a pending run may be claimed again after a lost attempt."""
    held: str | None = None
    """What a pending run waits for besides its turn, as a sentence; None when for nothing."""
    question: Question | None = None
    """What a pending run waits to be answered; `held` says it as a sentence."""
    cancel: Cancel | None = None
    queue_position: int | None = None
    """1 is the next run to be claimed; None unless pending."""
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    warnings: tuple[RunWarning, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    bundle_dir: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    updated_at: datetime
    finished_at: datetime | None = None

    @property
    def short_id(self) -> str:
        """The prefix that people read and type."""
        return self.run_id[:SHORT_ID_LENGTH]

    @property
    def cancelling(self) -> bool:
        """A cancel was requested and the run has not stopped yet."""
        return self.cancel is not None and self.status is RunStatus.PROCESSING


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """One line of a run's append-only history."""

    seq: int
    run_id: RunId | None
    at: datetime
    actor: Actor
    kind: str
    """What happened, as a short lower-case word: accepted, claimed, phase, cancel_requested, …"""
    message: str
    """The same as a sentence for people; may quote outside text."""
    data: Mapping[str, object] = field(default_factory=dict[str, object])


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
    def kept(self) -> int:
        """How many runs there are, whatever their status."""
        return self.pending + self.processing + self.completed + self.failed + self.cancelled


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
    detail: RunDetail | None
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


@dataclass(frozen=True, slots=True)
class ValueCount:
    """One value of a filter's key, and how many runs have it."""

    value: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A keyset page of runs, newest first."""

    runs: tuple[Run, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The answer to one requested source: a run, or the refusal."""

    source: str
    """Empty for the retry of a run that was not there."""
    retry_of: RunId | None = None
    """The run that was to be started again; None for a start."""
    run: Run | None = None
    created: bool = False
    """False when an equal run was already pending or processing and is returned instead."""
    error: Exception | None = None
    """A DeckError when the source was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswer:
    """What a cancel did to one run, truthfully."""

    run_id: RunId
    run: Run | None = None
    """As it is now; None when it is not there any more."""
    verdict: str = ""
    """`cancelled`: stopped; `requested`: it will, watch `run.cancel`; `too_late`: it had ended."""
    message: str = ""
    """One sentence, with the figure: `Too late, it had finished 0.4 s before.`"""
    error: Exception | None = None
    """A DeckError when the run was not there to be asked, and there is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityAnswer:
    """The answer to one run whose priority was to change."""

    run_id: RunId
    run: Run | None = None
    """As it is now; None when it was refused."""
    error: Exception | None = None
    """A DeckError when the run is not pending or not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a retry of a run would find of its work, and of the runs that it retries."""

    bundle: bool = False
    """A whole bundle, which is used again if the source is still the same."""
    texts: bool = False
    """What was read of a host, which is used again while that has nothing newer."""
    answers: int = 0
    """Answers of a model, of which each is used again for the same question."""
    questions: int = 0
    """Questions that there were, as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of the answer to one run that was to ask."""

    run_id: RunId
    run: Run | None = None
    """As it is now; None when the answer was refused."""
    error: Exception | None = None
    """A DeckError when the run asks nothing, any more or at all, or is not there."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written for another store."""

    file: str | None
    """None when there was no run to write."""
    size_bytes: int
    run_ids: tuple[RunId, ...]
    errors: Mapping[RunId, Exception]
    """A DeckError for each run that could not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The answer to one run of an export."""

    run_id: RunId
    skipped: str | None = None
    """Why it was passed by: it is known here."""
    error: Exception | None = None
    """A DeckError when there was no room for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactText:
    """A piece of an artifact; offset and totals count characters."""

    name: ArtifactName
    content: str
    offset: int
    total_chars: int

    @property
    def truncated(self) -> bool:
        """There is more text after this piece."""
        return self.offset + len(self.content) < self.total_chars


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a start would find, looked up before it is asked for."""

    ok: bool
    message: str
    """One sentence: what the source is, or why it cannot be used."""
