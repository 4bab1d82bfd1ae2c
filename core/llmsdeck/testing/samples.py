"""A picture of a deck in good health, for tests that change one thing about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from llmsdeck.model import WorkerId
from llmsdeck.settings import Policy
from llmsdeck.snapshot import Counts, DeckSnapshot, Window, WorkerInfo

NOW: Final = datetime(2026, 3, 1, 14, 2, 31, tzinfo=UTC)
"""When the picture is taken."""
WORKER: Final = WorkerInfo(
    worker_id=WorkerId("w1"),
    pid=1,
    slots=4,
    busy=2,
    state="running",
    alive=True,
    heartbeat_age_s=0.1,
    started_at=NOW - timedelta(hours=1),
    sweep_age_s=1,
)
"""A worker that lives, has room, and has just swept."""
SNAPSHOT: Final = DeckSnapshot(
    taken_at=NOW,
    store_dir="/srv/deck",
    read_only=False,
    counts=Counts(),
    total=0,
    window=Window(),
    runs=(),
    focus=None,
    detail=None,
    workers=(WORKER,),
    policy=Policy(),
)
"""A deck with one worker and no runs."""
