from __future__ import annotations

from pathlib import Path

import pytest

from llmsdeck.configured import BUILT_IN, Setting, settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LMSTUDIO_BASE_URL", "LMSTUDIO_MODEL", "LLMSDECK_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "config.toml"


def found() -> dict[str, Setting]:
    return {each.key: each for each in settings()}


def test_without_anything_set_up_everything_is_built_in(file: Path) -> None:
    assert {each.origin for each in settings()} == {BUILT_IN}
    assert found()["model.concurrent_calls"].value == "1"
    assert found()["hosts.github.com.kind"].value == "github"


def test_each_value_says_where_it_came_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[model]\nname = "a"\nconcurrent_calls = 2\n[hosts."x.org"]\nkind = "gitea"\n')
    monkeypatch.setenv("LLMSDECK_MODEL__NAME", "b")
    monkeypatch.setenv("LMSTUDIO_BASE_URL", "http://127.0.0.1:5/v1")
    here = found()
    assert (here["model.name"].value, here["model.name"].origin) == ("b", "LLMSDECK_MODEL__NAME")
    assert here["model.concurrent_calls"].origin == str(file)
    assert here["model.base_url"].origin == "LMSTUDIO_BASE_URL"
    assert here["hosts.x.org.kind"].origin == str(file)
    assert here["hosts.github.com.kind"].origin == BUILT_IN


def test_a_token_is_named_and_never_shown(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMSDECK_MODEL__TOKEN_ENV", "TEA_TOKEN")
    monkeypatch.setenv("TEA_TOKEN", "tea-secret")
    assert found()["model.token_env"].value == "TEA_TOKEN"
    assert "tea-secret" not in str(settings())
