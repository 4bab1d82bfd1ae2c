"""Hosted repositories from start to end, through the installed program and over real sockets."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from program import Program
from sample_repositories import PROJECT

from llmsdeck.testing.apis import FakeRepository
from llmsdeck.testing.archives import commit_of
from llmsdeck.testing.forge import FakeForge

SECRET = "hunter2-hunter2"
SETTINGS = """
[hosts."github.com"]
kind = "github"
api = "http://{0.name}/api"
raw = "https://raw.githubusercontent.com"
archives = ["{0.archives}"]
"""


@pytest.fixture
def github(program: Program) -> Generator[FakeForge]:
    """A host that this program takes for GitHub, with a private repository."""
    settings = program.home / ".config" / "llmsdeck" / "config.toml"
    settings.parent.mkdir(parents=True)
    with FakeForge() as forge:
        settings.write_text(SETTINGS.format(forge))
        forge.add("Tea/Pot", FakeRepository(files=PROJECT, description="Brews.", token=SECRET))
        yield forge


@pytest.fixture
def signed_in(program: Program) -> None:
    """The user has signed in with GitHub's own tool."""
    folder = program.home / ".config" / "gh"
    folder.mkdir(parents=True)
    (folder / "hosts.yml").write_text(f"github.com:\n    oauth_token: {SECRET}\n")


def everything_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.usefixtures("signed_in")
def test_owner_and_name_become_a_bundle_and_the_token_stays_out_of_it(
    program: Program, github: FakeForge
) -> None:
    done = program.run("start", "Tea/Pot", "--wait", "--json")
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.returncode, run["status"], run["outcome"]) == (0, "completed", "good")
    assert (run["source"], run["commit"]) == ("https://github.com/tea/pot", commit_of(PROJECT))
    assert len(github.seen) == 3
    text = program.run("read", run["run_id"], "llms.txt").stdout
    base = f"https://raw.githubusercontent.com/Tea/Pot/{commit_of(PROJECT)}/"
    assert f"({base}docs/guide.md)" in text
    assert "tea/pot" in program.run("list").stdout
    assert SECRET.encode() not in everything_below(program.store)
    assert SECRET not in done.stdout + done.stderr


def test_a_run_of_what_is_private_or_absent_fails_with_a_sentence(
    program: Program, github: FakeForge
) -> None:
    done = program.run("start", "tea/pot", "--wait")
    assert done.returncode == 1
    assert "GitHub shows no repository tea/pot: it is absent, or private" in done.stderr


def test_a_start_asks_nobody(program: Program, github: FakeForge) -> None:
    assert program.run("start", "tea/pot@v1").returncode == 0
    assert github.seen == []


def test_equal_requests_are_one_run(program: Program, github: FakeForge) -> None:
    forms = ("Tea/Pot@v1", "https://github.com/tea/pot/tree/v1", "git@github.com:tea/pot.git")
    for form in forms:
        program.run("start", form, *(["--ref", "v1"] if "git@" in form else []))
    assert len(program.json("list")["runs"]) == 1


def test_credentials_in_an_address_are_refused_and_kept_nowhere(program: Program) -> None:
    done = program.run("start", f"https://ada:{SECRET}@github.com/o/r", "x", "--json")
    assert done.returncode == 2
    assert "GITHUB_TOKEN" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert SECRET.encode() not in everything_below(program.store)
