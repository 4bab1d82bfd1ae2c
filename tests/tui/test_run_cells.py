from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from llmsdeck.model import (
    Actor,
    ActorKind,
    Artifact,
    ArtifactName,
    Cancel,
    Progress,
    Run,
    RunId,
    RunWarning,
)
from llmsdeck.states import CancelState, ErrorKind, Outcome, Phase, RunStatus
from llmsdeck_tui.present import columns, runs
from llmsdeck_tui.present.layout import Layout

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
OPERATOR = Actor(ActorKind.OPERATOR)

PENDING = Run(
    seq=1,
    run_id=RunId("7f3k2a9999"),
    source="pallets/flask",
    ref="main",
    requested_by=OPERATOR,
    status=RunStatus.PENDING,
    queue_position=3,
    max_attempts=3,
    created_at=NOW - timedelta(seconds=90),
    updated_at=NOW,
)
PROCESSING = replace(
    PENDING,
    status=RunStatus.PROCESSING,
    queue_position=None,
    phase=Phase.WRITE,
    progress=Progress(31, 48),
    attempt=1,
    heartbeat_age_s=1.2,
    started_at=NOW - timedelta(seconds=72),
)
STALE = replace(
    PROCESSING, stale=True, stale_reason="no beat for 94 s (limit 30 s)", heartbeat_age_s=94.0
)
ORPHAN = replace(PROCESSING, orphan=True, stale_reason="its worker is gone")
CANCELLING = replace(
    PROCESSING, cancel=Cancel(state=CancelState.STOPPING, by=OPERATOR, requested_at=NOW)
)
COMPLETED = replace(
    PROCESSING,
    status=RunStatus.COMPLETED,
    outcome=Outcome.GOOD,
    score=93,
    finished_at=NOW - timedelta(minutes=14),
    started_at=NOW - timedelta(minutes=16),
    artifacts=(Artifact(name=ArtifactName.LLMS, path="/p", size_bytes=62_464, hash_sha256="0"),),
)
DEGRADED = replace(
    COMPLETED,
    outcome=Outcome.DEGRADED,
    warnings=(RunWarning(kind="model", message="the model timed out"),),
)
FAILED = replace(
    COMPLETED,
    status=RunStatus.FAILED,
    outcome=None,
    artifacts=(),
    error_kind=ErrorKind.SOURCE,
    error_message="The folder is empty.",
)
CANCELLED = replace(
    FAILED,
    status=RunStatus.CANCELLED,
    error_kind=None,
    error_message=None,
    cancel=Cancel(state=CancelState.STOPPED, by=OPERATOR, requested_at=NOW, verdict="cancelled"),
)
EVERY = (PENDING, PROCESSING, STALE, ORPHAN, CANCELLING, COMPLETED, DEGRADED, FAILED, CANCELLED)


def line(run: Run, width: int = 118) -> str:
    return Layout.of(width).row(run, NOW).plain


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        (PENDING, "○ pending"),
        (PROCESSING, "● processing"),
        (STALE, "! STALE"),
        (ORPHAN, "! ORPHAN"),
        (CANCELLING, "⊘ cancelling"),
        (COMPLETED, "✓ completed"),
        (DEGRADED, "~ completed"),
        (FAILED, "✗ failed"),
        (CANCELLED, "⊘ cancelled"),
    ],
)
def test_every_state_has_a_glyph_and_a_word(run: Run, shown: str) -> None:
    assert runs.status(run)[0] == shown


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        (PENDING, "3rd in queue"),
        (replace(PENDING, queue_position=1), "next"),
        (replace(PENDING, held="The server is away."), "waits for model"),
        (replace(PENDING, retry_in_s=11.2), "retry in 12 s"),
        (PROCESSING, "write 31/48"),
        (PROCESSING, "█████░░░  64%"),
        (replace(PROCESSING, progress=Progress(120, 2_000)), "write 120/2k"),
        (STALE, "94 s"),
        (COMPLETED, "took 2m00s"),
        (COMPLETED, "1 file 61 KB"),
        (COMPLETED, "14m ago"),
        (COMPLETED, "good 93"),
        (CANCELLING, "cancel stopping"),
        (CANCELLED, "by operator"),
        (replace(PENDING, attempt=2), "2/3"),
    ],
)
def test_a_wide_row_shows(run: Run, shown: str) -> None:
    assert shown in line(run)


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        (STALE, "no beat for 94 s (limit 30 s)"),
        (ORPHAN, "its worker is gone"),
        (DEGRADED, "degraded: the model timed out"),
        (FAILED, "source: The folder is empty."),
    ],
)
def test_the_outcome_says_why(run: Run, shown: str) -> None:
    assert runs.outcome(run).plain == shown


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        (PROCESSING, "write 31/48  64%"),
        (PENDING, "3rd in queue"),
        (FAILED, "source: The"),
        (STALE, "no beat for 94 s"),
    ],
)
def test_a_narrow_row_says_it_in_one_cell(run: Run, shown: str) -> None:
    assert shown in line(run, 78)


@pytest.mark.parametrize("width", [58, 71, 72, 78, 109, 110, 118, 198])
@pytest.mark.parametrize("run", EVERY, ids=lambda run: runs.status(run)[0])
def test_a_row_fills_its_width_exactly(run: Run, width: int) -> None:
    assert Layout.of(width).row(run, NOW).cell_length == width
    assert Layout.of(width).heading().cell_length == width


@pytest.mark.parametrize("width", [58, 78, 118, 198])
def test_a_heading_stands_over_its_column(width: int) -> None:
    assert Layout.of(width).heading().plain.index("STATUS") == line(PROCESSING, width).index("● ")


def test_a_long_path_keeps_its_end_and_a_repository_its_start() -> None:
    path = replace(PENDING, source="/home/somebody/projects/docs-site", ref=None)
    repository = replace(PENDING, source="organisation/a-long-repository-name")
    assert "docs-site" in line(path, 78)
    assert "organisation/" in line(repository, 78)


def test_outside_text_in_a_row_keeps_no_control_characters() -> None:
    evil = replace(FAILED, source="a\x1b[2J\n[/]", ref="\u202e", error_message="\x07[@click=x]y[/]")
    assert line(evil, 198).isprintable()


def test_a_cancel_that_came_too_late_does_not_hide_the_outcome() -> None:
    late = replace(COMPLETED, cancel=CANCELLING.cancel)
    assert runs.outcome(late).plain == "good 93"


@pytest.mark.parametrize("name", [n for n, column in columns.COLUMNS.items() if not column.grows])
def test_a_column_that_does_not_grow_says_the_same_of_an_unchanged_run(name: str) -> None:
    cell = columns.COLUMNS[name].cell
    for run in EVERY:
        later = (cell(run, NOW + timedelta(seconds=ago), 20) for ago in (1, 75, 4_000, 200_000))
        assert all(said.is_same(cell(run, NOW, 20)) for said in later), run.status


def test_the_ages_of_a_row_are_what_time_changes_in_it() -> None:
    layout = Layout.of(200, ("run", "age", "took"))
    assert layout.ages(PROCESSING, NOW) != layout.ages(PROCESSING, NOW + timedelta(seconds=1))
    assert layout.ages(PROCESSING, NOW) == layout.ages(PROCESSING, NOW + timedelta(microseconds=1))
