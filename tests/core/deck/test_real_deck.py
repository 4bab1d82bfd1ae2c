"""What decks promise about the world outside, which one in memory does not touch."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator

import pytest
from two_decks import ADA

from llmsdeck.api import DeckApi
from llmsdeck.deck import open_deck
from llmsdeck.errors import ReadOnlyError, UsageError
from llmsdeck.model import ArtifactName, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.testing import FakeClock


@pytest.fixture
async def deck(paths: StorePaths, clock: FakeClock) -> AsyncGenerator[DeckApi]:
    async with open_deck(paths, clock=clock) as deck:
        yield deck


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source": "/not/there"}, "not"),
        ({"model": " "}, "Name a model"),
        ({"model": "a\x1b[2J"}, "Name a model"),
        ({"timeout_s": 0.0}, "longer than 0 s"),
        ({"artifacts": ()}, "at least one artifact"),
        ({"artifacts": (ArtifactName.part(1),)}, "Parts come with llms-full.txt"),
        ({"output_dir": "/proc/version"}, "not a folder"),
    ],
)
async def test_a_bad_request_is_refused_with_a_sentence(
    deck: DeckApi, source: str, change: dict[str, object], sentence: str
) -> None:
    request = RunRequest(**{"source": source, **change})  # type: ignore[arg-type]
    (answer,) = await deck.start([request], ADA)
    assert isinstance(answer.error, UsageError)
    assert sentence in str(answer.error)
    assert (await deck.page()).runs == ()


async def test_the_source_is_kept_as_an_absolute_path(
    deck: DeckApi, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source)
    (answer,) = await deck.start([RunRequest(source=".")], ADA)
    assert answer.run is not None
    assert answer.run.source == source


async def test_a_preflight_tells_what_is_there(deck: DeckApi, source: str) -> None:
    found = await deck.preflight(RunRequest(source=source))
    assert found.ok
    absent = await deck.preflight(RunRequest(source="/not/there"))
    assert not absent.ok


async def test_what_runs_had_is_suggested_again(
    deck: DeckApi, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMSDECK_MODEL__BASE_URL", "http://127.0.0.1:9")
    git = "https://github.com/acme/tool"
    await deck.start([RunRequest(source=git, ref="v1", model="qwen3-8b")], ADA)
    await deck.start([RunRequest(source="https://github.com/acme/other", ref="v2")], ADA)
    assert set(await deck.suggest("source")) == {git, "https://github.com/acme/other"}
    assert await deck.suggest("ref", git) == ("v1",)
    assert await deck.suggest("ref", "acme/tool") == ("v1",)
    assert await deck.suggest("ref", "/not/there") == ()
    assert await deck.suggest("ref") == ()
    assert await deck.suggest("model") == ("auto", "qwen3-8b")


async def test_many_are_cancelled_in_few_transactions(
    deck: DeckApi, source: str, paths: StorePaths
) -> None:
    requests = [RunRequest(source=source, force=True)] * 60
    started = await deck.start(requests, ADA)
    with contextlib.closing(sqlite3.connect(paths.database)) as other:
        commits = other.execute("PRAGMA data_version").fetchone()[0]
        cancelling = asyncio.ensure_future(
            deck.cancel([each.run.run_id for each in started if each.run], ADA)
        )
        versions = {commits}
        while not cancelling.done():
            versions.add(other.execute("PRAGMA data_version").fetchone()[0])
            await asyncio.sleep(0)
    assert {answer.verdict for answer in cancelling.result()} == {"cancelled"}
    assert len(versions) - 1 < 10


async def test_a_read_only_deck_looks_but_does_not_act(
    deck: DeckApi, source: str, paths: StorePaths
) -> None:
    (answer,) = await deck.start([RunRequest(source=source)], ADA)
    assert answer.run is not None
    async with open_deck(paths, read_only=True) as looking:
        assert len((await looking.page()).runs) == 1
        with pytest.raises(ReadOnlyError):
            await looking.cancel([answer.run.run_id], ADA)
