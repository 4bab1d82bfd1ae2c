from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk
from moving import TEXT, completed, export

from llmsdeck.engine import export_format as form
from llmsdeck.engine.exporting import export_runs
from llmsdeck.errors import RefusedError
from llmsdeck.model import ArtifactName, RunId


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
