from __future__ import annotations

from datetime import UTC, datetime

import pytest

from llmsdeck.errors import NoSuchRunError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunId, RunWarning
from llmsdeck.snapshot import Lane, Window
from llmsdeck.states import ErrorKind, Outcome, Phase
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck.why import Explanation, explain

OPERATOR = Actor(ActorKind.OPERATOR)
TEXTS = {ArtifactName.LLMS: "# Flask\n"}


@pytest.fixture
def deck(clock: FakeClock) -> FakeDeck:
    deck = FakeDeck(clock)
    deck.add_worker(slots=2)
    return deck


def at_work(deck: FakeDeck) -> RunId:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    return run_id


def fact(said: Explanation, name: str) -> tuple[str, str | None]:
    """Value and limit of one piece of evidence."""
    return next((each.value, each.limit) for each in said.evidence if each.fact == name)


async def test_a_waiting_run_has_its_place_and_the_cap(deck: FakeDeck) -> None:
    deck.add("/srv/first")
    said = await deck.explain(deck.add("/srv/flask"))
    assert (said.state, said.headline) == ("waiting", "It is number 2 in the queue.")
    assert fact(said, "place in the queue") == ("2 of 2", "queue_cap=500")
    assert fact(said, "workers") == ("1 alive, 0 of 2 slots busy", "slots=4")


async def test_a_run_that_nobody_would_take_asks_for_a_worker(deck: FakeDeck) -> None:
    deck.bury_worker()
    said = await deck.explain(deck.add("/srv/flask"))
    assert said.state == "unattended"
    assert said.next_steps[0].command == "llmsdeck worker --until-idle"


async def test_a_held_run_names_the_server_it_waits_for(deck: FakeDeck) -> None:
    down = "http://127.0.0.1:1234 refuses connections."
    deck.lanes = (
        Lane(
            server="http://127.0.0.1:1234",
            seen_age_s=1,
            down_since=datetime(2026, 3, 1, tzinfo=UTC),
            down_reason=down,
        ),
    )
    said = await deck.explain(deck.add("/srv/flask", model="qwen3-8b"))
    assert said.state == "held"
    assert down in said.headline


async def test_a_lost_attempt_says_how_long_it_waits(deck: FakeDeck) -> None:
    run_id = at_work(deck)
    deck.lose_attempt(run_id)
    said = await deck.explain(run_id)
    assert said.state == "retrying"
    assert said.next_steps[0].sentence == "Wait 1 s; then attempt 2 may begin."


async def test_a_run_at_work_is_measured_by_the_limits_in_force(
    deck: FakeDeck, clock: FakeClock
) -> None:
    run_id = at_work(deck)
    clock.advance(3)
    said = await deck.explain(run_id)
    assert said.state == "working"
    assert fact(said, "last beat") == ("3 s ago", "stale_after=30s")
    assert said.next_steps[0].command is None


async def test_a_phase_beyond_its_usual_time_is_slow(deck: FakeDeck, clock: FakeClock) -> None:
    deck.usual = {Phase.WRITE: (2.0, 5.0)}
    run_id = at_work(deck)
    deck.enter(run_id, Phase.WRITE)
    clock.advance(20)
    said = await deck.explain(run_id)
    assert said.state == "slow"
    assert said.headline == "Write takes longer than usual: 20 s, not 2 s to 5 s."


@pytest.mark.parametrize("silence", [29, 31])
async def test_stale_is_what_the_one_predicate_says(
    deck: FakeDeck, clock: FakeClock, silence: int
) -> None:
    run_id = at_work(deck)
    clock.advance(silence)
    said, run = await deck.explain(run_id), await deck.find(run_id)
    assert (said.state == "stale") is run.stale
    assert run.stale is (silence == 31)


async def test_an_orphan_waits_for_the_janitor(deck: FakeDeck) -> None:
    run_id = at_work(deck)
    deck.lose_owner(run_id)
    said = await deck.explain(run_id)
    assert (said.state, said.headline) == ("orphan", "It is orphan: its worker is gone.")


async def test_a_cancel_says_who_asked_and_when_force_follows(deck: FakeDeck) -> None:
    run_id = at_work(deck)
    deck.request_cancel(run_id, OPERATOR)
    said = await deck.explain(run_id)
    assert said.state == "cancelling"
    assert fact(said, "cancel") == ("requested by operator", "cancel_grace=10s")


async def test_a_degraded_bundle_gives_its_reasons_and_how_long_it_is_kept(
    deck: FakeDeck,
) -> None:
    run_id = at_work(deck)
    warnings = (RunWarning(kind="model", message="The model timed out.", count=2),)
    deck.complete(run_id, TEXTS, outcome=Outcome.DEGRADED, warnings=warnings)
    said = await deck.explain(run_id)
    assert said.state == "degraded"
    assert "The model timed out." in said.headline
    assert fact(said, "warning: model") == ("The model timed out. ×2", None)
    assert fact(said, "ended")[1] == "ttl_completed=14d"


@pytest.mark.parametrize("outcome", [Outcome.GOOD, Outcome.UNCHANGED])
async def test_a_completed_run_is_there_to_be_read(deck: FakeDeck, outcome: Outcome) -> None:
    run_id = at_work(deck)
    deck.complete(run_id, TEXTS, outcome=outcome)
    said = await deck.explain(run_id)
    assert said.state == outcome
    assert said.next_steps[0].command == f"llmsdeck read {run_id[:6]} llms.txt"


@pytest.mark.parametrize("kind", ErrorKind)
async def test_every_failure_has_a_next_step(deck: FakeDeck, kind: ErrorKind) -> None:
    run_id = at_work(deck)
    deck.fail(run_id, kind, "It went wrong.")
    said = await deck.explain(run_id)
    assert said.headline == f"It failed ({kind}): It went wrong."
    assert said.next_steps[-1].command == f"llmsdeck retry {run_id[:6]}"


async def test_a_run_that_asks_says_what_it_costs_and_how_to_answer(
    deck: FakeDeck, clock: FakeClock
) -> None:
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 52_000, 20_000)
    clock.advance(600)
    said = await deck.explain(run_id)
    assert said.state == "asking"
    assert fact(said, "tokens") == ("about 52000 to be read", "token_budget=20000")
    assert fact(said, "time to answer") == ("50 min", "answer_within=1h")
    assert fact(said, "expected end") == ("unknown: it waits for an answer", None)
    assert said.next_steps[0].command == f"llmsdeck answer {run_id[:6]} without-model"


async def test_a_cancelled_run_names_who_did_it(deck: FakeDeck) -> None:
    run_id = deck.add("/srv/flask")
    await deck.cancel([run_id], OPERATOR)
    assert (await deck.explain(run_id)).headline == "It was cancelled by operator."


async def test_a_run_that_is_gone_cannot_be_explained(deck: FakeDeck) -> None:
    with pytest.raises(NoSuchRunError):
        explain(await deck.snapshot(Window(size=0), focus=RunId("gone")))
