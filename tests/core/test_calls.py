from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from desk import WORKER, Desk

from llmsdeck.answers import Kept
from llmsdeck.cache import Cache
from llmsdeck.calls import EVENT, MOST_CHARACTERS, CallText, key_of
from llmsdeck.contract import call_document
from llmsdeck.deck import Deck
from llmsdeck.errors import RefusedError
from llmsdeck.model import Actor, ActorKind, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.stages.kept import ANSWERS, TEXTS, name_of_texts
from llmsdeck.stages.listening import Texts
from llmsdeck.store import leases
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

SAID = CallText(system="Be brief.", user="Tea?", thoughts="\ud800", answer="{}")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with open_store(StorePaths(tmp_path / "store")) as store:
        yield Desk(store, FakeClock())


async def called(desk: Desk, *texts: str | None) -> RunId:
    """A run that made calls, of which some have a text of this key."""
    lease = await desk.claimed()
    actor = Actor(ActorKind.WORKER, WORKER)
    note = partial(
        leases.note, stamp=desk.stamp, lease=lease, actor=actor, kind=EVENT, message="said"
    )
    for number, text in enumerate(texts, start=1):
        asked = {"server": "vllm", "model": "tiny", "prompt_hash": f"hash {number}"}
        data = {"purpose": f"notes {number}", "seconds": 1.5, "accepted": True, "text": text}
        await desk.store.write(partial(note, data={**asked, **data}))
    return lease.run_id


def test_what_was_said_comes_back_from_its_file() -> None:
    assert CallText.unpack(SAID.pack()) == SAID


def test_no_more_is_kept_than_its_bound() -> None:
    kept = CallText.unpack(CallText(system="", user="x" * (MOST_CHARACTERS + 1)).pack())
    assert kept is not None
    assert len(kept.user) == MOST_CHARACTERS


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"who": "knows"}'])
def test_what_is_no_text_of_a_call_is_refused(data: bytes) -> None:
    assert CallText.unpack(data) is None


def test_only_what_was_said_is_a_part() -> None:
    said = CallText(system="Be brief.", user="Tea?\n", answer="Yes.")
    assert said.whole == (
        "--- system ---\nBe brief.\n\n--- user ---\nTea?\n\n--- answer ---\nYes.\n"
    )


def test_half_a_character_of_a_model_can_be_written_everywhere() -> None:
    assert b"--- thoughts ---\n\\ud800\n" in SAID.whole.encode()


async def test_the_calls_of_a_run_are_numbered_and_read(desk: Desk) -> None:
    run_id = await called(desk, None, key_of(SAID.pack()))
    Texts(Cache(desk.store.paths.calls), run_id).keep(SAID)
    deck = Deck(desk.store, desk.clock)
    first, second = await deck.calls(run_id)
    assert [call_document(call)["kept"] for call in (first, second)] == [False, True]
    assert [(call.number, call.purpose, call.seconds) for call in (first, second)] == [
        (1, "notes 1", 1.5),
        (2, "notes 2", 1.5),
    ]
    assert await deck.read_call(run_id, second) == SAID
    with pytest.raises(RefusedError, match="is not kept"):
        await deck.read_call(run_id, first)


@pytest.mark.parametrize(
    "figure", [pytest.param(10**400, id="huge"), -1, float("inf"), float("nan"), "many", None]
)
async def test_figures_that_cannot_be_are_not_told(desk: Desk, figure: object) -> None:
    lease = await desk.claimed()
    actor = Actor(ActorKind.WORKER, WORKER)
    figures = ("prompt_tokens", "completion_tokens", "seconds", "tokens_per_s")
    data: dict[str, object] = {name: figure for name in figures}
    note = partial(leases.note, stamp=desk.stamp, lease=lease, actor=actor, kind=EVENT, message="")
    await desk.store.write(partial(note, data=data))
    (call,) = await Deck(desk.store, desk.clock).calls(lease.run_id)
    told = (call.prompt_tokens, call.completion_tokens, call.seconds, call.tokens_per_s)
    assert told == (0, 0, 0.0, None)


async def test_words_that_were_removed_are_not_kept_any_more(desk: Desk) -> None:
    run_id = await called(desk, key_of(SAID.pack()))
    deck = Deck(desk.store, desk.clock)
    (call,) = await deck.calls(run_id)
    assert not call_document(call)["kept"]
    for text in (None, key_of(SAID.pack())):
        with pytest.raises(RefusedError, match="calls_mb"):
            await deck.read_call(run_id, replace(call, text=text))


def test_secrets_are_not_kept_and_nobody_else_reads_the_rest(tmp_path: Path) -> None:
    secret = "ghp_" + "q7Rk2ZtP9vLw4XcB8nHd5JsF6mGy3TbQ1eUi"
    said = CallText(system=secret, user=f"a {secret}", thoughts=secret, answer=secret)
    cache = Cache(tmp_path / "calls")
    key = Texts(cache, RunId("r")).keep(said)
    assert key is not None
    kept = cache.peek("r", key)
    assert kept is not None
    assert secret.encode() not in kept
    assert b"a (redacted secret)" in kept
    (file,) = (tmp_path / "calls" / "r").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_disk_that_takes_nothing_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "calls").write_text("in the way")
    assert Texts(Cache(tmp_path / "calls"), RunId("r")).keep(SAID) is None


async def test_what_is_kept_for_a_retry_is_what_is_really_there(desk: Desk) -> None:
    deck, cache = Deck(desk.store, desk.clock), Cache(desk.store.paths.cache)
    run_id = await called(desk, None, None)
    assert await deck.kept(run_id) == Kept(questions=2)
    cache.put(b"texts", TEXTS, *name_of_texts("/src", None))
    cache.put(b"{}", ANSWERS, "vllm", "tiny", "hash 2")
    assert await deck.kept(run_id) == Kept(texts=True, answers=1, questions=2)


async def test_answers_of_the_runs_that_it_retries_are_kept_too(desk: Desk) -> None:
    deck, cache = Deck(desk.store, desk.clock), Cache(desk.store.paths.cache)
    first = await called(desk, None)
    await desk.sql("UPDATE runs SET parent_run = ?", first)  # a circle must not be endless
    cache.put(b"{}", ANSWERS, "vllm", "tiny", "hash 1")
    assert (await deck.kept(first)).answers == 1


async def test_a_bundle_is_kept_as_long_as_its_folder_is_there(desk: Desk) -> None:
    deck, run_id = Deck(desk.store, desk.clock), await desk.completed()
    assert not (await deck.kept(run_id)).bundle
    desk.store.paths.attempt(run_id, 1).mkdir(parents=True)
    assert (await deck.kept(run_id)).bundle
