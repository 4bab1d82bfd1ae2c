"""A run and what it is made of: frozen records without behaviour, shared by every layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

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
    fresh: bool = False
    """It is made from the start, and uses nothing that earlier runs left."""
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
