from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agents import Agency, agency, refusal, text_of, told, until
from mcp.shared.exceptions import MCPError

from llmsdeck.config import AgentConfig
from llmsdeck.errors import StoreError
from llmsdeck.mcp.tools import TOOLS
from llmsdeck.mcp.tools.tool import Answer, result
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunId
from llmsdeck.states import ErrorKind, Phase, RunStatus
from llmsdeck.testing import FakeDeck

PREDECESSORS = {
    "lmstxt_generate_llms_txt": {
        "url",
        "output_dir",
        "cache_lm",
        "generate_graph",
        "verbose_budget",
        "enable_session_memory",
    },
    "lmstxt_generate_llms_full": {"repo_url", "run_id", "output_dir"},
    "lmstxt_generate_llms_ctx": {"run_id", "repo_url", "output_dir"},
    "lmstxt_list_runs": {"limit"},
    "lmstxt_list_all_artifacts": set[str](),
    "lmstxt_read_artifact": {
        "artifact_name",
        "run_id",
        "repo_url",
        "output_dir",
        "offset",
        "limit",
    },
}
TEXTS = {ArtifactName.LLMS: "# Flask\n\nTea: 茶 🍵\n"}


def completed(deck: FakeDeck, source: str = "/srv/flask", text: str = "# Flask\n") -> RunId:
    run_id = deck.add(source)
    deck.claim(run_id)
    deck.complete(run_id, {ArtifactName.LLMS: text})
    return run_id


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("name", PREDECESSORS)
async def test_a_tool_of_the_predecessor_takes_the_same_parameters(
    office: Agency, name: str, old: bool
) -> None:
    async with office.client(old=old) as agent:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
    schema = tools[name].input_schema
    assert PREDECESSORS[name] <= schema["properties"].keys()
    assert set(schema.get("required", ())) <= {"url", "repo_url", "artifact_name"}


async def test_every_tool_has_a_schema_and_says_whether_it_only_looks(office: Agency) -> None:
    async with office.client() as agent:
        tools = (await agent.list_tools()).tools
        assert len(tools) == len(TOOLS)
        for tool in tools:
            assert tool.output_schema
            assert tool.output_schema["type"] == "object"
            assert tool.annotations
            assert tool.annotations.read_only_hint is not None


async def test_a_fresh_server_lists_no_runs(office: Agency) -> None:
    async with office.client(old=True) as agent:
        result = await agent.call_tool("lmstxt_list_runs", {})
    assert json.loads(text_of(result)) == []


@pytest.mark.parametrize("limit", [0, 51, -1])
async def test_a_limit_out_of_range_is_an_error(office: Agency, limit: int) -> None:
    async with office.client() as agent:
        result = await agent.call_tool("lmstxt_list_runs", {"limit": limit})
    assert refusal(result)["kind"] == "usage"
    assert "limit" in text_of(result)


async def test_runs_are_listed_newest_first_with_a_cursor(office: Agency, deck: FakeDeck) -> None:
    old, new = completed(deck), completed(deck)
    async with office.client() as agent:
        first = told(await agent.call_tool("lmstxt_list_runs", {"limit": 1}))
        rest = told(await agent.call_tool("lmstxt_list_runs", {"cursor": first["next_cursor"]}))
    assert [run["run_id"] for run in [*first["runs"], *rest["runs"]]] == [new, old]


async def test_a_start_answers_at_once_with_the_record_of_the_predecessor(
    office: Agency, deck: FakeDeck
) -> None:
    async with office.client(old=True) as agent:
        result = await agent.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"})
    record = json.loads(text_of(result))
    assert record["status"] == "pending"
    assert record["artifacts"] == []
    assert record["error_message"] is None
    assert record.keys() >= {"run_id", "created_at", "updated_at"}
    assert (await deck.find(record["run_id"])).artifacts_wanted == (ArtifactName.LLMS,)


