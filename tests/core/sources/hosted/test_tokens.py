from __future__ import annotations

import os
import pickle
import traceback
from pathlib import Path

import pytest

from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostConfig, HostKind
from llmsdeck.sources.hosted.tokens import Secret, token_for, where_tokens_go

GITHUB = HostConfig(kind=HostKind.GITHUB)
GITLAB = HostConfig(kind=HostKind.GITLAB)
GITEA = HostConfig(kind=HostKind.GITEA)
HOSTS_YML = """\
git.example.com:
    oauth_token: other
github.com:
    users:
        ada:
            oauth_token: nested
    git_protocol: https
    user: ada
    oauth_token: gh-token
zzz.example.com:
    oauth_token: other
"""
GLAB_YML = """\
# comment
git_protocol: ssh
hosts:
    other.example.com:
        token: other
    gitlab.com:
        api_protocol: https
        token: !!null glab-token
"""


def found(host: str, config: HostConfig, **environ: str) -> tuple[str, str] | None:
    secret = token_for(host, config, {"HOME": "/nowhere", **environ})
    return None if secret is None else (secret.origin, secret.reveal())


@pytest.mark.parametrize(
    ("environ", "origin"),
    [
        ({"GITHUB_TOKEN": "t"}, "GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": "x", "GH_TOKEN": "t"}, "GH_TOKEN"),
        ({"GH_TOKEN": "x", "GITHUB_ACCESS_TOKEN": "t"}, "GITHUB_ACCESS_TOKEN"),
        ({"GH_TOKEN": "  ", "GITHUB_TOKEN": "t\n"}, "GITHUB_TOKEN"),
    ],
)
def test_the_usual_variables_in_order(environ: dict[str, str], origin: str) -> None:
    assert found("github.com", GITHUB, **environ) == (origin, "t")


def test_the_hosts_own_variable_goes_first() -> None:
    config = GITHUB.model_copy(update={"token_env": "OURS"})
    assert found("github.com", config, OURS="t", GH_TOKEN="x") == ("OURS", "t")


@pytest.mark.parametrize(
    ("host", "config"),
    [
        ("git.example.com", GITHUB),
        ("git.example.com", GITLAB),
        ("codeberg.org", GITEA),
        ("gitlab.com", GITLAB.model_copy(update={"token_env": "UNSET"})),
    ],
)
def test_a_variable_of_one_host_is_never_used_for_another(host: str, config: HostConfig) -> None:
    assert found(host, config, GITHUB_TOKEN="t", GH_TOKEN="t", GITHUB_ACCESS_TOKEN="t") is None


def test_the_token_that_gh_keeps(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS_YML)
    assert found("github.com", GITHUB, GH_CONFIG_DIR=str(tmp_path)) == (
        "gh's hosts.yml",
        "gh-token",
    )
    assert found("absent.example.com", GITHUB, GH_CONFIG_DIR=str(tmp_path)) is None


def test_the_token_that_glab_keeps(tmp_path: Path) -> None:
    (tmp_path / "glab-cli").mkdir()
    (tmp_path / "glab-cli" / "config.yml").write_text(GLAB_YML)
    assert found("gitlab.com", GITLAB, XDG_CONFIG_HOME=str(tmp_path)) == (
        "glab's config.yml",
        "glab-token",
    )


def test_the_password_in_netrc(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine codeberg.org login ada password net-token\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert found("codeberg.org", GITEA, HOME=str(tmp_path)) == ("netrc", "net-token")
    assert found("github.com", GITHUB, HOME=str(tmp_path)) is None


@pytest.mark.parametrize("text", ["machine", "\x00\xff", "default login x password y\n"])
def test_a_broken_netrc_or_its_default_gives_no_token(text: str, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(text)
    (tmp_path / ".netrc").chmod(0o600)
    assert found("codeberg.org", GITEA, HOME=str(tmp_path)) is None


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hosts.yml")
    assert found("github.com", GITHUB, GH_CONFIG_DIR=str(tmp_path)) is None


@pytest.mark.parametrize("token", ["two words", "line\nInjected: yes", "é", "\x1b"])
def test_a_token_that_no_header_can_hold_is_refused_by_the_name_of_its_place(token: str) -> None:
    with pytest.raises(SourceError, match="GITHUB_TOKEN") as refused:
        found("github.com", GITHUB, GITHUB_TOKEN=token)
    assert token not in str(refused.value)


def test_a_secret_shows_only_where_it_is_from() -> None:
    secret = token_for("github.com", GITHUB, {"HOME": "/nowhere", "GITHUB_TOKEN": "hunter2"})
    assert isinstance(secret, Secret)
    shown = f"{secret} {secret!r} {[secret]}"
    assert "hunter2" not in shown
    assert "GITHUB_TOKEN" in shown
    with pytest.raises(TypeError, match="never written down"):
        pickle.dumps(secret)
    with pytest.raises(ValueError, match="GITHUB_TOKEN") as raised:
        raise ValueError(secret)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("host", "config", "words"),
    [
        ("github.com", GITHUB, "GITHUB_TOKEN or run `gh auth login`"),
        ("gitlab.com", GITLAB, "GITLAB_TOKEN or run `glab auth login`"),
        ("git.example.com", GITEA.model_copy(update={"token_env": "OURS"}), "into OURS."),
        ("git.example.com", GITEA, "token_env"),
    ],
)
def test_where_a_token_goes(host: str, config: HostConfig, words: str) -> None:
    assert words in where_tokens_go(host, config)
