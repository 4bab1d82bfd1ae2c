"""From rows to the records that the rest of the program knows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final

from llmsdeck.clock import Instant
from llmsdeck.model import (
    OPTIONAL_MODELS,
    Actor,
    Artifact,
    ArtifactName,
    Cancel,
    Progress,
    Question,
    Run,
    RunEvent,
    RunId,
    RunWarning,
    WorkerId,
)
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import (
    ALIVE,
    CancelState,
    Decision,
    ErrorKind,
    Outcome,
    Phase,
    RunStatus,
    Vitality,
    vitality,
)
from llmsdeck.store import questions
from llmsdeck.store.columns import RunColumns

_JSON: Final = json.JSONDecoder()
# Runs say the same few words, and looking up what was made of one is faster than making it.
_status, _outcome, _phase = cache(RunStatus), cache(Outcome), cache(Phase)
_error_kind, _actor = cache(ErrorKind), lru_cache(maxsize=256)(Actor.parse)
_artifact_name = lru_cache(maxsize=256)(ArtifactName)


def moment(ms: int) -> datetime:
    """Wall time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _maybe_moment(ms: int | None) -> datetime | None:
    return None if ms is None else moment(ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """What one must know besides the row to tell the state of a run."""

    now: Instant
    wall_ms: int
    paths: StorePaths
    living: frozenset[WorkerId]
    stale_after: float
    policy: Policy
    queue: Mapping[int, int]
    """Queue position by `seq`."""
    obstacle: str | None = None
    """Why runs that need a model are held; None when they are not."""

    def vitality(self, worker: WorkerId | None, beat: Instant) -> Vitality:
        """Whether somebody still works on a run that this worker is processing."""
        return vitality(
            now=self.now,
            beat=beat,
            owner_alive=worker in self.living,
            stale_after=self.stale_after,
        )

    def run(self, columns: sqlite3.Row) -> Run:
        """The run as it is now, of a row that was selected as `COLUMNS`."""
        row = RunColumns._make(columns)
        status = _status(row.status)
        pending, live = status is RunStatus.PENDING, status is RunStatus.PROCESSING
        beat = Instant(row.boot_id, row.beat_ns) if live else None
        moved = Instant(row.boot_id, row.moved_ns) if live else None
        vital = self.vitality(row.worker_id, beat) if beat else ALIVE
        question = self._question(row) if pending else None
        bundle_dir = self._bundle_dir(row)
        return Run(
            seq=row.seq,
            run_id=row.run_id,
            source=row.source,
            ref=row.ref,
            commit=row.commit_id,
            artifacts_wanted=_names(row.artifacts_wanted),
            model=row.model,
            priority=row.priority,
            parent_run=row.parent_run,
            requested_by=_actor(row.requested_by),
            output_dir=row.output_dir,
            timeout_s=row.timeout_s,
            fresh=bool(row.fresh),
            status=status,
            outcome=_outcome(row.outcome) if row.outcome else None,
            score=row.score,
            phase=_phase(row.phase) if row.phase else None,
            progress=Progress(row.done, row.total),
            attempt=row.attempt,
            max_attempts=row.max_attempts,
            token=row.token,
            worker=row.worker_id,
            pid=row.pid if live else None,
            heartbeat_age_s=self.now.seconds_since(beat) if beat else None,
            moved_age_s=self.now.seconds_since(moved) if moved else None,
            stale=vital.stale,
            orphan=vital.orphan,
            stale_reason=vital.reason,
            retry_in_s=self._retry_in(row) if pending else None,
            cancel=_cancel(row),
            held=self._held(row, question) if pending else None,
            question=question,
            queue_position=self.queue.get(row.seq),
            error_kind=_error_kind(row.error_kind) if row.error_kind else None,
            error_message=row.error_message,
            warnings=_warnings(row.warnings),
            artifacts=_artifacts(row.artifacts, bundle_dir) if bundle_dir else (),
            bundle_dir=bundle_dir,
            created_at=moment(row.created_ms),
            started_at=_maybe_moment(row.started_ms),
            updated_at=moment(row.updated_ms),
            finished_at=_maybe_moment(row.finished_ms),
        )

    def _retry_in(self, row: RunColumns) -> float | None:
        if row.retry_ns is None:
            return None
        wait = Instant(row.retry_boot, row.retry_ns).seconds_since(self.now)
        return wait or None

    def _held(self, row: RunColumns, question: Question | None) -> str | None:
        if question:
            return question.sentence
        needs_model = row.model not in OPTIONAL_MODELS and row.decision != Decision.WITHOUT_MODEL
        return self.obstacle if needs_model else None

    def _question(self, row: RunColumns) -> Question | None:
        if row.asked_ns is None or row.decision is not None:
            return None
        asked = Instant(row.asked_boot, row.asked_ns)
        return Question(
            expected_tokens=row.expected_tokens,
            token_budget=row.token_budget,
            left_s=questions.left_s(self.now, asked, self.policy),
        )

    def _bundle_dir(self, row: RunColumns) -> str | None:
        if row.bundle_token is None:
            return None
        return self.paths.attempt_dir(row.run_id, row.bundle_token)


@lru_cache(maxsize=64)
def _names(listed: str) -> tuple[ArtifactName, ...]:
    return tuple(map(ArtifactName, listed.split(",")))


@lru_cache(maxsize=64)
def _warnings(document: str) -> tuple[RunWarning, ...]:
    return tuple(RunWarning(**warning) for warning in json.loads(document))


def _artifacts(document: str, folder: str) -> tuple[Artifact, ...]:
    files, _ = _JSON.raw_decode(document)
    return tuple(
        Artifact(
            name=_artifact_name(file["name"]),
            path=f"{folder}/{file['name']}",
            size_bytes=file["size_bytes"],
            hash_sha256=file["hash_sha256"],
        )
        for file in files
    )


def _cancel(row: RunColumns) -> Cancel | None:
    if row.cancel_state is None:
        return None
    return Cancel(
        state=CancelState(row.cancel_state),
        by=_actor(row.cancel_by),
        requested_at=moment(row.cancel_ms),
        verdict="cancelled" if row.status == RunStatus.CANCELLED else None,
    )


def event(row: sqlite3.Row) -> RunEvent:
    """One event; the row carries the run's id beside the event's own columns."""
    return RunEvent(
        seq=row["seq"],
        run_id=row["run_id"] and RunId(row["run_id"]),
        at=moment(row["at_ms"]),
        actor=Actor.parse(row["actor"]),
        kind=row["kind"],
        message=row["message"],
        data=json.loads(row["data"]),
    )
