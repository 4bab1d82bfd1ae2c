from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.document import document
from bench.figures import Row, Target, Verdict, at_least, at_most, in_turns, percentile
from bench.record import Record
from bench.table import WIDTH, heading, lines

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "bench" / "results" / "recorded.json"
ROW = Row(name="lives/s", unit="/s", ours=[80, 90], peer="C", theirs=[10, 9], target=at_least(8))


def test_rounds_are_paired_before_their_median_is_taken() -> None:
    assert ROW.ratio == 9
    assert ROW.verdict is Verdict.MET


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (at_least(9.5), Verdict.MISSED),
        (at_most(9), Verdict.MET),
        (at_most(84, absolute=True), Verdict.MISSED),
        (None, Verdict.TOLD),
    ],
)
def test_a_target_is_held_against_the_ratio_or_the_figure(
    target: Target | None, verdict: Verdict
) -> None:
    assert replace(ROW, target=target).verdict is verdict


def test_a_row_whose_peer_is_not_there_says_so_and_is_not_missed() -> None:
    alone = replace(ROW, theirs=())
    assert alone.verdict is Verdict.TOLD
    assert "C is not on this machine" in "\n".join(lines([alone], None))


def test_every_line_fits_the_width() -> None:
    long = replace(ROW, name="a" * 80, peer="b" * 80, note="c" * 80)
    assert all(len(line) <= WIDTH for line in (heading(), *lines([long], None)))


def test_measures_take_turns_in_alternating_order() -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[[], None]:
        return lambda: order.append(name)

    in_turns(2, {name: noting(name) for name in "ab"})
    assert order == ["a", "b", "b", "a"]


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert [percentile([3, 1, 2], share) for share in (1, 50, 99, 100)] == [1, 2, 3, 3]


def test_a_table_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    record = Record(
        at="now", quick=True, machine={"cores": "2"}, load=(1.5, 2.5), rows={"writing": [ROW]}
    )
    record.write(tmp_path / "results" / "table.json")
    assert Record.read(tmp_path / "results" / "table.json") == record


def test_the_document_is_made_from_the_recorded_table() -> None:
    record = Record.read(RECORDED)
    assert record is not None
    assert document(record) == (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
