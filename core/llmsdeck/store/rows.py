"""From rows to the records that the rest of the program knows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

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


class Row(Protocol):
    """Columns by name."""

    def __getitem__(self, name: str, /) -> Any: ...


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

    def vitality(self, row: Row) -> Vitality:
        """Whether somebody still works on the run; runs that nobody should work on are fine."""
        if row["status"] != RunStatus.PROCESSING:
            return ALIVE
        return vitality(
            now=self.now,
            beat=Instant(row["boot_id"], row["beat_ns"]),
            owner_alive=row["worker_id"] in self.living,
            stale_after=self.stale_after,
        )

    def run(self, columns: sqlite3.Row) -> Run:
        """The run as it is now."""
        # A sqlite3.Row goes through its columns for each name.
        row = dict(zip(columns.keys(), columns, strict=True))
        vital = self.vitality(row)
        live = row["status"] == RunStatus.PROCESSING
        bundle_dir = self._bundle_dir(row)
        return Run(
            seq=row["seq"],
            run_id=RunId(row["run_id"]),
            source=row["source"],
            ref=row["ref"],
            commit=row["commit_id"],
            artifacts_wanted=_names(row["artifacts_wanted"]),
            model=row["model"],
            priority=row["priority"],
            parent_run=row["parent_run"] and RunId(row["parent_run"]),
            requested_by=Actor.parse(row["requested_by"]),
            output_dir=row["output_dir"],
            timeout_s=row["timeout_s"],
            fresh=bool(row["fresh"]),
            status=RunStatus(row["status"]),
            outcome=row["outcome"] and Outcome(row["outcome"]),
            score=row["score"],
            phase=row["phase"] and Phase(row["phase"]),
            progress=Progress(row["done"], row["total"]),
            attempt=row["attempt"],
            max_attempts=row["max_attempts"],
            token=row["token"],
            worker=row["worker_id"] and WorkerId(row["worker_id"]),
            pid=row["pid"] if live else None,
            heartbeat_age_s=self._age(row, "beat_ns") if live else None,
            moved_age_s=self._age(row, "moved_ns") if live else None,
            stale=vital.stale,
            orphan=vital.orphan,
            stale_reason=vital.reason,
            retry_in_s=self._retry_in(row),
            cancel=_cancel(row),
            held=self._held(row),
            question=self._question(row),
            queue_position=self.queue.get(row["seq"]),
            error_kind=row["error_kind"] and ErrorKind(row["error_kind"]),
            error_message=row["error_message"],
            warnings=_warnings(row["warnings"]),
            artifacts=_artifacts(row, bundle_dir),
            bundle_dir=bundle_dir,
            created_at=moment(row["created_ms"]),
            started_at=_maybe_moment(row["started_ms"]),
            updated_at=moment(row["updated_ms"]),
            finished_at=_maybe_moment(row["finished_ms"]),
        )

    def _age(self, row: Row, column: str) -> float | None:
        return self.now.seconds_since(Instant(row["boot_id"], row[column]))

    def _retry_in(self, row: Row) -> float | None:
        if row["status"] != RunStatus.PENDING or row["retry_ns"] is None:
            return None
        wait = Instant(row["retry_boot"], row["retry_ns"]).seconds_since(self.now)
        return wait or None

    def _held(self, row: Row) -> str | None:
        if question := self._question(row):
            return question.sentence
        alone = row["decision"] == Decision.WITHOUT_MODEL
        needs_model = row["model"] not in OPTIONAL_MODELS and not alone
        return self.obstacle if row["status"] == RunStatus.PENDING and needs_model else None

    def _question(self, row: Row) -> Question | None:
        asks = row["asked_ns"] is not None and row["decision"] is None
        if not asks or row["status"] != RunStatus.PENDING:
            return None
        asked = Instant(row["asked_boot"], row["asked_ns"])
        return Question(
            expected_tokens=row["expected_tokens"],
            token_budget=row["token_budget"],
            left_s=questions.left_s(self.now, asked, self.policy),
        )

    def _bundle_dir(self, row: Row) -> str | None:
        if row["bundle_token"] is None:
            return None
        return str(self.paths.attempt(row["run_id"], row["bundle_token"]))


@lru_cache(maxsize=64)
def _names(listed: str) -> tuple[ArtifactName, ...]:
    return tuple(map(ArtifactName, listed.split(",")))


@lru_cache(maxsize=64)
def _warnings(document: str) -> tuple[RunWarning, ...]:
    return tuple(RunWarning(**warning) for warning in json.loads(document))


def _artifacts(row: Row, folder: str | None) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(
            name=ArtifactName(file["name"]),
            path=f"{folder}/{file['name']}",
            size_bytes=file["size_bytes"],
            hash_sha256=file["hash_sha256"],
        )
        for file in json.loads(row["artifacts"])
    )


def _cancel(row: Row) -> Cancel | None:
    if row["cancel_state"] is None:
        return None
    return Cancel(
        state=CancelState(row["cancel_state"]),
        by=Actor.parse(row["cancel_by"]),
        requested_at=moment(row["cancel_ms"]),
        verdict="cancelled" if row["status"] == RunStatus.CANCELLED else None,
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
