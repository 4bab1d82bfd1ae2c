from __future__ import annotations

import asyncio
from typing import Any

import mcp_types as types
import pytest
from agents import Agency, TaskClient, until
from mcp import Client
from mcp.shared.exceptions import MCPError

from llmsdeck.mcp.tasks import handle
from llmsdeck.model import ArtifactName
from llmsdeck.states import Phase
from llmsdeck.testing import FakeDeck

TEXTS = {ArtifactName.LLMS: "# Flask\n"}


class _Listen(types.Request[types.SubscriptionsListenRequestParams, str]):
    method: str = "subscriptions/listen"
    params: types.SubscriptionsListenRequestParams


def listen(agent: Any, **wanted: object) -> asyncio.Task[object]:
    """Open a stream by hand, to ask for what the client's own method does not know."""
    asks = types.SubscriptionFilter.model_validate(wanted)
    request = _Listen(params=types.SubscriptionsListenRequestParams(notifications=asks))
    return asyncio.create_task(agent.session.send_request(request, types.SubscriptionsListenResult))


async def subscribe(agent: Client, uri: str) -> None:
    params = types.SubscribeRequestParams(uri=uri)
    await agent.session.send_request(types.SubscribeRequest(params=params), types.EmptyResult)


async def test_a_stream_tells_when_a_run_moves(office: Agency, deck: FakeDeck) -> None:
    run_id, other = deck.add("/srv/flask"), deck.add("/srv/quart")
    uri = f"lmstxt://runs/{run_id}"
    async with office.client() as agent, agent.listen(resource_subscriptions=[uri]) as stream:
        deck.claim(other)
        deck.claim(run_id)
        event = await asyncio.wait_for(anext(aiter(stream)), 10)
    assert getattr(event, "uri", None) == uri


async def test_a_stream_tells_when_the_list_of_artifacts_grows(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client() as agent, agent.listen(resources_list_changed=True) as stream:
        deck.claim(run_id)
        deck.complete(run_id, TEXTS)
        event = await asyncio.wait_for(anext(aiter(stream)), 10)
    assert type(event).__name__ == "ResourcesListChanged"


async def test_a_stream_about_a_task_tells_its_state_in_full(
    office: Agency, deck: FakeDeck
) -> None:
    run_id, tasks = deck.add("/srv/flask"), TaskClient()
    async with office.client(tasks=tasks) as agent:
        stream = listen(agent, taskIds=[handle(run_id), "run-nothere"])
        await until(lambda: tasks.told, "the state of the task")
        deck.claim(run_id)
        deck.enter(run_id, Phase.WRITE)
        deck.complete(run_id, TEXTS)
        await until(lambda: tasks.told[-1]["status"] == "completed", "its end")
        stream.cancel()
    assert tasks.told[0]["status"] == "working"
    assert {told["taskId"] for told in tasks.told} == {handle(run_id)}
    assert tasks.told[-1]["result"]["structuredContent"]["run_id"] == run_id


async def test_a_question_is_told_to_whoever_follows_the_task(
    office: Agency, deck: FakeDeck
) -> None:
    run_id, tasks = deck.add("/srv/flask", model="tiny"), TaskClient()
    async with office.client(tasks=tasks, asked=True) as agent:
        stream = listen(agent, taskIds=[handle(run_id)])
        await until(lambda: [each["status"] for each in tasks.told] == ["working"], "the start")
        deck.claim(run_id)
        deck.ask(run_id, 9, 5)
        await until(lambda: tasks.told[-1]["status"] == "input_required", "the question")
        stream.cancel()
    assert "budget" in tasks.told[-1]["inputRequests"]


async def test_only_who_declares_tasks_may_follow_them(office: Agency, deck: FakeDeck) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client() as agent:
        with pytest.raises(MCPError) as caught:
            await listen(agent, taskIds=[handle(run_id)])
    assert caught.value.error.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY


@pytest.mark.parametrize("asked", [["x"] * 101, "run-x", [1]])
async def test_a_stream_follows_a_bounded_number_of_names(office: Agency, asked: object) -> None:
    async with office.client(tasks=TaskClient()) as agent:
        with pytest.raises(MCPError):
            await listen(agent, taskIds=asked)


async def test_a_client_of_an_earlier_protocol_can_subscribe_to_a_run(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    uri, heard = f"lmstxt://runs/{run_id}", asyncio.Queue[str]()

    async def hear(message: object) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            await heard.put(message.params.uri)

    client = office.client(old=True)
    client.message_handler = hear
    async with client as agent:
        await subscribe(agent, uri)
        await office.at.watch.after(office.at.watch.revision, 1)
        deck.claim(run_id)
        assert await asyncio.wait_for(heard.get(), 10) == uri
        params = types.UnsubscribeRequestParams(uri=uri)
        await agent.session.send_request(types.UnsubscribeRequest(params=params), types.EmptyResult)
        deck.complete(run_id, TEXTS)
        await office.at.watch.after(office.at.watch.revision, 1)
        await office.at.watch.after(office.at.watch.revision, 1)
        assert heard.empty()


async def test_what_is_not_there_cannot_be_subscribed_to(office: Agency) -> None:
    async with office.client(old=True) as agent:
        with pytest.raises(MCPError):
            await subscribe(agent, "lmstxt://runs/nothere")
