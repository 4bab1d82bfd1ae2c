"""The file that carries ended runs to another store: a gzipped tar of records and bundles.

It begins with `llmsdeck-export.json`, has `runs/ID/run.json` and then the bundle's files for each
run, and ends with `end.json`. A tar is read from front to back in constant memory, so that each
name and size is checked before a byte of it is believed, and nothing is ever extracted by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from llmsdeck.model import ID_LETTERS, Actor, ArtifactName, RunId
from llmsdeck.states import TERMINAL, CancelState, ErrorKind, Outcome, Phase, RunStatus

FORMAT: Final = 1
"""Raised whenever a reader of older exports could misunderstand a newer one."""
HEAD: Final = "llmsdeck-export.json"
END: Final = "end.json"
RECORD: Final = "run.json"
MOST_RUNS: Final = 100_000
MOST_RECORD_BYTES: Final = 32 * 2**20
"""Bytes of one run's record, its events included."""
MOST_FILE_BYTES: Final = 64 * 2**20
"""Bytes of one file of a bundle; more is never read of an artifact anyway."""
MOST_BYTES: Final = 8 * 2**30
"""Bytes of everything once it is unpacked."""
MOST_EVENTS: Final = 20_000
_MOST_FILES: Final = 1100
_LAST_MS: Final = 253_402_300_799_000
"""The end of the year 9999, beyond which no date can be shown."""
_LARGEST: Final = 2**31
_MONTH_S: Final = 31 * 86400

Whole = Annotated[int, Field(ge=0, lt=_LARGEST)]
Millis = Annotated[int, Field(ge=0, le=_LAST_MS)]
Seconds = Annotated[float, Field(ge=0, le=_MONTH_S)]
Id = Annotated[RunId, StringConstraints(pattern=rf"^[{''.join(sorted(ID_LETTERS))}]{{20}}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Text = Annotated[str, StringConstraints(max_length=100_000)]


def _is_actor(text: str) -> str:
    Actor.parse(text)
    return text


Who = Annotated[str, StringConstraints(max_length=500), AfterValidator(_is_actor)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Head(BaseModel):
    """What is said before anything else; a newer format may say more."""

    model_config = ConfigDict(frozen=True)

    format: int
    program: Word


class End(_Part):
    """What is said last; a file without it is cut off."""

    runs: Whole


class CancelPart(_Part):
    """Who asked for the end, and when."""

    by: Who
    at_ms: Millis


class WarningPart(_Part):
    """A warning of the run."""

    kind: Word
    message: Text
    count: Whole


class FilePart(_Part):
    """A file of the bundle; it follows the record, in this order."""

    name: ArtifactName
    size_bytes: Annotated[int, Field(ge=0, le=MOST_FILE_BYTES)]
    hash_sha256: Digest


class EventPart(_Part):
    """An event of the run."""

    at_ms: Millis
    actor: Who
    kind: Word
    message: Text
    data: Annotated[Mapping[Word, str | int | float | bool | None], Field(max_length=100)]


class PhasePart(_Part):
    """How long a phase of an attempt took; None when it was cut off."""

    attempt: Whole
    phase: Phase
    seconds: Seconds | None


class RunPart(_Part):
    """One ended run.

    Its output folder, its worker and its process are left out: they mean nothing in another place,
    and a retry must never write where somebody else's file says.
    """

    run_id: Id
    source: Line
    ref: Line | None
    artifacts_wanted: Annotated[tuple[ArtifactName, ...], Field(min_length=1, max_length=10)]
    model: Line
    timeout_s: Annotated[float, Field(gt=0, le=_MONTH_S)] | None
    priority: Annotated[int, Field(gt=-_LARGEST, lt=_LARGEST)]
    parent_run: Id | None
    requested_by: Who
    max_attempts: Annotated[int, Field(ge=1, le=1000)]
    status: RunStatus
    token: Whole
    attempt: Whole
    phase: Phase | None
    cancel: CancelPart | None
    commit: Line | None
    outcome: Outcome | None
    score: Annotated[int, Field(ge=0, le=100)] | None
    error_kind: ErrorKind | None
    error_message: Text | None
    warnings: Annotated[tuple[WarningPart, ...], Field(max_length=1000)]
    created_ms: Millis
    started_ms: Millis | None
    updated_ms: Millis
    finished_ms: Millis
    files: Annotated[tuple[FilePart, ...], Field(max_length=_MOST_FILES)]
    events: Annotated[tuple[EventPart, ...], Field(max_length=MOST_EVENTS)]
    phases: Annotated[tuple[PhasePart, ...], Field(max_length=10_000)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        completed = self.status is RunStatus.COMPLETED
        if self.status not in TERMINAL:
            raise ValueError("a run that has not ended")
        if completed != (self.outcome is not None) or completed != bool(self.files):
            raise ValueError("an outcome or a bundle that does not fit its status")
        if self.status is RunStatus.FAILED and self.error_kind is None:
            raise ValueError("a failed run without a reason")
        if len({file.name for file in self.files}) != len(self.files):
            raise ValueError("two files of one name")
        steps = {(each.attempt, each.phase) for each in self.phases}
        if len(steps) != len(self.phases):
            raise ValueError("a phase that is told twice")
        return self


CANCELLED: Final = CancelState.STOPPED
"""What became of the cancel of every run that has ended and was asked to stop."""


def record_name(run_id: RunId) -> str:
    """Where a run's record is in the file."""
    return f"runs/{run_id}/{RECORD}"


def file_name(run_id: RunId, name: ArtifactName) -> str:
    """Where a file of a run's bundle is in the file."""
    return f"runs/{run_id}/{name}"
