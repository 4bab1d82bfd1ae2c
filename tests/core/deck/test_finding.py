from __future__ import annotations

import pytest
from two_decks import Stage, started

from llmsdeck.errors import FilterError, RefusedError, UsageError
from llmsdeck.model import Run, RunId
from llmsdeck.snapshot import Window


async def test_pages_lead_through_all_runs(stage: Stage, source: str) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    first = await stage.deck.page(2)
    second = await stage.deck.page(2, first.next_cursor)
    seen = [run.run_id for run in (*first.runs, *second.runs)]
    assert seen == [run.run_id for run in reversed(runs)]
    assert second.next_cursor is None


async def test_pages_hold_what_the_filter_lets_through_in_the_order_that_was_asked_for(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    await stage.complete(runs[1].run_id)
    pages: list[list[RunId]] = []
    cursor = None
    for _ in range(2):
        page = await stage.deck.page(1, cursor, "is:live", "age")
        pages.append([run.run_id for run in page.runs])
        cursor = page.next_cursor
    assert (pages, cursor) == ([[runs[0].run_id], [runs[2].run_id]], None)
    worst_first = await stage.deck.page(10, None, "is:ended OR is:live", "score")
    assert [run.run_id for run in worst_first.runs] == [runs[number].run_id for number in (1, 2, 0)]


async def test_pages_in_an_order_of_two_keys_lead_through_all_runs(
    stage: Stage, source: str
) -> None:
    runs: list[Run] = []
    for number in range(4):
        runs.append(await started(stage, source))
        if number in (0, 2):
            await stage.complete(runs[number].run_id)
    seen: list[RunId] = []
    cursor = None
    while cursor is not None or not seen:
        page = await stage.deck.page(1, cursor, "", "-status,-created")
        seen += [run.run_id for run in page.runs]
        cursor = page.next_cursor
    assert seen == [runs[number].run_id for number in (1, 3, 0, 2)]
    shown = await stage.deck.snapshot(Window(1, 2), seen[2], "", "-status,-created")
    assert ([run.run_id for run in shown.runs], shown.focus_row) == (seen[1:3], 2)


async def test_a_filter_or_sort_that_cannot_be_is_refused(stage: Stage) -> None:
    with pytest.raises(FilterError, match="did you mean status"):
        await stage.deck.page(filter="statsu:failed")
    with pytest.raises(UsageError, match="choose from created"):
        await stage.deck.page(sort="size")


async def test_what_matches_is_all_or_an_error(stage: Stage, source: str) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    found = await stage.deck.matching("is:live sample")
    assert found == tuple(run.run_id for run in reversed(runs))
    assert await stage.deck.matching("is:ended") == ()
    with pytest.raises(RefusedError, match="3 runs match, more than the 2"):
        await stage.deck.matching("sample", limit=2)
    with pytest.raises(UsageError, match="every run"):
        await stage.deck.matching(" ")


async def test_a_filter_asks_about_a_lost_run_as_everybody_does(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.claim(run.run_id)
    assert await stage.deck.matching("is:stale,orphan") == ()
    stage.clock.advance(31)
    assert await stage.deck.matching("is:stale beat>30s") == (run.run_id,)
    await stage.lose_owner(run.run_id)
    assert await stage.deck.matching("is:orphan -is:stale") == (run.run_id,)


async def test_named_runs_are_found_and_missing_ones_are_left_out(
    stage: Stage, source: str
) -> None:
    first, last = await started(stage, source), await started(stage, source)
    found = await stage.deck.runs([last.run_id, RunId("gone"), first.run_id])
    assert [run.run_id for run in found] == [last.run_id, first.run_id]


async def test_values_of_a_key_are_counted_among_the_runs_that_match(
    stage: Stage, source: str
) -> None:
    done = await started(stage, source)
    await stage.complete(done.run_id)
    for _ in range(2):
        await started(stage, source)
    counted = await stage.deck.values("status")
    assert [(each.value, each.runs) for each in counted] == [("pending", 2), ("completed", 1)]
    assert [each.value for each in await stage.deck.values("outcome", "is:ended")] == ["good"]
    assert await stage.deck.values("outcome", "is:live") == ()
    flags = await stage.deck.values("is", "status:pending,completed")
    assert [(each.value, each.runs) for each in flags] == [("live", 2), ("ended", 1)]
    with pytest.raises(UsageError):
        await stage.deck.values("age")
