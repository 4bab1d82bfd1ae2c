"""Runs that go from one store to another in a file that anybody may have written."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from desk import OPERATOR, WORKER, Desk

from llmsdeck.answers import Imported
from llmsdeck.engine import export_format as form
from llmsdeck.engine.exporting import export_runs
from llmsdeck.engine.folders import collect_quarantine
from llmsdeck.engine.importing import import_runs
from llmsdeck.engine.locks import alone
from llmsdeck.errors import ExportError, RefusedError, StoreError, UsageError
from llmsdeck.model import Actor, ActorKind, Artifact, ArtifactName, RunId, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, Outcome, Phase, RunStatus
from llmsdeck.store import endings, leases, prune, query, trash
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

BEA = Actor(ActorKind.CLI, "bea")
TEXT = b"# Tea\n\n> Brews tea.\n"
HERE_AND_THERE = ("status", "source", "ref", "model", "outcome", "score", "commit", "error_kind")


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncGenerator[tuple[Desk, Desk]]:
    """Two stores of their own, with the same clock."""
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        yield (
            Desk(await stack.enter_async_context(open_store(StorePaths(tmp_path / "a"))), clock),
            Desk(await stack.enter_async_context(open_store(StorePaths(tmp_path / "b"))), clock),
        )


async def completed(desk: Desk, source: str = "https://github.com/acme/tea") -> RunId:
    """A run with a real bundle and phases."""
    lease = await desk.claimed(source)
    await desk.store.write(
        partial(
            leases.enter_phase, stamp=desk.stamp, lease=lease, worker=WORKER, phase=Phase.COLLECT
        )
    )
    desk.clock.advance(1.5)
    folder = desk.store.paths.attempt(lease.run_id, lease.token)
    folder.mkdir(parents=True)
    artifacts: list[Artifact] = []
    for name, content in ((ArtifactName.LLMS, TEXT), (ArtifactName.MANIFEST, b"{}")):
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        artifacts.append(Artifact(name=name, path="", size_bytes=len(content), hash_sha256=digest))
    completion = endings.Completion(
        commit="c0ffee", outcome=Outcome.GOOD, score=90, artifacts=tuple(artifacts), warnings=()
    )
    await desk.store.write(
        partial(
            endings.complete,
            stamp=desk.stamp,
            lease=lease,
            worker=WORKER,
            completion=completion,
            copy_to=None,
        )
    )
    return lease.run_id


async def failed(desk: Desk) -> RunId:
    lease = await desk.claimed("/srv/coffee")
    await desk.fail(lease, ErrorKind.SOURCE, "It is empty.")
    return lease.run_id


async def export(desk: Desk, file: Path, *run_ids: RunId) -> Path:
    exported = await export_runs(desk.store, run_ids, file)
    assert not exported.errors
    return file


async def take_in(desk: Desk, file: Path) -> tuple[Imported, ...]:
    return await import_runs(desk.store, desk.clock, file, BEA)


async def counters(desk: Desk) -> dict[object, object]:
    return {row[0]: row[1] for row in await desk.sql("SELECT name, n FROM counters")}


def bundles(desk: Desk) -> dict[str, bytes]:
    root = desk.store.paths.bundles
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


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


async def test_the_same_runs_give_the_same_bytes(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    here, _ = desks
    run_id = await completed(here)
    one = await export(here, tmp_path / "one", run_id)
    here.clock.advance(1000)
    two = await export(here, tmp_path / "two", run_id)
    assert one.read_bytes() == two.read_bytes()


async def test_an_export_holds_ended_runs_only_and_says_why(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, _ = desks
    live, ended = await here.enqueue(), RunId("0" * 20)
    exported = await export_runs(here.store, [live, ended], tmp_path / "x")
    assert (exported.file, exported.run_ids) == (None, ())
    assert "has not ended" in str(exported.errors[live])
    assert "There is no run" in str(exported.errors[ended])
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("harm", ["gone", "other", "link"])
async def test_a_bundle_that_is_not_as_published_is_not_exported(
    desks: tuple[Desk, Desk], tmp_path: Path, harm: str
) -> None:
    here, _ = desks
    run_id = await completed(here)
    path = here.store.paths.attempt(run_id, 1) / ArtifactName.LLMS
    path.unlink()
    if harm == "other":
        path.write_bytes(TEXT[::-1])
    if harm == "link":
        (tmp_path / "secret").write_bytes(TEXT)
        path.symlink_to(tmp_path / "secret")
    exported = await export_runs(here.store, [run_id], tmp_path / "x")
    assert "llms.txt" in str(exported.errors[run_id])


async def test_a_file_that_is_there_is_not_written_over(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, _ = desks
    run_id = await completed(here)
    (tmp_path / "x").write_text("precious")
    with pytest.raises(RefusedError, match="there already"):
        await export_runs(here.store, [run_id], tmp_path / "x")
    assert (tmp_path / "x").read_text() == "precious"


async def test_nothing_is_left_of_an_export_that_cannot_be_finished(
    desks: tuple[Desk, Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = desks
    run_id = await completed(here)
    monkeypatch.setattr(form, "MOST_BYTES", 10)
    with pytest.raises(RefusedError, match="in parts"):
        await export_runs(here.store, [run_id], tmp_path / "x")
    assert not (tmp_path / "x").exists()


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


Member = tuple[str | tarfile.TarInfo, bytes]
Spoil = Callable[[list[Member]], object]


def members(file: Path) -> list[Member]:
    with tarfile.open(file) as archive:
        found: list[Member] = []
        for entry in archive:
            opened = archive.extractfile(entry)
            assert opened is not None
            found.append((entry.name, opened.read()))
        return found


def packed(entries: Sequence[Member], style: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=style) as archive:
        for name, content in entries:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if entry.type == tarfile.REGTYPE and not entry.size:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def special(kind: bytes) -> Spoil:
    """A member of the right name and with the right content that is something else."""

    def spoil(entries: list[Member]) -> None:
        name, content = entries[2]
        entry = tarfile.TarInfo(str(name))
        entry.type, entry.linkname, entry.size = kind, "/etc/passwd", len(content)
        entries[2] = entry, content

    return spoil


def rename(place: int, change: Callable[[str], str]) -> Spoil:
    def spoil(entries: list[Member]) -> None:
        name, content = entries[place]
        entries[place] = change(str(name)), content

    return spoil


def record(change: Callable[[dict[str, Any]], object]) -> Spoil:
    def spoil(entries: list[Member]) -> None:
        name, content = entries[1]
        document = json.loads(content)
        change(document)
        entries[1] = name, json.dumps(document).encode()

    return spoil


def text(place: int, content: bytes) -> Spoil:
    def spoil(entries: list[Member]) -> None:
        entries[place] = entries[place][0], content

    return spoil


SPOILT: dict[str, Spoil] = {
    "a symbolic link": special(tarfile.SYMTYPE),
    "a hard link": special(tarfile.LNKTYPE),
    "a folder": special(tarfile.DIRTYPE),
    "a device": special(tarfile.CHRTYPE),
    "a pipe": special(tarfile.FIFOTYPE),
    "one more file": lambda e: e.insert(2, ("runs/x", b"x")),
    "a file less": lambda e: e.pop(2),
    "two files swapped": lambda e: e.insert(2, e.pop(3)),
    "a name that climbs": rename(2, lambda n: n.replace("llms.txt", "../../llms.txt")),
    "an absolute name": rename(2, lambda n: f"/{n}"),
    "a name with a dot": rename(2, lambda n: f"./{n}"),
    "another run's folder": rename(1, lambda n: n.replace("runs/", "runs/0")),
    "no head": lambda e: e.pop(0),
    "no end": lambda e: e.pop(),
    "a run twice": lambda e: e.__setitem__(slice(4, 4), e[1:4]),
    "too few runs": text(-1, b'{"runs": 2}'),
    "a head that is no JSON": text(0, b"{"),
    "a head that is a list": text(0, b"[]"),
    "a very long head": text(0, b" " * 5000 + b"{}"),
    "a format before the first": text(0, b'{"format": 0, "program": "0"}'),
    "another text": text(2, TEXT[::-1]),
    "a longer text": text(2, TEXT + b"x"),
    "a shorter text": text(2, TEXT[:-1]),
    "a run that is live": record(lambda r: r.update(status="pending")),
    "a completed run without an outcome": record(lambda r: r.update(outcome=None)),
    "a completed run without a bundle": record(lambda r: r.update(files=[])),
    "a failed run with a bundle": record(
        lambda r: r.update(status="failed", outcome=None, error_kind="source")
    ),
    "a run id that climbs": record(lambda r: r.update(run_id="../../../../../tmp/x")),
    "a run id with a line feed": record(lambda r: r.update(run_id=r["run_id"] + "\n")),
    "a token below zero": record(lambda r: r.update(token=-1)),
    "a token that is a path": record(lambda r: r.update(token="../1")),
    "an endless number": record(lambda r: r.update(priority=10**30)),
    "no number": record(lambda r: r["phases"][0].update(seconds=float("nan"))),
    "a date beyond all calendars": record(lambda r: r.update(finished_ms=10**18)),
    "an unknown column": record(lambda r: r.update(output_dir="/etc")),
    "an unknown actor": record(lambda r: r.update(requested_by="god")),
    "an artifact of another name": record(lambda r: r["files"][0].update(name=".bashrc")),
    "a file that would fill the disk": record(lambda r: r["files"][0].update(size_bytes=2**40)),
    "two files of one name": record(lambda r: r["files"].append(r["files"][0])),
    "a digest that is none": record(lambda r: r["files"][0].update(hash_sha256="x")),
    "text that is none": record(lambda r: r.update(source="\udcff")),
    "an event in depth": record(lambda r: r["events"][0].update(data={"x": {"y": [1]}})),
    "a source without end": record(lambda r: r.update(source="x" * 5000)),
}


async def untouched(desk: Desk, file: Path, because: str = "no whole export") -> None:
    """Importing is refused and nothing has come of it."""
    with pytest.raises(ExportError, match=because) as refused:
        await take_in(desk, file)
    assert str(refused.value).endswith("Nothing was imported.")
    assert await desk.sql("SELECT count(*) FROM runs") == [(0,)]
    assert await desk.sql("SELECT count(*) FROM events") == [(0,)]
    assert not list(desk.store.paths.bundles.iterdir())


@pytest.mark.parametrize("harm", SPOILT)
async def test_what_an_export_would_not_hold_is_refused_whole(
    desks: tuple[Desk, Desk], tmp_path: Path, harm: str
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here), await failed(here))
    entries = members(file)
    entries.pop()
    entries.append((form.END, b'{"runs": 2}'))
    if harm == "too few runs":
        entries.pop(4)
    SPOILT[harm](entries)
    file.write_bytes(packed(entries))
    reason = "(no whole export|twice|none that llmsdeck ever wrote)"
    await untouched(there, file, reason)


async def test_names_in_extended_headers_are_not_believed(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    entries = members(file)
    entry = tarfile.TarInfo(str(entries[2][0]))
    entry.pax_headers = {"path": "../../evil"}
    entries[2] = entry, entries[2][1]
    file.write_bytes(packed(entries, tarfile.PAX_FORMAT))
    await untouched(there, file)


async def test_an_export_of_a_newer_program_is_refused_with_what_to_do(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    entries = members(file)
    head = {"format": 2, "program": "9.0", "more": True}
    file.write_bytes(packed([(entries[0][0], json.dumps(head).encode()), *entries[1:]]))
    await untouched(there, file, r"newer llmsdeck \(9.0, format 2\); update")


async def test_an_export_that_is_cut_off_or_damaged_anywhere_is_refused(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    whole = (await export(here, tmp_path / "x", await completed(here))).read_bytes()
    step = max(1, len(whole) // 40)
    for place in range(0, len(whole), step):
        (tmp_path / "y").write_bytes(whole[:place])
        await untouched(there, tmp_path / "y")
    for place in range(10, len(whole), step):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x55
        (tmp_path / "y").write_bytes(spoilt)
        await untouched(there, tmp_path / "y", "(no whole export|none that|newer)")


async def test_what_follows_the_end_is_refused(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    for more in (b"x", bytes(200_000)):
        (tmp_path / "y").write_bytes(file.read_bytes() + gzip.compress(more))
        await untouched(there, tmp_path / "y", "something follows")


async def test_a_small_file_that_unpacks_to_much_is_refused_before_it_is_in_memory(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    entries = members(await export(here, tmp_path / "x", await completed(here)))
    bomb = tarfile.TarInfo(str(entries[1][0]))
    bomb.size = 2**33
    head = packed(entries[:1])
    plain = gzip.decompress(head)[: 2 * tarfile.BLOCKSIZE]
    (tmp_path / "y").write_bytes(gzip.compress(plain + bomb.tobuf(tarfile.GNU_FORMAT)))
    await untouched(there, tmp_path / "y", "33554432 are the most")


async def test_all_of_an_export_together_is_bounded(
    desks: tuple[Desk, Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    monkeypatch.setattr(form, "MOST_BYTES", 3000)
    await untouched(there, file, "more than 3000 bytes")


@pytest.mark.parametrize("what", ["absent", "a folder", "a pipe", "with a null"])
async def test_what_is_no_file_is_refused_without_waiting(
    desks: tuple[Desk, Desk], tmp_path: Path, what: str
) -> None:
    _, there = desks
    path = tmp_path / "x"
    if what == "a folder":
        path.mkdir()
    if what == "a pipe":
        os.mkfifo(path)
    if what == "with a null":
        path = tmp_path / "x\0y"
    with pytest.raises(UsageError):
        await take_in(there, path)


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
