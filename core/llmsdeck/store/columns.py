"""The columns of which a run's record is made, with what SQLite gives for them."""

from __future__ import annotations

from typing import Final, NamedTuple

from llmsdeck.model import RunId, WorkerId


class RunColumns(NamedTuple):
    """A row of `runs`, selected as `COLUMNS`; a tuple, because it is made for each run of a page.

    What is there only with another column, such as a boot with its `_ns`, is typed as it then is.
    """

    seq: int
    run_id: RunId
    source: str
    ref: str | None
    commit_id: str | None
    artifacts_wanted: str
    model: str
    priority: int
    parent_run: RunId | None
    requested_by: str
    output_dir: str | None
    timeout_s: float | None
    fresh: int
    max_attempts: int
    status: str
    outcome: str | None
    score: int | None
    token: int
    attempt: int
    retry_boot: str
    retry_ns: int | None
    worker_id: WorkerId | None
    pid: int | None
    boot_id: str
    beat_ns: int
    moved_ns: int
    phase: str | None
    phase_ns: int | None
    done: int
    total: int
    asked_boot: str
    asked_ns: int | None
    expected_tokens: int
    token_budget: int
    decision: str | None
    cancel_state: str | None
    cancel_by: str
    cancel_ms: int
    bundle_token: int | None
    artifacts: str
    warnings: str
    error_kind: str | None
    error_message: str | None
    created_ms: int
    started_ms: int | None
    updated_ms: int
    finished_ms: int | None


COLUMNS: Final = ", ".join(RunColumns._fields)
"""What a statement selects whose rows become records."""