async def test_the_client_is_the_actor_in_harmless_characters(
    office: Agency, deck: FakeDeck
) -> None:
    async with office.client("Evil\n\x1b[31m: client") as agent:
        record = told(await agent.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"}))
    assert record["requested_by"] == "agent:Evil-31m-client"


async def test_a_start_sees_to_it_that_a_worker_is_alive(office: Agency, deck: FakeDeck) -> None:
    async with office.client() as agent:
        await agent.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"})
        await until(lambda: deck.registered, "a worker")
    assert deck.registered[0].alive


async def test_why_no_worker_could_be_started_is_noted_on_the_run(
    office: Agency, deck: FakeDeck
) -> None:
    deck.worker_error = StoreError("A worker could not be started: no memory.")
    async with office.client() as agent:
        record = told(await agent.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"}))
        await until(lambda: office.at.watch.trouble, "trouble")
        record = told(await agent.call_tool("lmstxt_get_run", {"run_id": record["run_id"]}))
    assert record["notes"] == ["No worker: A worker could not be started: no memory."]


async def test_a_waiting_start_tells_progress_and_answers_with_the_end(
    office: Agency, deck: FakeDeck
) -> None:
    heard: list[tuple[float, str]] = []

    async def hear_progress(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message or ""))
        (run,) = (await deck.page()).runs
        match len(heard):
            case 1:
                deck.claim(run.run_id)
                deck.enter(run.run_id, Phase.WRITE, 1, 2)
            case _:
                deck.complete(run.run_id, TEXTS)

    async with office.client(old=True) as agent:
        record = told(
            await agent.call_tool(
                "lmstxt_generate_llms_txt",
                {"url": "./flask", "wait_s": 60},
                progress_callback=hear_progress,
            )
        )
    assert record["status"] == "completed"
    assert heard[-1] == (5.0, "good, score 93")
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert (2.5, "write 1/2") in heard


async def test_a_waiting_start_whose_run_fails_is_an_error_with_the_run_beside_it(
    office: Agency, deck: FakeDeck
) -> None:
    async def fail(progress: float, total: float | None, message: str | None) -> None:
        (run,) = (await deck.page()).runs
        if run.status is RunStatus.PENDING:
            deck.claim(run.run_id)
            deck.fail(run.run_id, ErrorKind.SOURCE, "It has no text.")

    async with office.client() as agent:
        asked = {"url": "./flask", "wait_s": 60}
        result = await agent.call_tool("lmstxt_generate_llms_txt", asked, progress_callback=fail)
    assert result.is_error
    assert text_of(result) == "The run failed (source): It has no text."
    assert result.structured_content["status"] == "failed"


async def test_waiting_is_bounded(office: Agency, deck: FakeDeck) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client() as agent:
        run = told(await agent.call_tool("lmstxt_wait_run", {"run_id": run_id, "timeout_s": 0.01}))
        longer = await agent.call_tool("lmstxt_wait_run", {"run_id": run_id, "timeout_s": 601})
    assert run["status"] == "pending"
    assert refusal(longer)["kind"] == "usage"


async def test_full_text_for_a_completed_run_is_a_new_run_and_leaves_the_old_one_alone(
    office: Agency, deck: FakeDeck, root: Path
) -> None:
    async with office.client() as agent:
        first = told(await agent.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"}))
        deck.claim(first["run_id"])
        deck.complete(first["run_id"], TEXTS)
        before = await deck.find(first["run_id"])
        second = told(
            await agent.call_tool(
                "lmstxt_generate_llms_full",
                {"repo_url": "./flask", "run_id": first["run_id"]},
            )
        )
    assert second["run_id"] != first["run_id"]
    assert second["artifacts_wanted"] == ["llms.txt", "llms-full.txt"]
    assert await deck.find(first["run_id"]) == before


async def test_full_text_of_a_run_that_will_have_it_is_that_run(office: Agency) -> None:
    async with office.client() as agent:
        asked = {"repo_url": "./flask"}
        first = told(await agent.call_tool("lmstxt_generate_llms_full", asked))
        again = {**asked, "run_id": first["run_id"]}
        second = told(await agent.call_tool("lmstxt_generate_llms_full", again))
    assert second["run_id"] == first["run_id"]


async def test_context_needs_a_run_or_a_repository(office: Agency) -> None:
    async with office.client() as agent:
        result = await agent.call_tool("lmstxt_generate_llms_ctx", {})
    assert refusal(result)["kind"] == "usage"


async def test_an_unknown_parameter_is_refused_by_name(office: Agency) -> None:
    async with office.client() as agent:
        result = await agent.call_tool("lmstxt_list_runs", {"limmit": 3})
    assert "limmit" in text_of(result)


async def test_an_unknown_tool_is_an_error_of_the_protocol(office: Agency) -> None:
    async with office.client() as agent:
        with pytest.raises(MCPError, match="Unknown tool"):
            await agent.call_tool("lmstxt_drop_tables", {})


async def test_a_client_that_has_its_quota_is_refused_with_figures(
    deck: FakeDeck, root: Path, tmp_path: Path
) -> None:
    for number in range(3):
        (root / f"source-{number}").mkdir()
    config = AgentConfig(quota=2)
    async with (
        agency(deck, root, tmp_path / "store", config=config) as office,
        office.client("busy") as busy,
        office.client("busy-too") as other,
    ):
        asked = [
            await busy.call_tool("lmstxt_generate_llms_txt", {"url": f"./source-{number}"})
            for number in range(3)
        ]
        others = await other.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"})
    assert [result.is_error for result in asked] == [False, False, True]
    assert refusal(asked[2]).items() >= {"kind": "quota", "live": 2, "quota": 2}.items()
    assert not others.is_error


async def test_a_full_queue_refuses_with_its_figures(office: Agency, deck: FakeDeck) -> None:
    await deck.set_policy({"queue_cap": "1"}, Actor(ActorKind.OPERATOR))
    deck.add("/srv/other")
    async with office.client() as agent:
        result = await agent.call_tool("lmstxt_generate_llms_txt", {"url": "./flask"})
    facts = refusal(result)
    assert (facts["kind"], facts["queued"], facts["queue_cap"]) == ("queue_full", 1, 1)


async def test_a_cancel_tells_the_truth(office: Agency, deck: FakeDeck) -> None:
    pending, ended = deck.add("/srv/flask"), completed(deck)
    async with office.client("stopper") as agent:
        stopped = told(await agent.call_tool("lmstxt_cancel_run", {"run_id": pending}))
        late = told(await agent.call_tool("lmstxt_cancel_run", {"run_id": ended}))
    assert (stopped["verdict"], stopped["run"]["status"]) == ("cancelled", "cancelled")
    assert stopped["run"]["cancel"]["by"] == "agent:stopper"
    assert late["verdict"] == "too_late"


async def test_a_retry_is_a_new_run_that_names_its_parent(
    office: Agency, deck: FakeDeck, root: Path
) -> None:
    run_id = deck.add(str(root / "flask"))
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.TIMEOUT, "It took too long.")
    async with office.client() as agent:
        asked = {"run_id": run_id, "changes": {"priority": "3"}}
        record = told(await agent.call_tool("lmstxt_retry_run", asked))
    assert (record["parent_run"], record["priority"]) == (run_id, 3)


async def test_only_a_retry_that_begins_says_from_where(
    office: Agency, deck: FakeDeck, root: Path
) -> None:
    run_id = deck.add(str(root / "flask"))
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.TIMEOUT, "It took too long.")
    async with office.client() as agent:
        first = told(await agent.call_tool("lmstxt_retry_run", {"run_id": run_id}))
        second = told(await agent.call_tool("lmstxt_retry_run", {"run_id": run_id}))
    assert first["notes"] == ["It begins at collect; nothing is kept of it."]
    assert second["notes"] == ["The same run was live already; `force` starts another."]


