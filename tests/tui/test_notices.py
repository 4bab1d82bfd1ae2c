from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from program import until

from llmsdeck.errors import DeckError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunId
from llmsdeck.snapshot import Window
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import demo, notices
from llmsdeck_tui.host import Surroundings
from llmsdeck_tui.notices import Endings, Hook, Notice

AGENT = Actor(ActorKind.AGENT, "bot")
OPERATOR = Actor(ActorKind.OPERATOR)
TEXTS = {ArtifactName.LLMS: "# It\n"}
NOTICE = Notice(sentence="Run abc $(id) `id`; ended", bad=False, facts={"LLMSDECK_RUNS": "abc"})


def begin(deck: FakeDeck, source: str, by: Actor = OPERATOR) -> RunId:
    run_id = deck.add(source, by=by)
    deck.claim(run_id)
    return run_id


@pytest.fixture
def deck() -> FakeDeck:
    return FakeDeck(FakeClock())


async def news(endings: Endings) -> list[str]:
    return [notice.sentence for notice in await endings.news()]


async def test_what_had_ended_before_is_no_news(deck: FakeDeck) -> None:
    deck.complete(begin(deck, "acme/old"), TEXTS)
    endings = Endings(deck, frozenset)
    assert await news(endings) == []
    deck.complete(begin(deck, "acme/new"), TEXTS, score=91)
    (told,) = await news(endings)
    assert told.endswith("acme/new: completed, good 91")
    assert await news(endings) == []


async def test_the_first_ending_of_a_deck_is_news(deck: FakeDeck) -> None:
    endings = Endings(deck, frozenset)
    assert await news(endings) == []
    deck.fail(begin(deck, "acme/new"), ErrorKind.TIMEOUT, "Too long.")
    (told,) = await news(endings)
    assert told.endswith("acme/new: failed, timeout: Too long.")


async def test_runs_of_agents_are_news_only_when_marked(deck: FakeDeck) -> None:
    one, other = begin(deck, "acme/one", AGENT), begin(deck, "acme/other", AGENT)
    endings = Endings(deck, lambda: frozenset({one}))
    await endings.news()
    deck.complete(one, TEXTS)
    deck.complete(other, TEXTS)
    (told,) = await news(endings)
    assert "acme/one" in told


async def test_what_the_user_has_cancelled_is_no_news(deck: FakeDeck) -> None:
    endings = Endings(deck, frozenset)
    await endings.news()
    await deck.cancel([deck.add("acme/one")], OPERATOR)
    assert await news(endings) == []


async def test_many_endings_are_one_sum(deck: FakeDeck) -> None:
    endings = Endings(deck, frozenset)
    await endings.news()
    for number in range(notices.AT_ONCE):
        deck.complete(begin(deck, f"acme/{number}"), TEXTS)
    deck.fail(begin(deck, "acme/bad"), ErrorKind.SOURCE, "Gone.")
    assert await news(endings) == ["4 runs have ended, 1 of them not well."]


async def test_a_picture_without_an_ending_asks_for_nothing(deck: FakeDeck) -> None:
    endings = Endings(deck, frozenset)
    assert endings.look(await deck.snapshot(Window()))
    run_id = begin(deck, "acme/one")
    assert not endings.look(await deck.snapshot(Window()))
    deck.complete(run_id, TEXTS)
    assert endings.look(await deck.snapshot(Window()))


async def test_hostile_names_are_made_plain(deck: FakeDeck) -> None:
    endings = Endings(deck, frozenset)
    await endings.news()
    deck.fail(begin(deck, "a\x1b]0;x\x07"), ErrorKind.SOURCE, "b\x9b2J\n" + "c" * 5_000)
    (notice,) = await endings.news()
    assert notice.sentence.isprintable()
    assert len(notice.sentence) <= 200
    assert all(fact.isprintable() for fact in notice.facts.values())


async def test_the_program_gets_the_sentence_as_it_is_and_no_shell(tmp_path: Path) -> None:
    script = "import os,sys; open(sys.argv[1],'w').write(sys.argv[2]+os.environ['LLMSDECK_RUNS'])"
    told = tmp_path / "told"
    await Hook([sys.executable, "-c", script, str(told)]).run(NOTICE)
    assert told.read_text() == "Run abc $(id) `id`; endedabc"


async def test_without_a_program_nothing_is_run(tmp_path: Path) -> None:
    await Hook([]).run(NOTICE)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["/no/such/program"], "notify_command cannot be run"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "notify_command ended with 3."),
    ],
)
async def test_a_program_that_fails_is_said(command: list[str], sentence: str) -> None:
    with pytest.raises(DeckError, match=sentence):
        await Hook(command).run(NOTICE)


async def test_a_program_that_hangs_is_ended_with_its_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(notices, "PATIENCE", 0.5)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(DeckError, match=r"took longer than 0\.5 s"):
            await Hook(["/bin/sh", "-c", f"exec 3> {pipe}; echo x >&3; sleep 60"]).run(NOTICE)
        assert os.read(reading, 10) == b"x\n"
        until(lambda: _is_at_end(reading), "nobody left to write")
    finally:
        os.close(reading)


def _is_at_end(reading: int) -> bool:
    """Nobody holds the other end any more."""
    try:
        return os.read(reading, 10) == b""
    except BlockingIOError:
        return False


async def test_an_ending_is_shown_in_the_dashboard(opened: Any, deck: FakeDeck) -> None:
    deck.add_worker()
    run_id = begin(deck, "acme/one")
    async with opened(deck) as stage:
        deck.fail(run_id, ErrorKind.SOURCE, "The folder is gone.")
        await stage.sees("acme/one: failed, source: The folder is gone.")


async def test_a_hook_that_cannot_be_run_is_said(opened: Any, deck: FakeDeck) -> None:
    deck.add_worker()
    run_id = begin(deck, "acme/one")
    around = Surroundings(notify_command=("/no/such/program",))
    async with opened(deck, around=around) as stage:
        deck.complete(run_id, TEXTS)
        await stage.sees("notify_command cannot be run")


async def test_the_title_counts_runs(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str]] = []

    def tell(_: demo.SceneApp, command: str, text: str) -> None:
        told.append((command, text))

    monkeypatch.setattr(demo.SceneApp, "tell_terminal", tell)
    async with opened(demo.busy()) as stage:
        await stage.until(lambda: bool(told), "a title")
    title = "llmsdeck · 2 stale · 4 processing · 3 pending · 1 failed"
    assert told[0] == ("2", title)
