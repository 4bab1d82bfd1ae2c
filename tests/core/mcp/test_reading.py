from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import quote

import mcp_types as types
import pytest
from agents import Agency, refusal, text_of, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.shared.exceptions import MCPError

from llmsdeck.calls import CallText
from llmsdeck.mcp.parameters import MOST_CHARACTERS
from llmsdeck.model import ArtifactName, RunId
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeDeck

TEXT = "# Tea 茶\n\nA pot of 🍵 costs 3 €.\n" * 3


def completed(
    deck: FakeDeck, text: str = TEXT, source: str = "https://github.com/pallets/flask"
) -> RunId:
    run_id = deck.add(source)
    deck.claim(run_id)
    deck.complete(run_id, {ArtifactName.LLMS: text})
    return run_id


@given(limit=st.integers(1, 120))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pieces_of_any_length_make_the_whole_text(office: Agency, limit: int) -> None:
    deck = office.at.deck
    assert isinstance(deck, FakeDeck)
    run_id, pieces, offset = completed(deck), list[str](), 0
    async with office.client() as agent:
        while True:
            asked = {
                "artifact_name": "llms.txt",
                "run_id": run_id,
                "limit": limit,
                "offset": offset,
            }
            piece = told(await agent.call_tool("lmstxt_read_artifact", asked))
            pieces.append(piece["content"])
            if not piece["truncated"]:
                break
            offset = piece["next_offset"]
    assert "".join(pieces) == TEXT
    assert piece["total_chars"] == len(TEXT)


