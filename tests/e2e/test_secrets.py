"""A secret that somebody types, or that stands in the environment, stays where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from program import Program, until

CANARY = "c4n4ry-in-the-c0al-mine"
HOST = "https://git.example.invalid"


@pytest.fixture
def trusted(program: Program) -> Program:
    """The program with secrets in its environment, one of them for a host that is set up."""
    hosts = {HOST.removeprefix("https://"): {"kind": "gitea", "token_env": "HOST_TOKEN"}}
    secrets = {"HOST_TOKEN": CANARY, "GITHUB_TOKEN": CANARY, "LLMSDECK_HOSTS": json.dumps(hosts)}
    return replace(program, variables=secrets)


def told_anywhere(folder: Path) -> list[str]:
    """Files that hold the secret: the database and its log, logs, bundles and whatever else."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if CANARY.encode() in path.read_bytes()]


def titles() -> Iterator[bytes]:
    """How every process shows itself to others."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_bytes() + (process / "comm").read_bytes()
        except OSError:
            continue


@pytest.mark.parametrize(
    "source",
    [
        f"{HOST.replace('//', f'//ada:{CANARY}@')}/acme/payments",
        f"{HOST.replace('//', f'//{CANARY}@')}/acme/payments.git",
        f"{HOST}/acme/payments?private_token={CANARY}",
        f"ssh://git:{CANARY}@git.example.invalid/acme/payments",
        f"https://ada:{CANARY}@elsewhere.invalid/acme/payments",
    ],
)
def test_a_secret_in_an_address_is_repeated_nowhere(program: Program, source: str) -> None:
    for options in ((), ("--json",)):
        done = program.run("start", source, "./nothing", *options)
        assert CANARY not in done.stdout + done.stderr
    program.run("worker", "--until-idle")
    assert told_anywhere(program.store.parent) == []


def test_a_secret_in_the_environment_is_repeated_nowhere(trusted: Program, large: Path) -> None:
    (there,) = trusted.json("start", large)["runs"]
    (away,) = trusted.json("start", f"{HOST}/acme/payments")["runs"]
    with trusted.spawn("worker", "--until-idle") as worker:
        until(lambda: trusted.json("show", there["run_id"])["worker"], "work")
        assert not any(CANARY.encode() in title for title in titles())
        assert worker.wait(60) == 0
    ended = [trusted.json("show", run["run_id"]) for run in (there, away)]
    assert [run["status"] for run in ended] == ["completed", "failed"]
    assert CANARY not in json.dumps(ended)
    assert told_anywhere(trusted.store.parent) == []
