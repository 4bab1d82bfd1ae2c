from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import pytest
from desk import OPERATOR, Desk
from moving import BEA, bundles, completed, counters, export, failed, take_in

from llmsdeck.answers import Imported
from llmsdeck.engine.folders import collect_quarantine
from llmsdeck.engine.locks import alone
from llmsdeck.errors import RefusedError, StoreError
from llmsdeck.model import ArtifactName, RunRequest
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store import prune, query, trash
from llmsdeck.testing import FakeClock

HERE_AND_THERE = ("status", "source", "ref", "model", "outcome", "score", "commit", "error_kind")


async def test_runs_arrive_with_their_bundles_and_their_history(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    gone = [await completed(here), await failed(here)]
    cancelled = await here.enqueue("/srv/milk")
    await here.cancel(cancelled)
    gone.append(cancelled)
    file = await export(here, tmp_path / "runs.tar.gz", *gone)
    assert await take_in(there, file) == tuple(Imported(run_id=run_id) for run_id in gone)
    for run_id in gone:
        old, new = await here.run(run_id), await there.run(run_id)
        assert [getattr(old, f) for f in HERE_AND_THERE] == [
            getattr(new, f) for f in HERE_AND_THERE
        ]
        assert (new.created_at, new.finished_at) == (old.created_at, old.finished_at)
        assert await there.event_kinds(run_id) == [*await here.event_kinds(run_id), "imported"]
    assert bundles(there) == bundles(here)
    phases = "SELECT attempt, phase, seconds FROM phases"
    assert await there.sql(phases) == await here.sql(phases) == [(1, "collect", 1.5)]


async def test_what_came_in_is_what_there_is(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    here, there = desks
    await there.completed("/srv/own")
    file = await export(here, tmp_path / "x", await completed(here), await failed(here))
    await take_in(there, file)
    counts = await counters(there)
    assert counts["submitted"] == 3
    assert (counts["completed"], counts["failed"], counts["pruned"]) == (2, 1, 0)
    assert await there.sql("SELECT count(*) FROM trash") == [(0,)]
    assert await there.sql("SELECT count(DISTINCT ended_nth), count(*) FROM runs") == [(3, 3)]


async def test_who_brought_a_run_and_from_which_file_is_on_record(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id = await completed(here)
    file = await export(here, tmp_path / "x", run_id)
    await take_in(there, file)
    events = await there.store.read(lambda db: query.events_after(db, run_id, 0, 100))
    assert (events[-1].kind, events[-1].actor) == ("imported", BEA)
    assert events[-1].data["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


async def test_nobody_of_another_store_passes_for_somebody_of_this_one(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id = await completed(here)
    await take_in(there, await export(here, tmp_path / "x", run_id))
    assert str((await there.run(run_id)).requested_by) == "operator:ada (imported)"
    actors = {str(row[0]) for row in await there.sql("SELECT actor FROM events")}
    assert actors == {"operator:ada (imported)", "worker:w1 (imported)", "cli:bea"}


async def test_runs_that_are_known_are_skipped_and_left_as_they_are(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    first, second = await completed(here), await failed(here)
    file = await export(here, tmp_path / "x", first, second)
    await take_in(there, file)
    await there.store.write(
        partial(trash.throw, stamp=there.stamp, run_ids=[second], actor=OPERATOR)
    )
    before = [await there.sql(f"SELECT * FROM {table}") for table in ("runs", "events", "trash")]
    answers = await take_in(there, file)
    assert [answer.run_id for answer in answers] == [first, second]
    assert [answer.skipped for answer in answers] == [
        "It is here already.",
        "It was pruned here; `llmsdeck restore` brings it back.",
    ]
    after = [await there.sql(f"SELECT * FROM {table}") for table in ("runs", "events", "trash")]
    assert before == after


async def test_no_more_come_in_than_max_runs_has_room_for(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    gone = [await completed(here), await completed(here, "/srv/b")]
    file = await export(here, tmp_path / "x", *gone)
    await there.sql("INSERT INTO policy (key, value) VALUES ('max_runs', 1)")
    first, second = await take_in(there, file)
    assert first.error is None
    assert isinstance(second.error, RefusedError)
    assert await there.store.read(prune.ended) == 1
    assert {name.split("/")[0] for name in bundles(there)} == {gone[0]}


async def test_an_imported_bundle_is_never_taken_for_an_earlier_one_of_an_equal_run(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id = await completed(here, "/src")
    await take_in(there, await export(here, tmp_path / "x", run_id))
    await there.enqueue_request(RunRequest(source="/src"))
    (claim,) = await there.claim()
    assert claim.previous is None


async def test_where_a_run_wrote_copies_does_not_travel(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id, _ = await here.enqueue_request(RunRequest(source="/src", output_dir="/home/ada/out"))
    await here.cancel(run_id)
    await take_in(there, await export(here, tmp_path / "x", run_id))
    assert (await there.run(run_id)).output_dir is None


async def test_moments_ahead_of_the_clock_become_now(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    here.clock.advance(1e6)
    run_id = await completed(here)
    file = await export(here, tmp_path / "x", run_id)
    there.clock = FakeClock()
    await take_in(there, file)
    run = await there.run(run_id)
    assert run.finished_at is not None
    assert run.finished_at.timestamp() * 1000 == there.clock.wall_ms()


async def test_a_bundle_is_never_put_where_a_folder_is(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id = await completed(here)
    file = await export(here, tmp_path / "x", run_id)
    # Not one that is left over: nobody may remove it, for it is a run's.
    foreign = there.store.paths.bundles / run_id
    foreign.mkdir()
    (foreign / "keep").write_text("mine")
    with pytest.raises(StoreError, match="still being removed"):
        await take_in(there, file)
    assert (foreign / "keep").read_text() == "mine"
    assert await there.sql("SELECT count(*) FROM runs") == [(0,)]


async def test_what_a_killed_import_left_is_cleared_away_by_the_next(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id = await completed(here)
    file = await export(here, tmp_path / "x", run_id)
    half = there.store.paths.attempt(run_id, 1)
    half.mkdir(parents=True)
    (half / ArtifactName.LLMS).write_text("half of")
    assert await take_in(there, file) == (Imported(run_id=run_id),)
    assert bundles(there) == bundles(here)


async def test_maintenance_leaves_folders_alone_while_an_import_makes_them(
    desks: tuple[Desk, Desk],
) -> None:
    _, there = desks
    arriving = there.store.paths.attempt("0" * 20, 1)
    arriving.mkdir(parents=True)
    async with alone(there.store.paths.bundles_lock, 0) as mine:
        assert mine
        await collect_quarantine(there.store)
        assert arriving.exists()
    await collect_quarantine(there.store)
    assert not arriving.exists()


async def test_two_imports_do_not_run_at_once(
    desks: tuple[Desk, Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = desks
    monkeypatch.setattr("llmsdeck.engine.importing.PATIENCE", 0)
    file = await export(here, tmp_path / "x", await completed(here))
    async with alone(there.store.paths.bundles_lock, 0) as mine:
        assert mine
        with pytest.raises(StoreError, match="Another process"):
            await take_in(there, file)


async def test_an_imported_run_is_pruned_and_restored_as_any_other(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    run_id = await completed(here)
    await take_in(there, await export(here, tmp_path / "x", run_id))
    with pytest.raises(StoreError, match="terminal run never changes"):
        await there.sql("UPDATE runs SET score = 1")
    await there.store.write(
        partial(trash.throw, stamp=there.stamp, run_ids=[run_id], actor=OPERATOR)
    )
    await there.store.write(
        partial(trash.restore, stamp=there.stamp, run_ids=[run_id], room=9, actor=OPERATOR)
    )
    assert await there.status(run_id) is RunStatus.COMPLETED


async def test_its_time_to_live_begins_anew(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    here, there = desks
    run_id = await completed(here)
    file = await export(here, tmp_path / "x", run_id)
    there.clock.advance(30 * 86400)
    await take_in(there, file)
    plan = partial(prune.plan, stamp=there.stamp, rule=PruneRule(), policy=Policy())
    assert not (await there.store.read(plan)).items
