from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from hosting import TOKENS, source
from notebook import Notebook
from sample_repositories import PROJECT

from llmsdeck.bundle import reuse
from llmsdeck.deck import open_deck
from llmsdeck.job import Draft, Job
from llmsdeck.model import DEFAULT_ARTIFACTS, NO_MODEL, Actor, ActorKind, RunId, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.pipeline import generate
from llmsdeck.states import Outcome
from llmsdeck.testing.apis import FakeRepository
from llmsdeck.testing.archives import commit_of
from llmsdeck.testing.forge import FakeForge

ADA = Actor(ActorKind.OPERATOR, "ada")
MUTE = {"docs/guide.md": "# Guide\n\nFirst boil the water, and then wait for three minutes.\n"}


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[FakeForge]:
    """A host, as the only one that is set up besides the public ones."""
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "absent.toml"))
    with FakeForge() as forge:
        settings = {forge.name: forge.config.model_dump(mode="json", exclude_none=True)}
        monkeypatch.setenv("LLMSDECK_HOSTS", json.dumps(settings))
        yield forge


@pytest.fixture
def tea(forge: FakeForge) -> FakeRepository:
    return forge.add("o/tea", FakeRepository(files=PROJECT))


@pytest.fixture
def job(forge: FakeForge) -> Job:
    return Job(
        run_id=RunId("r"),
        source=source(forge, "o/tea"),
        ref=None,
        artifacts=DEFAULT_ARTIFACTS,
        model=NO_MODEL,
    )


async def made(job: Job, folder: Path) -> Draft:
    await asyncio.to_thread(folder.mkdir, mode=0o700)
    return await generate(job, folder, Notebook())


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_hosted_repository_becomes_a_bundle_with_links_to_its_commit(
    tea: FakeRepository, job: Job, tmp_path: Path
) -> None:
    draft = await made(job, tmp_path / "out")
    assert (draft.outcome, draft.commit) == (Outcome.GOOD, commit_of(PROJECT))
    text = (tmp_path / "out" / "llms.txt").read_text()
    assert f"/o/tea/raw/{draft.commit}/docs/guide.md)" in text


