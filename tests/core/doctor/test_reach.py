from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from hosting import TOKENS

from llmsdeck.doctor import Finding, Health
from llmsdeck.doctor.reach import look_outside
from llmsdeck.testing.apis import Reply
from llmsdeck.testing.forge import FakeForge

NOBODY = "http://127.0.0.1:9/v1"


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[FakeForge]:
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("LLMSDECK_MODEL__BASE_URL", NOBODY)
    with FakeForge() as forge:
        settings = forge.config.model_dump(mode="json", exclude_none=True)
        hosts = {forge.name: {**settings, "token_env": "TEA_TOKEN"}}
        monkeypatch.setenv("LLMSDECK_HOSTS", json.dumps(hosts))
        yield forge


async def looked(*, online: bool = False) -> dict[str, Finding]:
    return {each.subject: each async for each in look_outside(online=online)}


async def test_a_model_server_that_is_away_is_only_a_note(forge: FakeForge) -> None:
    assert (await looked())["model"].health is Health.NOTE


async def test_settings_that_cannot_be_read_end_it_with_the_place(
    forge: FakeForge, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("[model]\nnmae = 'x'")
    found = await looked()
    assert found["settings"].health is Health.BAD
    assert "did you mean name?" in found["settings"].message
    assert list(found) == ["settings"]


async def test_hosts_are_asked_only_when_that_is_wanted(
    forge: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEA_TOKEN", "tea-secret")
    found = (await looked())[f"token {forge.name}"]
    assert (found.health, forge.seen) == (Health.GOOD, [])
    assert "TEA_TOKEN" in found.message
    assert "tea-secret" not in str(found)


@pytest.mark.parametrize(("status", "health"), [(200, Health.GOOD), (401, Health.BAD)])
async def test_what_a_host_says_of_its_token_is_told(
    forge: FakeForge, monkeypatch: pytest.MonkeyPatch, status: int, health: Health
) -> None:
    monkeypatch.setenv("TEA_TOKEN", "tea-secret")
    forge.next.append(Reply(status=status, body=[b"{}"]))
    found = (await looked(online=True))[f"token {forge.name}"]
    assert found.health is health
    assert "TEA_TOKEN" in found.message
    assert "tea-secret" not in str(found)
    (seen,) = forge.seen
    assert (seen.path, seen.authorization) == ("/api/rate_limit", "Bearer tea-secret")
