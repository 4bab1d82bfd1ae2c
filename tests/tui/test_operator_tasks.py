"""The tasks of docs/operator-tasks.md, pressed exactly as they are written there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.tui.conftest import Open, Stage
from textual.events import Key

from llmsdeck.calls import CallText
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunId
from llmsdeck.states import ErrorKind, Phase, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck

DOCUMENT = Path(__file__).parents[2] / "docs" / "operator-tasks.md"
ADA = Actor(ActorKind.OPERATOR, "ada")
DAY = 86_400
NAMED = {"enter", "space", "end", "shift+tab", "tab", "esc", "down", "up"}
SIGNS = {
    "*": "asterisk",
    "/": "slash",
    ",": "comma",
    ".": "full_stop",
    " ": "space",
    "esc": "escape",
}
LETTERS = {name: sign for sign, name in SIGNS.items() if len(sign) == 1}


@dataclass(frozen=True)
class Task:
    """One line of the document."""

    name: str
    keys: tuple[str, ...]
    """As Textual calls them."""
    number: int


def strokes(written: str) -> tuple[str, ...]:
    """`enter` is one key, `gemma` five."""
    found = (written,) if written in NAMED else tuple(written)
    return tuple(SIGNS.get(each, each) for each in found)


def read_tasks() -> dict[str, Task]:
    rows = re.findall(r"^\| ([^|]+) \| (`[^|]+`) \| (\d+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    return {
        name: Task(
            name,
            tuple(key for part in re.findall(r"`([^`]+)`", keys) for key in strokes(part)),
            int(number),
        )
        for name, keys, number in rows
    }


TASKS = read_tasks()
Ahead = Callable[[Stage, tuple[str, ...]], Awaitable[None]]


async def one_by_one(stage: Stage, keys: tuple[str, ...]) -> None:
    await stage.press(*keys)


async def all_at_once(stage: Stage, keys: tuple[str, ...]) -> None:
    for key in keys:
        stage.app.post_message(Key(key, LETTERS.get(key, key if len(key) == 1 else None)))
    await stage.pilot.pause()
    await stage.until(lambda: stage.app.typed.is_empty, "every key to be done")


@pytest.fixture(params=[one_by_one, all_at_once], ids=["one by one", "all at once"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ahead:
    # A machine full of tests may take longer than keys are held back for an operator.
    monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 20.0)
    found: Ahead = request.param
    return found


def deck_of_two_months() -> FakeDeck:
    """Failures of two months, bundles, and runs that are slow, stuck and waiting."""
    clock = FakeClock()
    deck = FakeDeck(clock)
    deck.add_worker()
    deck.usual = {Phase.WRITE: (10.0, 20.0)}
    publish(deck, "encode/httpx", "# Earlier\n")
    for _ in range(3):
        for source in ("acme/api", "acme/site"):
            fail(deck, source)
        clock.advance(25 * DAY)
    publish(deck, "pallets/flask", "# Flask\n")
    stopped = deck.add("acme/old")
    deck.request_cancel(stopped, ADA)
    for _ in range(3):
        deck.add("acme/monolith", by=ADA)
    stuck = begin(deck, "acme/stuck")
    clock.advance(40)
    deck.beat(begin(deck, "acme/slow"))
    slow = named(deck, "acme/slow")
    clock.advance(60)
    deck.called(slow.run_id, "summary", {
        "purpose": "summary", "model": "qwen3-8b", "prompt_tokens": 812,
        "completion_tokens": 96, "seconds": 24.0, "accepted": True,
    }, CallText(system="You edit the index.", user="Tea?", answer="Yes."))  # fmt: skip
    deck.beat(slow.run_id)
    publish(deck, "encode/httpx", "# Later\n")
    assert stuck != slow.run_id
    return deck


def named(deck: FakeDeck, source: str) -> Run:
    """The newest run of a source."""
    return next(run for run in deck.newest_first() if run.source == source)


def begin(deck: FakeDeck, source: str) -> RunId:
    run_id = deck.add(source, model="qwen3-8b")
    deck.claim(run_id)
    deck.enter(run_id, Phase.WRITE, 1, 9)
    return run_id


def fail(deck: FakeDeck, source: str) -> None:
    deck.fail(begin(deck, source), ErrorKind.MODEL, "The model server fell silent.")


def publish(deck: FakeDeck, source: str, text: str) -> None:
    deck.complete(begin(deck, source), {ArtifactName.LLMS: text})


async def runs(stage: Stage, filter: str) -> tuple[Run, ...]:
    return (await stage.deck.page(1000, None, filter)).runs


class Results:
    """What must come of each task."""

    async def stuck(self, stage: Stage) -> None:
        await stage.sees("acme/stuck")
        await stage.sees("It is stale: no beat for")

    async def slow(self, stage: Stage) -> None:
        await stage.sees("Write takes longer than usual")

    async def calls(self, stage: Stage) -> None:
        await stage.sees("24 s")
        await stage.sees("summary")

    async def words(self, stage: Stage) -> None:
        await stage.sees("You edit the index.")

    async def who(self, stage: Stage) -> None:
        await stage.sees("operator:ada")
        await stage.sees("cancel_requested")

    async def cancelled(self, stage: Stage) -> None:
        await stage.sees("3 runs asked to stop.")
        assert len(await runs(stage, "source:acme/monolith status:cancelled")) == 3

    async def compared(self, stage: Stage) -> None:
        await stage.until(lambda: stage.screen_name == "DiffScreen", "the comparison")
        await stage.sees("Earlier")

    async def two_compared(self, stage: Stage) -> None:
        await stage.until(lambda: stage.screen_name == "DiffScreen", "the comparison")

    async def rerun(self, stage: Stage) -> None:
        await stage.sees("6 runs started again.")
        assert {run.model for run in await runs(stage, "model:gemma is:live")} == {"gemma"}

    async def fresh(self, stage: Stage) -> None:
        await stage.sees("6 runs started again.")
        for run in await runs(stage, "source:acme/api is:live"):
            assert "from the start" in (await stage.deck.events(run.run_id))[0].message

    async def pruned(self, stage: Stage) -> None:
        await stage.sees("Removed 4 runs")
        left = await runs(stage, "status:failed")
        assert sorted(run.source for run in left) == ["acme/api", "acme/site"]

    async def answered(self, stage: Stage) -> None:
        await stage.sees("2 runs answered.")
        assert not await runs(stage, "is:asking")

    async def restored(self, stage: Stage) -> None:
        await stage.sees("Brought back 4 runs.")
        assert len(await runs(stage, "status:failed")) == 6

    async def brought_back(self, stage: Stage) -> None:
        await stage.sees("Brought back 1 run.")
        assert len(await runs(stage, "source:acme/old")) == 1

    async def asked_again(self, stage: Stage) -> None:
        await stage.sees("1 run is in the queue again, under a new id.")
        (cancelled,) = await runs(stage, "source:acme/late status:cancelled")
        (again,) = await runs(stage, f"parent:{cancelled.run_id}")
        assert again.status is RunStatus.PENDING

    async def started(self, stage: Stage) -> None:
        await stage.sees("5 runs accepted.")
        assert [run.source for run in (await runs(stage, ""))[:5]] == [
            "a/f", "a/e", "a/d", "a/c", "a/b"
        ]  # fmt: skip

    async def ordered(self, stage: Stage) -> None:
        await stage.sees("sort: source ▲")
        sources = [run.source for run in stage.runs.table.held]
        assert sources == ["acme/api"] * 3 + ["acme/site"] * 3
        assert [run.seq for run in stage.runs.table.held[:3]] == sorted(
            (run.seq for run in stage.runs.table.held[:3]), reverse=True
        )

    async def gone_to(self, stage: Stage) -> None:
        target = named(stage.deck, "acme/old")
        await stage.until(lambda: stage.runs.shows(target.run_id), "the run that was named")


RESULTS = Results()
CHECKS: dict[str, tuple[str, Callable[[Stage], Awaitable[None]]]] = {
    "find stuck runs, and what will happen to them": ("", RESULTS.stuck),
    "find why a run is slow": ("acme/slow", RESULTS.slow),
    "see what a model was asked, how fast it answered, and what was used": (
        "acme/slow", RESULTS.calls
    ),
    "read every word of what a model was asked and answered": ("acme/slow", RESULTS.words),
    "find out who cancelled a run": ("", RESULTS.who),
    "cancel all of one source": ("acme/monolith", RESULTS.cancelled),
    "compare a bundle with the one before": ("encode/httpx", RESULTS.compared),
    "compare any two bundles": ("encode/httpx", RESULTS.two_compared),
    "rerun failures with another model": ("", RESULTS.rerun),
    "rerun failures from the start": ("", RESULTS.fresh),
    "prune failures older than a month, but keep the newest of each source": ("", RESULTS.pruned),
    "let every run that asks go on without the model": ("", RESULTS.answered),
    "undo a prune": ("", RESULTS.restored),
    "bring back the run that was pruned last, by whomever": ("", RESULTS.brought_back),
    "undo the cancel of a run that had not begun": ("", RESULTS.asked_again),
    "start five repositories at once": ("", RESULTS.started),
    "put failures in order: by source, the newest of each first": ("", RESULTS.ordered),
    "go to a run whose id somebody named": ("", RESULTS.gone_to),
}  # fmt: skip
"""By task: the source of the run under the cursor, and what must come of the keys."""


def test_every_task_of_the_document_is_checked() -> None:
    assert list(TASKS) == list(CHECKS)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_the_document_counts_its_keys(task: Task) -> None:
    assert len(task.keys) == task.number


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
async def test_the_keys_do_what_the_document_says(opened: Open, task: Task, way: Ahead) -> None:
    deck = deck_of_two_months()
    async with opened(deck) as stage:
        source, check = CHECKS[task.name]
        if source:
            await stage.select(source)
        keys = task.keys
        if task.name == "undo a prune":
            await stage.press(
                *TASKS["prune failures older than a month, but keep the newest of each source"].keys
            )
            await stage.sees("Removed 4 runs")
        if task.name == "let every run that asks go on without the model":
            for _ in range(2):
                deck.ask(begin(deck, "acme/huge"), 52_000, 20_000)
        if task.name == "bring back the run that was pruned last, by whomever":
            deck.throw([named(deck, "acme/old").run_id], ADA)
        if task.name == "undo the cancel of a run that had not begun":
            deck.add("acme/late")
            await stage.select("acme/late")
            await stage.press("c", "y")
            await stage.sees("Nothing of it was published.")
            await stage.press("escape")
        if task.name == "go to a run whose id somebody named":
            keys = (keys[0], *named(deck, "acme/old").short_id, keys[-1])
        await way(stage, keys)
        await check(stage)
