from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from desk import WORKER, Desk

from llmsdeck.engine.copies import copy_target, refresh_copies
from llmsdeck.engine.publish import seal
from llmsdeck.errors import RejectedError
from llmsdeck.model import ArtifactName, RunId
from llmsdeck.states import Outcome
from llmsdeck.store import endings
from llmsdeck.store.endings import Completion
from llmsdeck.store.leases import Lease


async def completed(desk: Desk, text: str, target: Path) -> RunId:
    lease = await desk.claimed()
    await publish(desk, lease, text, target)
    return lease.run_id


async def publish(
    desk: Desk, lease: Lease, text: str, target: Path, parts: Sequence[ArtifactName] = ()
) -> None:
    folder = desk.store.paths.attempt(lease.run_id, lease.token)
    folder.mkdir(parents=True)
    for name in (ArtifactName.LLMS, *parts):
        (folder / name).write_text(text)
    completion = Completion(
        commit=None,
        outcome=Outcome.GOOD,
        score=None,
        artifacts=seal(folder, [ArtifactName.LLMS, *parts]),
        warnings=(),
    )
    await desk.store.write(
        partial(
            endings.complete,
            stamp=desk.stamp,
            lease=lease,
            worker=WORKER,
            completion=completion,
            copy_to=str(target),
        )
    )


async def test_a_copy_appears_at_the_stable_path(desk: Desk, tmp_path: Path) -> None:
    await completed(desk, "one", tmp_path / "out" / "src")
    await refresh_copies(desk.store, desk.clock)
    assert (tmp_path / "out" / "src" / "llms.txt").read_text() == "one"
    assert [file.name for file in (tmp_path / "out" / "src").iterdir()] == ["llms.txt"]


async def test_the_newest_bundle_wins_whatever_the_order_of_copying(
    desk: Desk, tmp_path: Path
) -> None:
    await completed(desk, "one", tmp_path / "src")
    await completed(desk, "two", tmp_path / "src")
    await refresh_copies(desk.store, desk.clock)
    assert (tmp_path / "src" / "llms.txt").read_text() == "two"


async def test_parts_are_copied_and_those_of_an_older_bundle_go(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "src"
    for numbers in ([1, 2, 3], [1]):
        parts = [ArtifactName.part(number) for number in numbers]
        await publish(desk, await desk.claimed(), "one", target, parts)
        await refresh_copies(desk.store, desk.clock)
        assert sorted(file.name for file in target.iterdir()) == [*parts, "llms.txt"]


async def test_files_of_other_names_stay_beside_the_copies(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "src"
    target.mkdir()
    names = {"llms-full.0001.txt", "notes.txt", "llms-full.txt.bak"}
    for name in names:
        (target / name).write_text("keep me")
    await completed(desk, "one", target)
    await refresh_copies(desk.store, desk.clock)
    assert {file.name for file in target.iterdir()} == {*names, "llms.txt"}


async def test_copying_again_after_a_crash_does_no_harm(desk: Desk, tmp_path: Path) -> None:
    await completed(desk, "one", tmp_path / "src")
    await refresh_copies(desk.store, desk.clock)
    await desk.sql("UPDATE copies SET done = 0")
    (tmp_path / "src" / "llms.txt").write_text("half")
    await refresh_copies(desk.store, desk.clock)
    assert (tmp_path / "src" / "llms.txt").read_text() == "one"


async def test_a_link_in_place_of_the_file_is_replaced_not_followed(
    desk: Desk, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "llms.txt").symlink_to(precious)
    await completed(desk, "one", tmp_path / "src")
    await refresh_copies(desk.store, desk.clock)
    assert precious.read_text() == "keep me"
    assert not (tmp_path / "src" / "llms.txt").is_symlink()


async def test_a_link_in_place_of_the_folder_is_refused(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "src").symlink_to(elsewhere)
    await completed(desk, "one", tmp_path / "src")
    (failure,) = await refresh_copies(desk.store, desk.clock)
    assert failure == f"The bundle could not be copied to {tmp_path / 'src'}: Not a directory."
    assert list(elsewhere.iterdir()) == []


async def test_a_copy_that_fails_is_said_once_and_tried_again(desk: Desk, tmp_path: Path) -> None:
    in_the_way = tmp_path / "src"
    in_the_way.write_text("x")
    run_id = await completed(desk, "one", in_the_way)
    for _ in range(3):
        await refresh_copies(desk.store, desk.clock)
    assert (await desk.event_kinds(run_id)).count("copy_failed") == 1
    in_the_way.unlink()
    assert await refresh_copies(desk.store, desk.clock) == ()
    assert (in_the_way / "llms.txt").read_text() == "one"


def test_sources_of_different_names_get_different_folders() -> None:
    assert copy_target("/out", "/home/ada/flask") == "/out/flask"
    assert copy_target("/out", "/") == "/out/repository"
    assert copy_target(None, "/home/ada/flask") is None


@pytest.mark.parametrize("kind", ["absent", "link", "folder", "fifo"])
def test_what_is_not_a_file_is_not_sealed(tmp_path: Path, kind: str) -> None:
    import os

    path = tmp_path / ArtifactName.LLMS
    match kind:
        case "link":
            path.symlink_to("/etc/hostname")
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case _:
            pass
    with pytest.raises(RejectedError):
        seal(tmp_path, [ArtifactName.LLMS])


async def test_a_copy_never_mixes_two_bundles(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "llms-full.txt").write_text("of an earlier bundle")
    (tmp_path / "src" / "notes.txt").write_text("not ours")
    await completed(desk, "one", tmp_path / "src")
    await refresh_copies(desk.store, desk.clock)
    assert sorted(file.name for file in (tmp_path / "src").iterdir()) == ["llms.txt", "notes.txt"]


async def test_an_earlier_run_that_completes_later_does_not_replace_a_later_one(
    desk: Desk, tmp_path: Path
) -> None:
    first, second = await desk.claimed(), await desk.claimed()
    for lease, text in ((second, "two"), (first, "one")):
        await publish(desk, lease, text, tmp_path / "src")
    await refresh_copies(desk.store, desk.clock)
    assert (tmp_path / "src" / "llms.txt").read_text() == "two"


async def test_another_source_of_the_same_name_gets_its_own_folder(
    desk: Desk, tmp_path: Path
) -> None:
    for source, text in (("/a/src", "one"), ("/b/src", "two")):
        await publish(desk, await desk.claimed(source), text, tmp_path / "src")
    await refresh_copies(desk.store, desk.clock)
    assert (tmp_path / "src" / "llms.txt").read_text() == "one"
    (beside,) = tmp_path.glob("src-*")
    assert (beside / "llms.txt").read_text() == "two"