async def test_a_retry_begins_at_the_start_when_it_is_asked_to(
    office: Agency, deck: FakeDeck, root: Path
) -> None:
    run_id = deck.add(str(root / "flask"))
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.TIMEOUT, "It took too long.")
    async with office.client() as agent:
        asked = {"run_id": run_id, "fresh": True}
        record = told(await agent.call_tool("lmstxt_retry_run", asked))
    (accepted, *_) = await deck.events(record["run_id"])
    assert "to be made from the start" in accepted.message


async def test_a_run_is_explained_with_evidence_and_a_next_step(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    async with office.client() as agent:
        said = told(await agent.call_tool("lmstxt_explain_run", {"run_id": run_id}))
    assert said["state"] == "unattended"
    assert said["next_steps"][0]["command"] == "llmsdeck worker --until-idle"


async def test_pruning_is_planned_and_applied_only_where_that_is_allowed(
    deck: FakeDeck, root: Path, tmp_path: Path
) -> None:
    run_id = completed(deck)
    asked: dict[str, Any] = {"older_than": "0"}
    async with agency(deck, root, tmp_path / "store") as strict, strict.client() as agent:
        plan = told(await agent.call_tool("lmstxt_prune_runs", asked))["plan"]
        asked |= {"apply": True, "fingerprint": plan["fingerprint"]}
        refused = await agent.call_tool("lmstxt_prune_runs", asked)
    assert [item["run_id"] for item in plan["runs"]] == [run_id]
    assert "mcp.prune" in text_of(refused)
    config = AgentConfig(prune=True)
    async with (
        agency(deck, root, tmp_path / "store", config=config) as open_,
        open_.client() as agent,
    ):
        wrong = {**asked, "fingerprint": "another"}
        moved = await agent.call_tool("lmstxt_prune_runs", wrong)
        pruned = told(await agent.call_tool("lmstxt_prune_runs", asked))["pruned"]
    assert refusal(moved)["kind"] == "reality_moved"
    assert pruned["runs"] == 1


async def test_a_bundle_is_judged_and_compared(office: Agency, deck: FakeDeck) -> None:
    one, two = completed(deck), completed(deck, text="# Quart\n")
    async with office.client() as agent:
        verdict = told(await agent.call_tool("lmstxt_check", {"subject": one}))
        asked = {"before": one, "after": two, "text": True}
        comparison = told(await agent.call_tool("lmstxt_diff", asked))
    assert {gate["name"] for gate in verdict["gates"]}
    assert not comparison["equal"]
    assert any("Quart" in line for line in comparison["text"])


async def test_private_places_are_not_told(office: Agency, deck: FakeDeck) -> None:
    run_id = deck.add("/srv/secret-client/flask")
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.INTERNAL, f"{office.at.roots.store}/bundles is full.")
    async with office.client() as agent:
        record = told(await agent.call_tool("lmstxt_get_run", {"run_id": run_id}))
    assert record["source"] == "…/flask"
    assert record["error_message"] == "<store>/bundles is full."


async def test_an_unexpected_fault_tells_no_detail_and_the_server_lives(
    office: Agency, deck: FakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    with monkeypatch.context() as patch:
        patch.setattr(deck, "page", broken)
        async with office.client() as agent:
            with pytest.raises(MCPError) as caught:
                await agent.call_tool("lmstxt_list_runs", {})
    assert "secret" not in str(caught.value)
    async with office.client() as agent:
        assert told(await agent.call_tool("lmstxt_list_runs", {}))["runs"] == []


def test_tools_are_named_alike() -> None:
    assert all(name.startswith("lmstxt_") for name in TOOLS)


def test_bytes_that_are_no_text_do_not_keep_an_answer_from_being_sent() -> None:
    sent = result(Answer(document={"content": "caf\udce9"})).model_dump_json()
    assert "caf?" in sent
