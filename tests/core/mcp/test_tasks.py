from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import mcp_types as types
import pytest
from agents import Agency, Handle, TaskClient, agency, refusal, task, told, until
from mcp.client.extension import UnexpectedClaimedResult
from mcp.shared.exceptions import MCPError

from llmsdeck.mcp.expectation import poll_after
from llmsdeck.mcp.tasks import handle
from llmsdeck.model import ArtifactName, RunId
from llmsdeck.snapshot import Window
from llmsdeck.states import ErrorKind, Phase, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck

TEXTS = {ArtifactName.LLMS: "# Flask\n"}
ASKED = {"url": "./flask"}


async def test_a_client_that_declares_tasks_gets_the_handle_of_its_run(
    office: Agency, deck: FakeDeck
) -> None:
    async with office.client(tasks=TaskClient()) as agent:
        created = await agent.session.call_tool(
            "lmstxt_generate_llms_txt", {**ASKED, "wait_s": 600}, allow_claimed=True
        )
    assert isinstance(created, Handle)
    (run,) = (await deck.page()).runs
    assert (created.task_id, created.status) == (handle(run.run_id), "working")
    assert created.ttl_ms is None
    assert datetime.fromisoformat(created.created_at).tzinfo


@pytest.mark.parametrize("old", [True, False])
async def test_a_client_that_does_not_declare_tasks_never_gets_a_handle(
    office: Agency, old: bool
) -> None:
    async with office.client(old=old) as agent:
        result = await agent.call_tool("lmstxt_generate_llms_txt", ASKED)
    assert told(result)["status"] == "pending"


async def test_a_task_is_seen_through_to_the_result_that_a_wait_would_have_had(
    office: Agency, deck: FakeDeck
) -> None:
    tasks = TaskClient()
    async with office.client(tasks=tasks) as agent:
        calling = asyncio.create_task(agent.call_tool("lmstxt_generate_llms_txt", ASKED))
        await until(lambda: tasks.handles, "a handle")
        (run,) = (await deck.page()).runs
        deck.claim(run.run_id)
        deck.complete(run.run_id, TEXTS)
        record = told(await calling)
    assert (record["run_id"], record["status"]) == (run.run_id, "completed")
    assert tasks.polls <= 5


async def test_another_server_answers_the_same_handle(
    deck: FakeDeck, root: Path, tmp_path: Path
) -> None:
    async with (
        agency(deck, root, tmp_path / "store") as first,
        first.client(tasks=TaskClient()) as agent,
    ):
        created = await agent.session.call_tool(
            "lmstxt_generate_llms_txt", ASKED, allow_claimed=True
        )
    assert isinstance(created, Handle)
    (run,) = (await deck.page()).runs
    deck.claim(run.run_id)
    deck.complete(run.run_id, TEXTS)
    async with (
        agency(deck, root, tmp_path / "store") as second,
        second.client(tasks=TaskClient()) as agent,
    ):
        state = await task(agent.session, "tasks/get", created.task_id)
    assert state.status == "completed"
    assert state.result["structuredContent"]["run_id"] == run.run_id
    assert state.ttlMs > 0


async def test_a_failed_run_is_a_completed_task_whose_result_is_an_error(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.TIMEOUT, "It took too long.")
    async with office.client(tasks=TaskClient()) as agent:
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert (state.status, state.result["isError"]) == ("completed", True)
    assert "It took too long." in state.result["content"][0]["text"]


async def test_a_cancelled_task_is_a_cancelled_run(office: Agency, deck: FakeDeck) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client("stopper", tasks=TaskClient()) as agent:
        acknowledged = await task(agent.session, "tasks/cancel", handle(run_id))
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert (acknowledged.resultType, acknowledged.status) == ("complete", None)
    assert state.status == "cancelled"
    cancel = (await deck.find(run_id)).cancel
    assert cancel
    assert str(cancel.by) == "agent:stopper"


