"""The locks are the only place that says what is installed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("run", "test", "dev")
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^\s;]+)", re.MULTILINE)
NAME = re.compile(r"[a-z0-9-]+")


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{lock}.lock").read_text()))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_index_is_named(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(lock))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_each_lock_holds_the_smaller_ones() -> None:
    run, test, dev = map(pins, LOCKS)
    assert run.items() <= test.items() <= dev.items()


def test_every_requirement_of_the_project_is_locked() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    required = [
        *project["project"]["dependencies"],
        *(
            requirement
            for group in project["dependency-groups"].values()
            for requirement in group
            if isinstance(requirement, str)
        ),
    ]
    names = {match[0] for requirement in required if (match := NAME.match(requirement))}
    assert names <= pins("dev").keys()
