from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from agents import Agency

from llmsdeck.errors import UsageError
from llmsdeck.mcp.http import MOST_BYTES, guarded, token

SECRET = "a token of enough characters"
HERE = "http://127.0.0.1:8765"


@asynccontextmanager
async def at_the_door(office: Agency) -> AsyncGenerator[httpx2.AsyncClient]:
    """A plain client in front of the guarded server."""
    app = guarded(office.server, "127.0.0.1", 8765, SECRET)
    async with (
        office.server.session_manager.run(),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=HERE) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Basic {SECRET}"}, 401),
        ({"Authorization": f"Bearer {SECRET}x"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": HERE}, 200),
    ],
)
async def test_only_who_has_the_token_and_comes_from_here_is_served(
    office: Agency, change: dict[str, str], status: int
) -> None:
    info = {"name": "by-hand", "version": "1"}
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info}
    headers = {
        "Authorization": f"Bearer {SECRET}",
        "Accept": "application/json, text/event-stream",
        **change,
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    async with at_the_door(office) as client:
        answer = await client.post("/mcp", json=body, headers=headers)
    assert answer.status_code == status


async def test_a_body_beyond_the_cap_is_refused(office: Agency) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    async with at_the_door(office) as client:
        answer = await client.post("/mcp", content=b" " * (MOST_BYTES + 1), headers=headers)
    assert answer.status_code == 413


def test_the_kept_token_is_private_and_stays(tmp_path: Path) -> None:
    made = token("LLMSDECK_MCP_TOKEN", tmp_path / "mcp-token", {})
    assert (tmp_path / "mcp-token").stat().st_mode & 0o777 == 0o600
    assert len(made) >= 32
    assert token("LLMSDECK_MCP_TOKEN", tmp_path / "mcp-token", {}) == made


def test_the_variable_goes_before_the_kept_token(tmp_path: Path) -> None:
    assert token("MINE", tmp_path / "mcp-token", {"MINE": SECRET}) == SECRET
    assert not (tmp_path / "mcp-token").exists()


def test_a_token_that_is_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LLMSDECK_MCP_TOKEN"):
        token("LLMSDECK_MCP_TOKEN", tmp_path / "unused", {"LLMSDECK_MCP_TOKEN": "short"})
