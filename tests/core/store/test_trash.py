from __future__ import annotations

import sqlite3
from functools import partial

import pytest
from desk import OPERATOR, WORKER, Desk

from llmsdeck.errors import NoSuchRunError, RefusedError, StoreError
from llmsdeck.model import Actor, ActorKind, RunId
from llmsdeck.settings import Policy
from llmsdeck.states import Phase
from llmsdeck.store import leases, trash

ADA = Actor(ActorKind.OPERATOR, "ada")
EVERYTHING = {
    "runs": "SELECT * FROM runs ORDER BY seq",
    "events": "SELECT * FROM events WHERE run_seq IS NOT NULL AND kind <> 'restored' ORDER BY seq",
    "phases": "SELECT * FROM phases ORDER BY run_seq, phase",
    "copies": "SELECT * FROM copies ORDER BY target",
    "counters": "SELECT * FROM counters ORDER BY name",
}


async def lived(desk: Desk, source: str = "/src") -> RunId:
    """A completed run with phases, events and a copy."""
    lease = await desk.claimed(source)
    for phase in (Phase.COLLECT, Phase.WRITE):
        desk.clock.advance(1.25)
        await desk.store.write(
            partial(
                leases.enter_phase,
                stamp=desk.stamp,
                lease=lease,
                worker=WORKER,
                phase=phase,
            )
        )
    await desk.complete(lease)
    await desk.sql(
        "INSERT INTO copies SELECT '/out' || source, seq, 0, 'x' FROM runs WHERE run_id = ?",
        lease.run_id,
    )
    return lease.run_id


async def everything(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    return {name: await desk.sql(query) for name, query in EVERYTHING.items()}


async def throw(desk: Desk, *run_ids: RunId) -> tuple[RunId, ...]:
    return await desk.store.write(
        partial(trash.throw, stamp=desk.stamp, run_ids=run_ids, actor=OPERATOR)
    )


async def restore(desk: Desk, *run_ids: RunId, room: int = 99) -> tuple[RunId, ...]:
    return await desk.store.write(
        partial(trash.restore, stamp=desk.stamp, run_ids=run_ids, room=room, actor=OPERATOR)
    )


async def test_what_is_brought_back_is_as_it_was(desk: Desk) -> None:
    runs = [await lived(desk, "/a"), await lived(desk, "/b\u0007'\"")]
    await desk.completed("/c")
    before = await everything(desk)
    assert sorted(await throw(desk, *runs)) == sorted(runs)
    assert await desk.sql("SELECT count(*) FROM phases") == [(0,)]
    desk.clock.advance(100)
    assert await restore(desk, *runs) == tuple(runs)
    after = await everything(desk)
    now = desk.clock.wall_ms()
    assert [row[-1] for row in after["runs"]] == [now, now, None]
    after["runs"] = [(*row[:-1], None) for row in after["runs"]]
    assert after == before
    assert await desk.sql("SELECT count(*) FROM trash") == [(0,)]
    assert (await desk.event_kinds(runs[0]))[-1] == "restored"


async def test_pruning_leaves_a_trace_and_counts_still_add_up(desk: Desk) -> None:
    run_id = await desk.completed()
    await throw(desk, run_id)
    assert await desk.sql("SELECT kind, actor FROM events") == [("pruned", "operator:ada")]
    assert await desk.sql("SELECT name FROM counters WHERE n = 1 ORDER BY name") == [
        ("pruned",), ("submitted",),
    ]  # fmt: skip


async def test_a_live_run_is_never_thrown_away(desk: Desk) -> None:
    live = await desk.enqueue()
    assert await throw(desk, live) == ()
    assert await desk.sql("SELECT count(*) FROM trash") == [(0,)]


async def test_no_more_come_back_than_there_is_room_for(desk: Desk) -> None:
    runs = [await desk.completed(f"/{number}") for number in range(3)]
    await throw(desk, *runs)
    assert await restore(desk, *runs, room=2) == tuple(runs[:2])
    assert await desk.sql("SELECT run_id FROM trash") == [(runs[2],)]
    assert await restore(desk, *runs, room=-1) == ()


async def test_a_second_restore_changes_nothing(desk: Desk) -> None:
    run_id = await desk.completed()
    await throw(desk, run_id)
    await restore(desk, run_id)
    before = await everything(desk)
    assert await restore(desk, run_id) == ()
    assert await everything(desk) == before


async def test_an_ended_run_enters_the_list_only_from_the_trash(desk: Desk) -> None:
    run_id = await desk.completed()
    await throw(desk, run_id)
    with pytest.raises(StoreError, match="begins as pending"):
        await desk.sql(
            "INSERT INTO runs (run_id, identity, source, artifacts_wanted, model, priority,"
            " requested_by, max_attempts, status, created_ms, updated_ms, finished_ms)"
            " VALUES ('x', 'x', 'x', 'x', 'x', 0, 'cli', 1, 'cancelled', 0, 0, 0)"
        )


async def test_the_trash_is_listed_last_pruned_first_with_the_time_left(desk: Desk) -> None:
    old, new = await desk.completed("/old"), await desk.completed("/new", size=7)
    await throw(desk, old)
    desk.clock.advance(60)
    await throw(desk, new)
    items = await desk.store.read(
        lambda db: trash.listed(db, desk.stamp, Policy(prune_grace=100), 10)
    )
    assert [(item.run_id, item.left_s, item.pruned_by) for item in items] == [
        (new, 100, ADA), (old, 40, ADA),
    ]  # fmt: skip
    assert (items[0].source, items[0].size_bytes) == ("/new", 7)


async def test_the_grace_ends_and_the_trash_is_bounded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [await desk.completed(f"/{number}") for number in range(3)]
    for run_id in runs:
        await throw(desk, run_id)
        desk.clock.advance(10)

    def overdue(db: sqlite3.Connection) -> tuple[RunId, ...]:
        return trash.overdue(db, desk.stamp, Policy(prune_grace=30), 10)

    assert await desk.store.read(overdue) == (runs[0],)
    monkeypatch.setattr(trash, "MOST", 1)
    assert set(await desk.store.read(overdue)) == set(runs[:2])


async def test_a_pruned_run_is_found_by_the_start_of_its_id(desk: Desk) -> None:
    pruned, there = await desk.completed("/a"), await desk.completed("/b")
    await throw(desk, pruned)
    assert await desk.store.read(lambda db: trash.find(db, pruned[:8])) == pruned
    with pytest.raises(RefusedError, match="was not pruned"):
        await desk.store.read(lambda db: trash.find(db, there))
    for nothing in ("", "%", "zzzzzz"):
        with pytest.raises(NoSuchRunError, match="no pruned run"):
            await desk.store.read(lambda db, name=nothing: trash.find(db, name))  # type: ignore[misc] # a default of a lambda
