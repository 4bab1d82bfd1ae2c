from __future__ import annotations

from dataclasses import replace

import pytest

from llmsdeck.snapshot import Counts, DeckSnapshot, Lane
from llmsdeck.testing import samples
from llmsdeck.testing.samples import NOW, WORKER
from llmsdeck_tui.present.incidents import banner, incidents

SNAPSHOT = replace(samples.SNAPSHOT, counts=Counts(pending=3), total=3)
DOWN = Lane(
    server="http://127.0.0.1:1234/v1",
    seen_age_s=2,
    down_since=NOW,
    down_reason="It cannot be reached.",
)


def said(snapshot: DeckSnapshot) -> str:
    return banner(incidents(snapshot), 200).plain


def test_runs_that_ask_are_told_with_the_key_that_answers() -> None:
    assert "1 run is over the budget" in said(replace(SNAPSHOT, asking=1))
    shown = said(replace(SNAPSHOT, asking=3))
    assert "ANSWER NEEDED  3 runs are over the budget" in shown
    assert shown.endswith("→ Find them with is:asking, mark them and press a.")


def test_while_all_is_well_nothing_is_said() -> None:
    assert incidents(SNAPSHOT) == []
    assert said(SNAPSHOT) == ""


@pytest.mark.parametrize(
    ("age", "error", "shown"),
    [
        (15.0, None, None),
        (16.0, None, "by worker w1 has not been done for 16 s"),
        (3.0, "Disk full.", "by worker w1 failed 3 s ago: Disk full."),
        (None, None, "by worker w1 has not been done for 1h00m"),
    ],
)
def test_neglected_maintenance_is_named_and_nothing_else(
    age: float | None, error: str | None, shown: str | None
) -> None:
    worker = replace(WORKER, sweep_age_s=age, sweep_error=error)
    found = incidents(replace(SNAPSHOT, workers=(worker,)))
    assert [each.what for each in found] == ([] if shown is None else [shown])


def test_a_dead_workers_maintenance_is_nobodys_concern() -> None:
    dead = replace(WORKER, alive=False, sweep_error="Disk full.")
    found = incidents(replace(SNAPSHOT, workers=(dead, WORKER)))
    assert found == []


def test_a_hostile_error_is_harmless() -> None:
    worker = replace(WORKER, sweep_error="\x1b[2Jx")
    assert said(replace(SNAPSHOT, workers=(worker,))).isprintable()


def test_a_model_that_is_away_says_since_when_why_and_what_to_do() -> None:
    assert said(replace(SNAPSHOT, lanes=(DOWN,), held=50)) == (
        "MODEL DOWN  since 14:02:31 UTC, 50 runs held: It cannot be reached."
        "  → Start the server; they go on by themselves."
    )


def test_runs_that_nobody_works_on_are_an_incident() -> None:
    alone = replace(SNAPSHOT, workers=())
    assert said(alone).startswith("NO WORKER  3 runs cannot go on.  → Run `llmsdeck worker`")
    assert incidents(alone, starting_worker=True) == []
    assert incidents(replace(alone, counts=Counts())) == []


def test_a_full_disk_and_a_store_that_cannot_be_written_to_are_incidents() -> None:
    assert said(replace(SNAPSHOT, free_bytes=12 * 2**20)).startswith("DISK FULL  12 MB are left")
    assert incidents(replace(SNAPSHOT, free_bytes=2**40)) == []
    assert said(replace(SNAPSHOT, writable=False)).startswith("STORE READ-ONLY  /srv/deck")
    assert incidents(replace(SNAPSHOT, writable=False, read_only=True)) == []


def test_each_of_several_incidents_has_a_line_of_its_own() -> None:
    both = replace(SNAPSHOT, lanes=(DOWN,), free_bytes=1)
    lines = banner(incidents(both), 40).plain.split("\n")
    assert [line.split("  ")[0] for line in lines] == ["DISK FULL", "MODEL DOWN"]
    assert all(len(line) == 40 for line in lines)
