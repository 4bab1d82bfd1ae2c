from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from llmsdeck.cli.commands.plain import plain
from llmsdeck.cli.options import parse
from llmsdeck.cli.output import Output
from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind, ArtifactName
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeClock, FakeDeck

OPERATOR = Actor(ActorKind.OPERATOR)
TURNS = 500


class Told:
    """What has been printed."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        self.stream = io.TextIOWrapper(self.bytes, "utf-8", errors="surrogateescape")

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode("utf-8", "surrogateescape")

    async def until(self, words: str) -> None:
        for _ in range(TURNS):
            if words in self.text:
                return
            await asyncio.sleep(0)
        raise AssertionError(f"{words!r} was not told in:\n{self.text}")


async def let_it_wait() -> None:
    """Until nothing is left to tell and the clock is waited for."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


@asynccontextmanager
async def streaming(deck: FakeDeck, *arguments: str) -> AsyncGenerator[Told]:
    told, options = Told(), parse(["--plain", *arguments])
    output = Output(as_json=options.json, stdout=told.stream, stderr=told.stream)
    task = asyncio.create_task(plain(deck, options, output))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_begins_with_how_things_stand() -> None:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    deck.claim(deck.add("acme/one"))
    deck.add("acme/two", ref="main")
    async with streaming(deck) as told:
        await told.until("acme/two@main: number 1 in the queue\n")
    first, second, _ = told.text.splitlines()
    assert first.startswith("/srv/llmsdeck: 1 processing, 0 stale, 1 pending, 0 completed, ")
    assert first.endswith("; 1 worker alive.")
    assert second.endswith("acme/one: collect")


async def test_each_event_is_one_line_that_names_its_run() -> None:
    deck = FakeDeck(FakeClock())
    async with streaming(deck) as told:
        await told.until("0 workers alive.")
        run_id = deck.add("acme/one")
        await told.until("acme/one: Accepted. (operator)\n")
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, "The folder is gone.")
        await told.until("acme/one: The folder is gone. (worker:w1)\n")
        await deck.set_policy({"slots": "2"}, OPERATOR)
        await told.until("slots: 4 → 2. (operator)\n")
    assert f" {run_id[:6]} acme/one: Attempt 1 of 3 begins." in told.text


async def test_nothing_is_told_twice() -> None:
    deck = FakeDeck(FakeClock())
    async with streaming(deck) as told:
        await told.until("0 workers alive.")
        for number in range(5):
            deck.add(f"acme/{number}")
            await told.until(f"acme/{number}: Accepted.")
    assert [told.text.count(f"acme/{n}: Accepted.") for n in range(5)] == [1] * 5


async def test_a_run_that_becomes_stale_is_told_once() -> None:
    clock = FakeClock()
    deck = FakeDeck(clock)
    deck.claim(deck.add("acme/one"))
    async with streaming(deck) as told:
        await told.until("acme/one: collect")
        for _ in range(3):
            await let_it_wait()
            clock.advance(31)
            await told.until("acme/one: ! stale: no beat for")
    assert told.text.count("! stale") == 1


async def test_a_store_that_cannot_be_read_is_told_and_so_is_its_return() -> None:
    deck = FakeDeck(FakeClock())
    async with streaming(deck) as told:
        await told.until("0 workers alive.")
        deck.outage = StoreError("disk I/O error.")
        deck.announce()
        await told.until("NO SIGNAL: disk I/O error.\n")
        deck.outage = None
        deck.add("acme/one")
        async with asyncio.timeout(5):
            while "can be read again" not in told.text:  # noqa: ASYNC110 - it looks once a second
                await asyncio.sleep(0.02)
        await told.until("acme/one: Accepted.")


async def test_no_control_byte_is_printed() -> None:
    deck = FakeDeck(FakeClock(), store_dir="/srv/\x1b]0;x\x07")
    async with streaming(deck) as told:
        deck.add("a\x1b[2J\u202e\n\x9b1m", ref="\x07")
        await told.until("a␛[2J‹U+202E›␊\\x9b1m@␇")
    assert all(line.isprintable() for line in told.text.split("\n"))


async def test_with_json_each_event_is_one_document() -> None:
    deck = FakeDeck(FakeClock())
    async with streaming(deck, "--json") as told:
        await asyncio.sleep(0)
        run_id = deck.add("acme/one")
        deck.claim(run_id)
        deck.complete(run_id, {ArtifactName.LLMS: "# One\n"})
        await told.until('"completed"')
    kinds = [json.loads(line)["kind"] for line in told.text.splitlines()]
    assert kinds[-1] == "completed"
