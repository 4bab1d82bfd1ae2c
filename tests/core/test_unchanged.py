from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from notebook import Notebook
from sample_repositories import project

from llmsdeck.bundle import reuse
from llmsdeck.job import Draft, Job
from llmsdeck.model import DEFAULT_ARTIFACTS, NO_MODEL, ArtifactName, RunId
from llmsdeck.pipeline import generate
from llmsdeck.states import Outcome, Phase


async def made(work: Job, folder: Path, report: Notebook | None = None) -> Draft:
    await asyncio.to_thread(folder.mkdir, mode=0o700)
    return await generate(work, folder, report or Notebook())


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
async def again(tmp_path: Path) -> Job:
    """The job of a second run, after a first one has left its bundle in `first`."""
    job = Job(
        run_id=RunId("r"),
        source=str(project(tmp_path / "tea")),
        ref=None,
        artifacts=DEFAULT_ARTIFACTS,
        model=NO_MODEL,
    )
    await made(job, tmp_path / "first")
    return replace(job, previous=tmp_path / "first")


async def test_the_same_texts_and_settings_give_the_earlier_bundle(
    again: Job, tmp_path: Path
) -> None:
    report = Notebook()
    draft = await made(again, tmp_path / "second", report)
    assert draft.outcome is Outcome.UNCHANGED
    assert report.phases == [Phase.COLLECT]
    assert contents(tmp_path / "second") == contents(tmp_path / "first")
    assert set(draft.artifacts) == set(contents(tmp_path / "second"))


async def test_the_second_bundle_is_its_own(again: Job, tmp_path: Path) -> None:
    await made(again, tmp_path / "second")
    kept = contents(tmp_path / "first")
    (tmp_path / "second" / "llms.txt").write_text("changed")
    assert contents(tmp_path / "first") == kept


async def test_a_changed_text_makes_a_new_bundle(again: Job, tmp_path: Path) -> None:
    readme = Path(again.source) / "README.md"
    readme.write_text(readme.read_text() + "\nOne more word.\n")
    assert (await made(again, tmp_path / "second")).outcome is Outcome.GOOD


async def test_a_renamed_file_makes_a_new_bundle(again: Job, tmp_path: Path) -> None:
    readme = Path(again.source) / "README.md"
    readme.rename(readme.with_name("readme.md"))
    assert (await made(again, tmp_path / "second")).outcome is Outcome.GOOD


async def test_other_settings_make_a_new_bundle(again: Job, tmp_path: Path) -> None:
    other = replace(again, artifacts=(ArtifactName.LLMS,))
    assert (await made(other, tmp_path / "second")).outcome is Outcome.GOOD


async def test_another_version_of_the_program_makes_a_new_bundle(
    again: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reuse, "program", lambda: "another")
    assert (await made(again, tmp_path / "second")).outcome is Outcome.GOOD


@pytest.mark.parametrize("damage", ["cut", "longer", "gone", "linked", "manifest", "folder"])
async def test_a_damaged_bundle_is_made_anew(again: Job, tmp_path: Path, damage: str) -> None:
    assert again.previous is not None
    file = again.previous / "llms.txt"
    text = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(text[:-2])
        case "longer":
            file.write_bytes(text + b"x")
        case "gone":
            file.unlink()
        case "linked":
            file.rename(tmp_path / "elsewhere")
            file.symlink_to(tmp_path / "elsewhere")
        case "manifest":
            (again.previous / "manifest.json").write_text("{}")
        case _:
            again = replace(again, previous=tmp_path / "pruned")
    draft = await made(again, tmp_path / "second")
    assert draft.outcome is Outcome.GOOD
    assert (tmp_path / "second" / "llms.txt").read_bytes() == text


async def test_warnings_are_told_again(tmp_path: Path) -> None:
    root = project(tmp_path / "tea")
    (root / "link").symlink_to("README.md")
    job = Job(
        run_id=RunId("r"), source=str(root), ref=None, artifacts=DEFAULT_ARTIFACTS, model=NO_MODEL
    )
    first, second = Notebook(), Notebook()
    await made(job, tmp_path / "first", first)
    await made(replace(job, previous=tmp_path / "first"), tmp_path / "second", second)
    assert first.warnings
    assert second.warnings == first.warnings
