from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llmsdeck.config import Config, load_config
from llmsdeck.errors import UsageError
from llmsdeck.hosts import HostKind

Written = Callable[[str], Config]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Loads the configuration from a file with this text, with nothing set in the environment."""
    file = tmp_path / "config.toml"
    monkeypatch.setenv("LLMSDECK_CONFIG", str(file))
    for name in ("LMSTUDIO_BASE_URL", "LMSTUDIO_MODEL", "LLMSDECK_MODEL__NAME", "LLMSDECK_HOSTS"):
        monkeypatch.delenv(name, raising=False)

    def load(text: str) -> Config:
        file.write_text(text)
        return load_config()

    return load


def refusal(written: Written, text: str) -> str:
    with pytest.raises(UsageError) as refused:
        written(text)
    return str(refused.value)


def test_without_a_file_only_the_public_hosts_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "absent.toml"))
    assert set(load_config().known_hosts) == {"github.com", "gitlab.com", "codeberg.org"}


def test_a_host_of_ones_own_joins_the_public_ones(written: Written) -> None:
    config = written('[hosts."git.example.com"]\nkind = "gitea"\ntoken_env = "EXAMPLE_TOKEN"')
    assert config.known_hosts["git.example.com"].kind is HostKind.GITEA
    assert "github.com" in config.known_hosts


def test_a_built_in_host_keeps_what_is_not_set_anew(written: Written) -> None:
    config = written('[hosts."github.com"]\nkind = "github"\ntoken_env = "OURS"')
    github = config.known_hosts["github.com"]
    assert (github.token_env, github.api) == ("OURS", "https://api.github.com")
    assert github.archives == ("codeload.github.com",)


def test_the_environment_goes_before_the_file(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMSDECK_MODEL__NAME", "from-environment")
    config = written('[model]\nname = "from-file"\nconcurrent_calls = 3')
    assert (config.model.name, config.model.concurrent_calls) == ("from-environment", 3)


def test_the_predecessors_variables_are_honoured_where_nothing_newer_is_set(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMSTUDIO_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LMSTUDIO_MODEL", "old")
    config = written('[model]\nname = "new"')
    assert (config.model.base_url, config.model.name) == ("http://127.0.0.1:9/v1", "new")


def test_a_mistyped_key_is_refused_with_the_nearest_one_and_the_file(written: Written) -> None:
    sentence = refusal(written, '[model]\nbase_ulr = "http://x"')
    assert "'model.base_ulr'" in sentence
    assert "did you mean base_url?" in sentence
    assert "config.toml" in sentence


def test_a_mistyped_section_is_refused_too(written: Written) -> None:
    assert "did you mean model?" in refusal(written, "[modle]\n")


def test_a_file_that_is_not_toml_is_named(written: Written) -> None:
    assert "config.toml is not TOML" in refusal(written, "[model")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[model]\nbase_url = "ftp://x"', "http://"),
        ('[model]\nbase_url = "http://user:secret@x/v1"', "token_env"),
        ('[model]\nbase_url = "http://[x"', "http://"),
        ('[model]\ntoken_env = "sk-abc def"', "not the token itself"),
        ('[hosts."a b"]\nkind = "gitea"', "host name"),
        ('[hosts."x.org"]\nkind = "cvs"', "gitea"),
        ("[model]\nconcurrent_calls = 0", "greater than or equal to 1"),
    ],
)
def test_a_value_that_cannot_be_is_refused(written: Written, text: str, reason: str) -> None:
    assert reason in refusal(written, text)


def test_a_refusal_never_repeats_a_secret(written: Written) -> None:
    assert "secret" not in refusal(written, '[model]\nbase_url = "http://user:secret@x/v1"')


def test_a_variable_whose_json_cannot_be_read_is_refused(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMSDECK_HOSTS", "{")
    assert "LLMSDECK_" in refusal(written, "")


def test_without_a_setting_agents_have_no_folder_and_may_not_prune(written: Written) -> None:
    agents = written("").mcp
    assert (agents.roots, agents.prune, agents.quota) == ((), False, 20)


def test_folders_of_agents_are_absolute(
    written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    roots = written('[mcp]\nroots = ["~/src", "/srv"]').mcp.roots
    assert roots == (tmp_path / "src", Path("/srv"))
    assert "absolute path" in refusal(written, '[mcp]\nroots = ["src"]')


def test_a_mistyped_key_of_agents_is_refused_with_the_nearest_one(written: Written) -> None:
    assert "did you mean quota?" in refusal(written, "[mcp]\nquotta = 3")
