from __future__ import annotations

from pathlib import Path

import mcp_types as types
import pytest
from agents import Agency, agency, told
from mcp.shared.exceptions import MCPError

from llmsdeck import skill
from llmsdeck.config import AgentConfig
from llmsdeck.testing import FakeDeck


@pytest.mark.parametrize("old", [True, False])
async def test_a_prompt_says_what_to_do_with_the_repository(office: Agency, old: bool) -> None:
    async with office.client(old=old) as agent:
        (offered,) = (await agent.list_prompts()).prompts
        got = await agent.get_prompt(offered.name, {"source": "pallets/flask\n\x1b[2J"})
    (message,) = got.messages
    assert isinstance(message.content, types.TextContent)
    assert message.content.text.startswith("Make the llms.txt bundle of pallets/flask␊␛[2J,")
    assert message.content.text.endswith(skill.body())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("document_repository", {}),
        ("document_repository", {"source": " "}),
        ("document_repository", {"source": "x" * 5000}),
        ("document_repository", {"source": "x", "more": "y"}),
        ("other", {"source": "x"}),
    ],
)
async def test_a_prompt_that_cannot_be_filled_in_is_an_invalid_parameter(
    office: Agency, name: str, arguments: dict[str, str]
) -> None:
    async with office.client() as agent:
        with pytest.raises(MCPError) as caught:
            await agent.get_prompt(name, arguments)
    assert caught.value.error.code == types.INVALID_PARAMS


async def test_copies_go_where_it_is_set_up_unless_the_call_says_otherwise(
    deck: FakeDeck, root: Path, tmp_path: Path
) -> None:
    config = AgentConfig(output_dir=root / "artifacts")
    async with (
        agency(deck, root, tmp_path / "store", config=config) as office,
        office.client() as agent,
    ):
        asked = {"url": "./flask", "force": True}
        usual = told(await agent.call_tool("lmstxt_generate_llms_txt", asked))
        asked["output_dir"] = "elsewhere"
        own = told(await agent.call_tool("lmstxt_generate_llms_txt", asked))
    assert usual["output_dir"] == str(root / "artifacts")
    assert own["output_dir"] == str(root / "elsewhere")