async def test_a_cancel_of_an_ended_task_is_acknowledged_and_changes_nothing(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.complete(run_id, TEXTS)
    before = await deck.find(run_id)
    async with office.client(tasks=TaskClient()) as agent:
        await task(agent.session, "tasks/cancel", handle(run_id))
    assert await deck.find(run_id) == before


async def test_answers_that_nobody_asked_for_are_acknowledged_and_ignored(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client(tasks=TaskClient()) as agent:
        responses = {"budget": {"action": "accept"}}
        await task(agent.session, "tasks/update", handle(run_id), inputResponses=responses)
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert state.status == "working"


def asking(deck: FakeDeck) -> RunId:
    """A run that is over its budget."""
    run_id = deck.add("/srv/flask", model="tiny")
    deck.claim(run_id)
    deck.ask(run_id, 52_000, 20_000)
    return run_id


def answer(**content: str) -> dict[str, object]:
    return {"budget": {"action": "accept", "content": content}}


async def test_a_run_over_its_budget_is_a_task_that_needs_input(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = asking(deck)
    async with office.client(tasks=TaskClient(), asked=True) as agent:
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert state.status == "input_required"
    asked = types.ElicitRequest.model_validate(state.inputRequests["budget"])
    assert isinstance(asked.params, types.ElicitRequestFormParams)
    assert "52000 tokens and the budget is 20000" in asked.params.message
    (choice,) = state.inputRequests["budget"]["params"]["requestedSchema"]["properties"].values()
    assert [each["const"] for each in choice["oneOf"]] == ["go", "without-model", "cancel"]


async def test_a_client_whose_user_cannot_be_asked_sees_a_task_at_work(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = asking(deck)
    async with office.client(tasks=TaskClient()) as agent:
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert (state.status, state.inputRequests) == ("working", None)
    assert "the budget is 20000" in state.statusMessage


@pytest.mark.parametrize(
    ("responses", "status"),
    [
        (answer(decision="go"), RunStatus.PENDING),
        (answer(decision="without-model"), RunStatus.PENDING),
        (answer(decision="cancel"), RunStatus.CANCELLED),
        ({"budget": {"action": "decline"}}, RunStatus.PENDING),
    ],
)
async def test_an_answer_ends_the_question(
    office: Agency, deck: FakeDeck, responses: dict[str, object], status: RunStatus
) -> None:
    run_id = asking(deck)
    async with office.client("editor", tasks=TaskClient(), asked=True) as agent:
        said = await task(agent.session, "tasks/update", handle(run_id), inputResponses=responses)
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert (said.resultType, said.status) == ("complete", None)
    assert state.status != "input_required"
    run = await deck.find(run_id)
    assert (run.status, run.question) == (status, None)
    actors = {str(event.actor) for event in await deck.events(run_id)}
    assert "agent:editor" in actors


@pytest.mark.parametrize("responses", [{}, {"other": {}}, {"budget": {"action": "cancel"}}])
async def test_a_question_that_is_not_answered_stays_open(
    office: Agency, deck: FakeDeck, responses: dict[str, object]
) -> None:
    run_id = asking(deck)
    async with office.client(tasks=TaskClient(), asked=True) as agent:
        await task(agent.session, "tasks/update", handle(run_id), inputResponses=responses)
        state = await task(agent.session, "tasks/get", handle(run_id))
    assert state.status == "input_required"


@pytest.mark.parametrize(
    "response",
    [
        answer(decision="rm -rf /")["budget"],
        answer(other="go")["budget"],
        {"action": "accept"},
        {"action": "shout"},
        "go",
        [],
        {},
    ],
)
async def test_an_answer_that_is_none_is_refused_and_the_question_stays_open(
    office: Agency, deck: FakeDeck, response: object
) -> None:
    run_id = asking(deck)
    async with office.client(tasks=TaskClient(), asked=True) as agent:
        responses = {"budget": response}
        with pytest.raises(MCPError) as caught:
            await task(agent.session, "tasks/update", handle(run_id), inputResponses=responses)
    assert caught.value.error.code == types.INVALID_PARAMS
    assert (await deck.find(run_id)).question is not None


async def test_clients_without_tasks_answer_by_a_tool(office: Agency, deck: FakeDeck) -> None:
    run_id = asking(deck)
    async with office.client() as agent:
        seen = told(await agent.call_tool("lmstxt_get_run", {"run_id": run_id}))
        asked = {"run_id": run_id, "decision": "without-model"}
        answered = told(await agent.call_tool("lmstxt_answer_run", asked))
        late = await agent.call_tool("lmstxt_answer_run", asked)
    assert seen["question"]["answers"] == ["go", "without-model", "cancel"]
    assert answered["question"] is None
    assert refusal(late)["kind"] == "refused"


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
@pytest.mark.parametrize("task_id", ["run-nothere", "", "7f3k2a", "run-" + "x" * 100])
async def test_a_handle_that_is_none_is_an_invalid_parameter(
    office: Agency, method: str, task_id: str
) -> None:
    async with office.client(tasks=TaskClient()) as agent:
        with pytest.raises(MCPError) as caught:
            await task(agent.session, method, task_id, inputResponses={})
    assert caught.value.error.code == types.INVALID_PARAMS


async def test_the_start_of_an_id_is_no_handle(office: Agency, deck: FakeDeck) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client(tasks=TaskClient()) as agent:
        with pytest.raises(MCPError):
            await task(agent.session, "tasks/get", handle(run_id)[:-1])


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_who_does_not_declare_tasks_may_not_speak_of_them(
    office: Agency, deck: FakeDeck, method: str
) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client() as agent:
        with pytest.raises(MCPError) as caught:
            await task(agent.session, method, handle(run_id), inputResponses={})
    assert caught.value.error.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY
    assert (await deck.find(run_id)).cancel is None


async def test_an_earlier_protocol_has_no_tasks(office: Agency, deck: FakeDeck) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client(old=True) as agent:
        with pytest.raises(MCPError) as caught:
            await task(agent.session, "tasks/get", handle(run_id))
    assert caught.value.error.code == types.METHOD_NOT_FOUND


async def test_an_unfinished_start_is_a_handle_even_where_the_client_wants_a_plain_answer(
    office: Agency,
) -> None:
    async with office.client(tasks=TaskClient()) as agent:
        with pytest.raises(UnexpectedClaimedResult):
            await agent.session.call_tool("lmstxt_generate_llms_txt", ASKED)


@pytest.fixture
def clocked(clock: FakeClock) -> FakeDeck:
    return FakeDeck(clock)


async def looked_at(deck: FakeDeck, run_id: RunId) -> float:
    return poll_after(await deck.snapshot(Window(size=0), focus=run_id))


async def test_the_next_poll_is_when_the_run_usually_ends(
    clocked: FakeDeck, clock: FakeClock
) -> None:
    clocked.usual = {phase: (1.0, 2.0) for phase in Phase} | {Phase.WRITE: (10.0, 20.0)}
    run_id = clocked.add("/srv/flask")
    clocked.claim(run_id)
    clocked.enter(run_id, Phase.ANALYSE)
    clocked.enter(run_id, Phase.WRITE)
    clock.advance(5)
    assert await looked_at(clocked, run_id) == 15.0 + 2.0 + 2.0


async def test_without_history_polls_grow_apart_so_that_few_suffice(
    clocked: FakeDeck, clock: FakeClock
) -> None:
    run_id, started = clocked.add("/srv/flask"), clock.now()
    clocked.claim(run_id)
    polls = 0
    while (clock.now().seconds_since(started) or 0) < 30:
        clock.advance(await looked_at(clocked, run_id))
        polls += 1
    assert polls <= 6
    clock.advance(10_000)
    assert await looked_at(clocked, run_id) == 30.0
