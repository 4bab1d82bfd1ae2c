from __future__ import annotations

from dataclasses import replace

import pytest

from llmsdeck.settings import Policy
from llmsdeck.snapshot import Counts, DeckSnapshot, Lane
from llmsdeck.testing import samples
from llmsdeck.testing.samples import NOW, WORKER
from llmsdeck_tui.present import header

SNAPSHOT = replace(
    samples.SNAPSHOT,
    store_dir="/home/somebody/.local/state/llmsdeck",
    counts=Counts(
        pending=12, processing=2, stale=1, completed=1204, degraded=37, failed=31, cancelled=6
    ),
    total=1255,
    policy=Policy(slots=4),
    finished_per_minute=(1, 2, 3, 4, 5, 4, 3, 3),
)


def top(snapshot: DeckSnapshot = SNAPSHOT, *, starting: bool = False, width: int = 118) -> str:
    return header.header(snapshot, NOW, starting, width).plain


def test_the_header_says_what_the_deck_is() -> None:
    for shown in ("llmsdeck", ".local/state/llmsdeck", "1 worker 2/4 slots", "queue 12/500"):
        assert shown in top()
    assert top().endswith("14:02:31 UTC")


def test_the_clock_of_a_deck_at_rest_goes_by_the_minute() -> None:
    at_rest = replace(SNAPSHOT.counts, pending=0, processing=0, stale=0)
    assert top(replace(SNAPSHOT, counts=at_rest)).endswith(" 14:02 UTC")


@pytest.mark.parametrize("width", [58, 78, 118, 198])
def test_both_lines_fill_the_width_and_keep_the_clock(width: int) -> None:
    assert header.header(SNAPSHOT, NOW, False, width).cell_length == width
    assert "14:02:31 UTC" in top(width=width)
    assert header.counters(SNAPSHOT, width).cell_length == width


def test_a_narrow_header_cuts_the_store_first() -> None:
    assert "1 worker 2/4 slots" in top(width=64)


@pytest.mark.parametrize(
    ("starting", "shown"), [(False, "! no worker"), (True, "starting a worker…")]
)
def test_without_a_living_worker_it_says_so(starting: bool, shown: str) -> None:
    dead = replace(SNAPSHOT, workers=(replace(WORKER, alive=False),))
    assert shown in top(dead, starting=starting)


def test_a_draining_worker_is_named() -> None:
    draining = replace(SNAPSHOT, workers=(WORKER, replace(WORKER, state="draining")))
    assert "2 workers (1 draining) 4/8 slots" in top(draining)


def test_a_read_only_deck_says_so() -> None:
    assert "read-only" in top(replace(SNAPSHOT, read_only=True))


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (118, "processing 2 · stale 1 · pending 12 · completed 1 204 (37 degraded) · failed 31"),
        (78, "processing 2  stale 1  pending 12  completed 1 204 (~37)  failed 31"),
        (58, "● 2  ! 1  ○ 12  ✓ 1 204 (~37)  ✗ 31  ⊘ 6"),
    ],
)
def test_counters_fit(width: int, shown: str) -> None:
    assert header.counters(SNAPSHOT, width).plain.startswith(shown)


def test_the_rate_of_endings_is_shown_where_it_fits() -> None:
    assert header.counters(SNAPSHOT, 118).plain.endswith("3.1/min ended")
    assert "/min" not in header.counters(SNAPSHOT, 78).plain


def test_a_hostile_folder_name_is_harmless() -> None:
    assert top(replace(SNAPSHOT, store_dir="/srv/\x1b]0;x\x07")).isprintable()


LANE = Lane(
    server="http://127.0.0.1:1234/v1",
    model="qwen3-8b",
    context_tokens=8192,
    tokens_per_s=37.6,
    seen_age_s=2,
)
DOWN = replace(LANE, down_since=NOW, down_reason="It cannot be reached.")


def test_the_model_and_its_speed_are_shown_where_there_is_room() -> None:
    snapshot = replace(SNAPSHOT, lanes=(LANE,))
    assert "model qwen3-8b 38 tok/s" in top(snapshot)
    assert "model" not in top(snapshot, width=64)
    assert "1 worker 2/4 slots" in top(snapshot, width=64)


def test_a_model_that_has_not_answered_for_long_says_nothing() -> None:
    assert "model" not in top(replace(SNAPSHOT, lanes=(replace(LANE, seen_age_s=601),)))


def test_a_model_that_is_away_is_named_as_down() -> None:
    assert "model DOWN" in top(replace(SNAPSHOT, lanes=(DOWN,), held=50))
