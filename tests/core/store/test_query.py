from __future__ import annotations

import sqlite3

import pytest
from desk import Desk

from llmsdeck.errors import NoSuchRunError, UsageError
from llmsdeck.model import RunId, WorkerId
from llmsdeck.pages import Page
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.states import Phase
from llmsdeck.store import leases, picture, query


async def snapshot(desk: Desk, window: Window, focus: RunId | None = None) -> DeckSnapshot:
    def look(db: sqlite3.Connection) -> DeckSnapshot:
        return picture.snapshot(db, desk.stamp, desk.store.paths, window, focus, read_only=False)

    return await desk.store.read(look)


async def page(desk: Desk, limit: int, cursor: str | None = None) -> Page:
    def look(db: sqlite3.Connection) -> Page:
        return query.page(db, query.vantage(db, desk.stamp, desk.store.paths), limit, cursor)

    return await desk.store.read(look)


async def test_counts_are_kept_through_every_change(desk: Desk) -> None:
    await desk.completed("/a")
    await desk.claimed("/b")
    await desk.enqueue("/c")
    gone = await desk.enqueue("/d")
    await desk.cancel(gone)
    await desk.sql("DELETE FROM runs WHERE run_id = ?", gone)
    counts = (await snapshot(desk, Window())).counts
    assert (counts.pending, counts.processing, counts.completed, counts.cancelled) == (1, 1, 1, 0)
    assert (counts.submitted, counts.pruned) == (4, 1)
    live_and_ended = counts.pending + counts.processing + counts.completed + counts.cancelled
    assert counts.submitted == live_and_ended + counts.failed + counts.pruned


@pytest.mark.parametrize("first", range(0, 9))
@pytest.mark.parametrize("size", [1, 3, 20])
async def test_any_window_shows_the_right_rows(desk: Desk, first: int, size: int) -> None:
    newest_first = [await desk.completed(f"/{number}") for number in range(8)][::-1]
    shown = await snapshot(desk, Window(first, size))
    assert [run.run_id for run in shown.runs] == newest_first[first : first + size]
    assert shown.total == 8


async def test_pages_follow_each_other_without_gap_or_overlap(desk: Desk) -> None:
    newest_first = [await desk.completed(f"/{number}") for number in range(5)][::-1]
    first = await page(desk, 2)
    assert first.next_cursor is not None
    second = await page(desk, 2, first.next_cursor)
    third = await page(desk, 2, second.next_cursor)
    seen = [run.run_id for part in (first, second, third) for run in part.runs]
    assert seen == newest_first
    assert third.next_cursor is None


async def test_a_made_up_cursor_is_refused(desk: Desk) -> None:
    with pytest.raises(UsageError, match="not a cursor"):
        await page(desk, 2, "'; DROP TABLE runs")


async def test_a_unique_prefix_finds_the_run(desk: Desk) -> None:
    run_id = await desk.enqueue()
    assert (await desk.run(RunId(run_id[:6].upper()))).run_id == run_id


@pytest.mark.parametrize("reference", ["", "zz%", "nope", "ab cd", "é"])
async def test_what_names_no_run_is_an_error(desk: Desk, reference: str) -> None:
    await desk.enqueue()
    with pytest.raises(NoSuchRunError):
        await desk.run(RunId(reference))


async def test_an_ambiguous_prefix_is_an_error(desk: Desk) -> None:
    await desk.enqueue("/a")
    await desk.enqueue("/b")
    await desk.sql("UPDATE runs SET run_id = 'same' || seq")
    with pytest.raises(NoSuchRunError, match="More than one"):
        await desk.run(RunId("same"))


async def test_pending_runs_know_their_place(desk: Desk) -> None:
    late = await desk.enqueue("/a")
    urgent = await desk.enqueue("/b", priority=1)
    assert (await desk.run(late)).queue_position == 2
    assert (await desk.run(urgent)).queue_position == 1


async def test_the_detail_tells_phases_and_what_is_usual(desk: Desk) -> None:
    lease = await desk.claimed()
    for _ in range(picture.LEAST_HISTORY):
        done = await desk.completed()
        await desk.sql(
            "INSERT INTO phases SELECT seq, 1, 'collect', seq FROM runs WHERE run_id = ?", done
        )
    await desk.store.write(
        lambda db: leases.enter_phase(db, desk.stamp, lease, WorkerId("w1"), Phase.COLLECT)
    )
    desk.clock.advance(4)
    detail = (await snapshot(desk, Window(), lease.run_id)).detail
    assert detail is not None
    (span,) = detail.phases
    assert (span.phase, span.seconds, span.running) == (Phase.COLLECT, 4, True)
    assert span.usual_s == (3, 5)


async def test_a_focused_run_that_is_gone_leaves_the_snapshot_whole(desk: Desk) -> None:
    shown = await snapshot(desk, Window(), RunId("gone"))
    assert shown.detail is None


async def test_throughput_counts_whole_minutes_only(desk: Desk) -> None:
    await desk.completed("/a")
    await desk.completed("/b")
    assert sum((await snapshot(desk, Window())).finished_per_minute) == 0
    desk.clock.advance(60)
    assert (await snapshot(desk, Window())).finished_per_minute[-1] == 2
