"""Fake decks in every state that somebody may want to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from llmsdeck.answers import Preflight
from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunId, RunWarning
from llmsdeck.settings import Policy
from llmsdeck.snapshot import Lane
from llmsdeck.states import CancelState, ErrorKind, Outcome, Phase
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.app import OPERATOR

AGENT: Final = Actor(ActorKind.AGENT, "docs-bot")
CLI: Final = Actor(ActorKind.CLI)
USUAL: Final = {
    Phase.COLLECT: (0.9, 1.6),
    Phase.ANALYSE: (0.2, 0.5),
    Phase.WRITE: (50.0, 70.0),
    Phase.EXPAND: (1.0, 2.0),
    Phase.CHECK: (0.1, 0.2),
}

LLMS: Final = """# httpx

> A fully featured HTTP client for Python 3, with sync and async APIs and HTTP/2.

The client keeps connections open between requests; create one and share it.

## Guide

- [Quickstart](https://raw.githubusercontent.com/encode/httpx/0.28.1/docs/quickstart.md): Make requests, read responses, send parameters and files
- [Clients](https://raw.githubusercontent.com/encode/httpx/0.28.1/docs/advanced/clients.md): Share configuration and connections between requests
- [Timeouts](https://raw.githubusercontent.com/encode/httpx/0.28.1/docs/advanced/timeouts.md): The four timeouts and their defaults

## API

- [Developer interface](https://raw.githubusercontent.com/encode/httpx/0.28.1/docs/api.md): Every class and function
- [Exceptions](https://raw.githubusercontent.com/encode/httpx/0.28.1/docs/exceptions.md): The tree, and when each is raised

## Optional

- [Changelog](https://raw.githubusercontent.com/encode/httpx/0.28.1/CHANGELOG.md): What changed in each release
"""  # noqa: E501 - links are as long as they are

_DEGRADED: Final = (RunWarning(kind="model", message="the model timed out", count=2),)

HOSTILE: Final = (
    "a[/b]z [@click=app.quit]quit[/]",
    "\x1b[2J\x1b]0;owned\x07 clear",
    "\u202egnp.exe\u2066 reversed \u200bzero\u200d",
    "broken \udcff\udc80 bytes\nsecond\tline\u2028third",
    "日本語の名前/ドキュメント 🙂 wide",
    "x" * 5_000,
)
"""Strings that break a careless screen."""


LANE: Final = Lane(
    server="http://127.0.0.1:1234/v1",
    model="qwen3-8b",
    context_tokens=32_768,
    tokens_per_s=38.0,
    seen_age_s=1.0,
)


def empty() -> FakeDeck:
    """A store nobody has used yet, with a worker that waits."""
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    return deck


def busy(clock: FakeClock | None = None) -> FakeDeck:
    """Every state that a run can be in, over some history."""
    clock = clock or FakeClock()
    deck = FakeDeck(clock)
    deck.usual = USUAL
    deck.lanes = (LANE,)
    deck.add_worker()
    for number in range(14):
        _finish(deck, f"acme/service-{number + 1:02}", seconds=38 + 3 * number)
        clock.advance(20)
    _cancelled(deck, "acme/website@redesign")
    _failed(
        deck,
        "~/src/private-api",
        ErrorKind.SOURCE,
        "The folder may not be read; grant read access or choose another.",
    )
    clock.advance(60)
    _finish(deck, "acme/legacy", ref="main", outcome=Outcome.DEGRADED, score=61, warnings=_DEGRADED)
    clock.advance(100)
    _finish(deck, "encode/httpx", ref="0.28.1", seconds=160, by=AGENT)
    clock.advance(70)
    _living(deck, clock)
    return deck


def _living(deck: FakeDeck, clock: FakeClock) -> None:
    orphan = _begin(deck, "acme/search", Phase.COLLECT, 0, 0)
    _begin(deck, "acme/payments", Phase.EXPAND, 8, 40, ref="v2")
    clock.advance(30)
    leaving = _begin(deck, "~/src/monolith", Phase.ANALYSE, 120, 2_000)
    writing = _begin(deck, "pallets/flask", Phase.COLLECT, 214, 214, ref="main")
    clock.advance(1.2)
    deck.enter(writing, Phase.ANALYSE, 214, 214)
    clock.advance(0.3)
    deck.enter(writing, Phase.WRITE, 0, 48)
    clock.advance(43)
    deck.enter(writing, Phase.WRITE, 31, 48)
    lost = _begin(deck, "acme/flaky", Phase.WRITE, 3, 9)
    deck.lose_attempt(lost)
    deck.claim(lost)
    deck.lose_attempt(lost)
    deck.add("./docs-site")
    deck.add("acme/mobile", ref="release/2026.03", model="qwen3-8b", by=CLI)
    clock.advance(1)
    deck.lose_owner(orphan)
    deck.request_cancel(leaving, OPERATOR)
    deck.climb(leaving)
    for run_id in (leaving, writing):
        deck.beat(run_id)


def old() -> FakeDeck:
    """History that is due to go."""
    clock = FakeClock()
    deck = FakeDeck(clock)
    deck.add_worker()
    for number in range(9):
        _finish(deck, f"acme/service-{number + 1:02}", seconds=40)
        clock.advance(86_400)
    _failed(deck, "acme/legacy@main", ErrorKind.TIMEOUT, "The run took longer than 30m.")
    clock.advance(40 * 86_400)
    _finish(deck, "encode/httpx", ref="0.28.1")
    return deck


def thrown_away() -> FakeDeck:
    """The same after all of that was pruned."""
    deck = old()
    ended = [run.run_id for run in deck.newest_first()[1:]]
    deck.throw(ended, OPERATOR)
    return deck


def hostile() -> FakeDeck:
    """Outside text that means harm, in every place where outside text is shown."""
    clock = FakeClock()
    deck = FakeDeck(clock, store_dir=f"/srv/{HOSTILE[0]}")
    deck.add_worker()
    for text in HOSTILE:
        _failed(deck, text, ErrorKind.SOURCE, text)
    warning = RunWarning(kind="file", message=HOSTILE[1])
    deck.usual = USUAL
    _finish(
        deck,
        HOSTILE[0],
        ref=HOSTILE[2],
        outcome=Outcome.DEGRADED,
        warnings=(warning,),
        texts={ArtifactName.LLMS: "\n".join(HOSTILE)},
    )
    deck.add(HOSTILE[0], ref=HOSTILE[0], by=Actor(ActorKind.AGENT, HOSTILE[0]))
    return deck


def refusing() -> FakeDeck:
    """A deck that cannot use one source."""
    deck = empty()
    sentence = "There is no folder '/srv/nowhere'."
    deck.preflights["/srv/nowhere"] = Preflight(ok=False, message=sentence)
    return deck


def owned() -> FakeDeck:
    """A deck whose only worker the dashboard starts itself, with work to do."""
    deck = FakeDeck(FakeClock())
    _begin(deck, "pallets/flask", Phase.WRITE, 31, 48)
    deck.add("./docs-site")
    return deck


def late() -> FakeDeck:
    """Much work that a cancel would throw away."""
    clock = FakeClock()
    deck = FakeDeck(clock)
    deck.add_worker()
    sources = ("acme/monolith", "acme/search")
    begun = [_begin(deck, source, Phase.WRITE, 31, 48) for source in sources]
    clock.advance(2_400)
    for run_id in begun:
        deck.beat(run_id)
    return deck


def asking() -> FakeDeck:
    """Two runs that are over the budget of tokens, among others."""
    deck = busy()
    for source, tokens in (("acme/monolith", 210_000), ("acme/archive", 64_000)):
        run_id = deck.add(source, model="qwen3-8b")
        deck.claim(run_id)
        deck.ask(run_id, tokens, 50_000)
    return deck


def crowded() -> FakeDeck:
    """Failures to retry, and a queue with room for all but one."""
    deck = FakeDeck(FakeClock(), policy=Policy(slots=4, queue_cap=3))
    deck.add_worker()
    for number in range(4):
        _failed(deck, f"acme/service-{number + 1:02}", ErrorKind.MODEL, "The model went away.")
    return deck


def _begin(
    deck: FakeDeck, source: str, phase: Phase, done: int, total: int, ref: str | None = None
) -> RunId:
    run_id = deck.add(source, ref=ref)
    deck.claim(run_id)
    deck.enter(run_id, phase, done, total)
    return run_id


def _finish(
    deck: FakeDeck,
    source: str,
    *,
    ref: str | None = None,
    seconds: float = 51,
    outcome: Outcome = Outcome.GOOD,
    score: int = 93,
    warnings: tuple[RunWarning, ...] = (),
    by: Actor = OPERATOR,
    texts: Mapping[ArtifactName, str] | None = None,
) -> None:
    clock = deck.clock
    assert isinstance(clock, FakeClock)
    run_id = deck.add(source, ref=ref, by=by)
    deck.claim(run_id)
    for phase, share in ((Phase.COLLECT, 0.02), (Phase.ANALYSE, 0.01), (Phase.WRITE, 0.95)):
        deck.enter(run_id, phase, 48, 48)
        clock.advance(seconds * share)
    deck.enter(run_id, Phase.EXPAND, 48, 48)
    clock.advance(seconds * 0.02)
    deck.enter(run_id, Phase.CHECK)
    made = {ArtifactName.LLMS: LLMS, ArtifactName.LLMS_FULL: LLMS * 40}
    deck.complete(run_id, texts or made, outcome=outcome, score=score, warnings=warnings)


def _failed(deck: FakeDeck, source: str, kind: ErrorKind, message: str) -> None:
    deck.fail(_begin(deck, source, Phase.COLLECT, 0, 0), kind, message)


def _cancelled(deck: FakeDeck, source: str) -> None:
    run_id = _begin(deck, source, Phase.WRITE, 4, 30)
    deck.request_cancel(run_id, CLI)
    while deck.climb(run_id) is not CancelState.STOPPED:
        pass


def break_down(deck: FakeDeck) -> None:
    """The store can no longer be read."""
    deck.outage = StoreError("The store at /srv/llmsdeck cannot be read: disk I/O error.")
    deck.announce()


def lose_model(deck: FakeDeck) -> None:
    """The model server is away; one queued run needs it."""
    reason = "LM Studio at http://127.0.0.1:1234 cannot be reached: connection refused."
    since = deck.wall()
    down = replace(deck.lanes[0], down_since=since, down_reason=reason)
    deck.lanes = (down,)
    deck.announce()


def climb(deck: FakeDeck) -> None:
    """Every cancel takes two steps."""
    for run_id in 2 * deck.cancelling():
        deck.climb(run_id)


def neglect(deck: FakeDeck) -> None:
    """The worker's janitor fails."""
    error = "The disk that holds the store is full; free some space, nothing was lost."
    deck.set_worker(0, replace(deck.registered[0], sweep_age_s=42.0, sweep_error=error))