async def test_what_the_host_knows_is_on_record(
    tea: FakeRepository, job: Job, tmp_path: Path
) -> None:
    tea.archived = True
    await made(job, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["source"]["about"]["archived"] is True
    assert "archived" in (tmp_path / "out" / "llms.txt").read_text()


async def test_the_hosts_description_stands_in_where_manifests_say_nothing(
    tea: FakeRepository, job: Job, tmp_path: Path
) -> None:
    tea.files, tea.description = MUTE, "Brews tea over HTTP."
    tea.homepage, tea.licence = "https://tea.example", "MIT"
    await made(job, tmp_path / "out")
    text = (tmp_path / "out" / "llms.txt").read_text()
    assert "> Brews tea over HTTP." in text
    assert "https://tea.example" in text
    assert "MIT" in text


async def test_the_manifests_own_summary_goes_before_the_hosts_description(
    tea: FakeRepository, job: Job, tmp_path: Path
) -> None:
    tea.description = "Something else."
    await made(job, tmp_path / "out")
    assert "Something else." not in (tmp_path / "out" / "llms.txt").read_text()


@pytest.fixture
async def again(tea: FakeRepository, job: Job, tmp_path: Path, forge: FakeForge) -> Job:
    """The job of a second run, after a first one has left its bundle in `first`."""
    await made(job, tmp_path / "first")
    forge.seen.clear()
    return replace(job, previous=tmp_path / "first")


async def test_an_unchanged_repository_gives_the_earlier_bundle_for_one_request(
    again: Job, forge: FakeForge, tmp_path: Path
) -> None:
    draft = await made(again, tmp_path / "second")
    assert draft.outcome is Outcome.UNCHANGED
    assert contents(tmp_path / "second") == contents(tmp_path / "first")
    assert len(forge.seen) == 1


async def test_a_repository_that_moved_on_is_read_again(
    again: Job, tea: FakeRepository, tmp_path: Path
) -> None:
    tea.files = {**PROJECT, "docs/new.md": "# New\n\nA page that was not there before.\n"}
    draft = await made(again, tmp_path / "second")
    assert (draft.outcome, draft.commit) == (Outcome.GOOD, commit_of(tea.files))


async def test_another_version_of_the_program_reads_it_again(
    again: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reuse, "program", lambda: "another")
    assert (await made(again, tmp_path / "second")).outcome is Outcome.GOOD


async def test_other_settings_read_it_again(again: Job, tmp_path: Path) -> None:
    other = replace(again, artifacts=again.artifacts[:1])
    assert (await made(other, tmp_path / "second")).outcome is Outcome.GOOD


async def test_a_damaged_earlier_bundle_is_made_again(again: Job, tmp_path: Path) -> None:
    (tmp_path / "first" / "llms.txt").write_text("changed")
    assert (await made(again, tmp_path / "second")).outcome is Outcome.GOOD


async def test_a_start_of_a_hosted_repository_asks_nobody(
    forge: FakeForge, paths: StorePaths
) -> None:
    page = f"http://{forge.name}/O/Tea/tree/v1/docs"
    async with open_deck(paths) as deck:
        (answer,) = await deck.start([RunRequest(source=page)], ADA)
    assert answer.run is not None
    assert (answer.run.source, answer.run.ref) == (source(forge, "o/tea//docs"), "v1")
    assert forge.seen == []


async def test_a_preflight_asks_the_host(
    forge: FakeForge, tea: FakeRepository, paths: StorePaths
) -> None:
    async with open_deck(paths) as deck:
        found = await deck.preflight(RunRequest(source=source(forge, "o/tea")))
        absent = await deck.preflight(RunRequest(source=source(forge, "o/coffee")))
    assert (found.ok, "o/tea, public" in found.message) == (True, True)
    assert (absent.ok, "absent, or private" in absent.message) == (False, True)


async def test_credentials_in_an_address_come_back_in_no_answer(paths: StorePaths) -> None:
    request = RunRequest(source="https://ada:hunter2@github.com/o/r")
    async with open_deck(paths) as deck:
        (answer,) = await deck.start([request], ADA)
        found = await deck.preflight(request)
    assert answer.error is not None
    assert "hunter2" not in f"{answer} {answer.error} {found}"


async def test_an_attempt_after_a_lost_one_downloads_nothing_again(
    tea: FakeRepository, job: Job, forge: FakeForge, tmp_path: Path
) -> None:
    kept = replace(job, cache=tmp_path / "cache")
    await made(kept, tmp_path / "first")
    forge.seen.clear()
    await made(kept, tmp_path / "second")
    assert contents(tmp_path / "second") == contents(tmp_path / "first")
    assert len(forge.seen) == 1


async def test_what_is_kept_of_a_host_gives_way_to_what_is_newer(
    tea: FakeRepository, job: Job, tmp_path: Path
) -> None:
    kept = replace(job, cache=tmp_path / "cache")
    await made(kept, tmp_path / "first")
    tea.files = {**PROJECT, "docs/new.md": "# New\n\nA page that was not there before.\n"}
    for folder in ("second", "third"):
        assert (await made(kept, tmp_path / folder)).commit == commit_of(tea.files)


async def test_a_host_is_asked_once_whether_it_moved_on(
    again: Job, tea: FakeRepository, forge: FakeForge, tmp_path: Path
) -> None:
    kept = replace(again, cache=tmp_path / "cache", previous=None)
    await made(kept, tmp_path / "second")
    tea.files = {**PROJECT, "docs/new.md": "# New\n\nA page that was not there before.\n"}
    forge.seen.clear()
    await made(replace(kept, previous=again.previous), tmp_path / "third")
    fresh = len(forge.seen)
    forge.seen.clear()
    await made(replace(kept, cache=None, previous=again.previous), tmp_path / "fourth")
    assert fresh == len(forge.seen)


async def test_a_fresh_attempt_downloads_all_of_it_again(
    tea: FakeRepository, job: Job, forge: FakeForge, tmp_path: Path
) -> None:
    kept = replace(job, cache=tmp_path / "cache")
    await made(kept, tmp_path / "first")
    asked = len(forge.seen)
    forge.seen.clear()
    await made(replace(kept, fresh=True), tmp_path / "second")
    assert len(forge.seen) == asked > 1
    forge.seen.clear()
    await made(kept, tmp_path / "third")
    assert len(forge.seen) == 1