async def test_what_was_said_in_a_call_is_read_by_its_number(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = completed(deck)
    said = CallText(system="Be brief.", user="Tea?", answer="Yes.")
    deck.called(run_id, "notes", {"purpose": "notes", "accepted": True}, said)
    async with office.client() as agent:
        asked = {"artifact_name": "run.call.1.txt", "run_id": run_id}
        piece = told(await agent.call_tool("lmstxt_read_artifact", asked))
        assert (piece["content"], piece["untrusted"]) == (said.whole, True)
        uri = f"lmstxt://runs/{run_id}/run.call.1.txt"
        (content,) = (await agent.read_resource(uri)).contents
        assert isinstance(content, types.TextResourceContents)
        assert content.text == said.whole
        missing = await agent.call_tool(
            "lmstxt_read_artifact", {**asked, "artifact_name": "run.call.2.txt"}
        )
        assert "has no call 2; it made 1." in text_of(missing)


async def test_what_a_model_hides_in_an_answer_is_shown_to_agents(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = completed(deck)
    said = CallText(system="Be brief.", user="Tea?", answer="\tYes\x1b[2J\u202e\ud800.")
    deck.called(run_id, "notes", {"purpose": "notes", "accepted": True}, said)
    async with office.client() as agent:
        asked = {"artifact_name": "run.call.1.txt", "run_id": run_id}
        piece = told(await agent.call_tool("lmstxt_read_artifact", asked))
    assert piece["content"].splitlines()[-1] == "        Yes␛[2J‹U+202E›\\ud800."


async def test_a_piece_that_ends_where_the_text_ends_is_not_truncated(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = completed(deck)
    async with office.client() as agent:
        asked = {"artifact_name": "llms.txt", "run_id": run_id, "limit": len(TEXT)}
        piece = told(await agent.call_tool("lmstxt_read_artifact", asked))
    assert (piece["truncated"], piece["next_offset"]) == (False, None)


async def test_beyond_the_end_there_is_nothing(office: Agency, deck: FakeDeck) -> None:
    run_id = completed(deck)
    async with office.client() as agent:
        asked = {"artifact_name": "llms.txt", "run_id": run_id, "offset": 10_000}
        piece = told(await agent.call_tool("lmstxt_read_artifact", asked))
    assert (piece["content"], piece["truncated"], piece["total_chars"]) == ("", False, len(TEXT))


async def test_an_unknown_run_is_an_error_that_says_so(office: Agency) -> None:
    async with office.client(old=True) as agent:
        asked = {"artifact_name": "llms.txt", "run_id": "nothere"}
        result = await agent.call_tool("lmstxt_read_artifact", asked)
    assert result.is_error
    assert "not found" in text_of(result)


async def test_reading_a_run_that_is_at_work_is_an_error_not_a_text(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    async with office.client() as agent:
        asked = {"artifact_name": "llms.txt", "run_id": run_id}
        result = await agent.call_tool("lmstxt_read_artifact", asked)
    assert refusal(result)["kind"] == "refused"


@pytest.mark.parametrize(
    "name", ["llms.json", "../llms.txt", "/etc/passwd", "", "llms-full.000.txt"]
)
async def test_only_names_of_artifacts_can_be_read(
    office: Agency, deck: FakeDeck, name: str
) -> None:
    run_id = completed(deck)
    async with office.client() as agent:
        asked = {"artifact_name": name, "run_id": run_id}
        result = await agent.call_tool("lmstxt_read_artifact", asked)
    assert refusal(result)["kind"] == "usage"


@pytest.mark.parametrize(
    "typed",
    [
        "https://github.com/pallets/flask",
        "https://github.com/pallets/flask.git",
        "https://github.com/Pallets/Flask/?tab=readme",
        "https://github.com/pallets/flask/tree/main",
        "https://www.github.com/pallets/flask#readme",
        "github.com/pallets/flask",
        "git@github.com:pallets/flask.git",
        "pallets/flask",
    ],
)
async def test_a_repository_means_its_newest_completed_run(
    office: Agency, deck: FakeDeck, typed: str
) -> None:
    completed(deck)
    newest = completed(deck, "# Newest\n")
    completed(deck, "# Other\n", "https://github.com/pallets/quart")
    async with office.client() as agent:
        asked = {"artifact_name": "llms.txt", "repo_url": typed}
        piece = told(await agent.call_tool("lmstxt_read_artifact", asked))
    assert (piece["run_id"], piece["content"]) == (newest, "# Newest\n")


async def test_the_history_of_a_run_can_be_read_while_it_fails(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = deck.add("/srv/flask")
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.TIMEOUT, "It took too long.")
    async with office.client() as agent:
        asked = {"artifact_name": "run.events.jsonl", "run_id": run_id}
        lines = told(await agent.call_tool("lmstxt_read_artifact", asked))["content"].splitlines()
        log = told(
            await agent.call_tool("lmstxt_read_artifact", {**asked, "artifact_name": "run.log"})
        )
    assert json.loads(lines[0])["kind"] == "accepted"
    assert json.loads(lines[-1])["kind"] == "failed"
    assert "It took too long." in log["content"]


async def test_text_from_repositories_is_marked_as_untrusted(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = completed(deck)
    async with office.client() as agent:
        asked = {"artifact_name": "llms.txt", "run_id": run_id}
        result = await agent.call_tool("lmstxt_read_artifact", asked)
        resource = await agent.read_resource(f"lmstxt://runs/{run_id}/llms.txt")
    assert told(result)["untrusted"] is True
    for marked in (*result.content, *resource.contents):
        assert (marked.meta or {})["llmsdeck/untrusted"] is True


async def test_every_listed_artifact_can_be_read_at_its_uri(office: Agency, deck: FakeDeck) -> None:
    completed(deck)
    completed(deck, "# Odd\n", "/srv/a name & 茶")
    async with office.client() as agent:
        result = await agent.call_tool("lmstxt_list_all_artifacts", {})
        listed = json.loads(text_of(result))
        texts = [(await agent.read_resource(artifact["uri"])).contents[0] for artifact in listed]
    assert [artifact["filename"].split("/")[0] for artifact in listed] == ["a name & 茶", "pallets"]
    assert isinstance(texts[0], types.TextResourceContents)
    assert texts[0].text == "# Odd\n"
    assert all(datetime.fromisoformat(artifact["last_modified"]).tzinfo for artifact in listed)


async def test_every_listed_resource_can_be_read(office: Agency, deck: FakeDeck) -> None:
    run_id = completed(deck)
    async with office.client() as agent:
        listed = [resource.uri for resource in (await agent.list_resources()).resources]
        for uri in [*listed, f"lmstxt://runs/{run_id}"]:
            assert (await agent.read_resource(uri)).contents
    assert listed == ["lmstxt://runs", f"lmstxt://runs/{run_id}/llms.txt"]


async def test_a_long_resource_is_cut_with_a_line_that_says_so(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = completed(deck, "x" * (MOST_CHARACTERS + 1))
    async with office.client() as agent:
        contents = (await agent.read_resource(f"lmstxt://runs/{run_id}/llms.txt")).contents[0]
    assert isinstance(contents, types.TextResourceContents)
    assert contents.text.startswith("x" * MOST_CHARACTERS + "\n\n... (content truncated: 100000 of")


@pytest.mark.parametrize(
    "uri",
    [
        "lmstxt://",
        "lmstxt://runs/",
        "lmstxt://runs/nothere",
        "lmstxt://runs/{id}/../../etc/passwd",
        "lmstxt://runs/{id}/..%2f..%2fdeck.db",
        "lmstxt://artifacts/../{id}/llms.txt",
        "lmstxt://artifacts/pallets/quart/{id}/llms.txt",
        "lmstxt://artifacts/{id}/llms.txt",
        "lmstxt://artifacts//etc/passwd",
        "file:///etc/passwd",
        "lmstxt://graphs/x",
        "lmstxt://runs/{id}/" + "a" * 5000,
    ],
)
async def test_a_uri_of_nothing_is_an_error_of_the_protocol(
    office: Agency, deck: FakeDeck, uri: str
) -> None:
    run_id = completed(deck)
    async with office.client() as agent:
        with pytest.raises(MCPError):
            await agent.read_resource(uri.replace("{id}", run_id))


async def test_a_name_with_segments_is_found_also_when_they_are_encoded(
    office: Agency, deck: FakeDeck
) -> None:
    run_id = completed(deck)
    path = quote(f"pallets/flask/{run_id}/llms.txt", safe="")
    async with office.client() as agent:
        assert (await agent.read_resource(f"lmstxt://artifacts/{path}")).contents
