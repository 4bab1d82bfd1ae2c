from __future__ import annotations

import json
from datetime import UTC, datetime

from llmsdeck.contract import error_document, run_document
from llmsdeck.errors import QueueFullError
from llmsdeck.model import Actor, ActorKind, Cancel, Run, RunId, RunWarning
from llmsdeck.states import CancelState, RunStatus

KEYS = """
run_id short_id source ref commit artifacts_wanted model priority parent_run requested_by output_dir
status outcome score phase progress attempt max_attempts worker
heartbeat_age_s moved_age_s stale stale_reason cancel queue_position held question
error_kind error_message warnings
artifacts created_at started_at updated_at finished_at
"""
"""Readers depend on these names; a new one may be added, none may go."""

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUN = Run(
    seq=1,
    run_id=RunId("7f3k2a0000"),
    source="/srv/flask",
    requested_by=Actor(ActorKind.AGENT, "editor"),
    status=RunStatus.PROCESSING,
    max_attempts=3,
    heartbeat_age_s=1.23456,
    cancel=Cancel(state=CancelState.SEEN, by=Actor(ActorKind.CLI), requested_at=NOON),
    warnings=(RunWarning(kind="skipped", message="2 files are too large", count=2),),
    created_at=NOON,
    updated_at=NOON,
)


def test_a_run_has_the_promised_keys_in_their_order() -> None:
    assert list(run_document(RUN)) == KEYS.split()


def test_a_run_survives_json() -> None:
    document = json.loads(json.dumps(run_document(RUN)))
    assert document["status"] == "processing"
    assert document["requested_by"] == "agent:editor"
    assert document["heartbeat_age_s"] == 1.235
    assert document["created_at"] == "2026-03-01T12:00:00.000+00:00"
    assert document["cancel"] == {
        "state": "seen",
        "by": "cli",
        "requested_at": "2026-03-01T12:00:00.000+00:00",
        "verdict": None,
    }
    assert document["warnings"] == [
        {"kind": "skipped", "message": "2 files are too large", "count": 2}
    ]


def test_an_error_brings_its_facts() -> None:
    assert error_document(QueueFullError(5, 5)) == {
        "kind": "queue_full",
        "message": str(QueueFullError(5, 5)),
        "queued": 5,
        "queue_cap": 5,
        "full_for_s": None,
        "processing": 0,
        "workers": 0,
    }
