"""What the documents tell a reader to type must exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from llmsdeck.cli.options import parse
from llmsdeck_tui import keys

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SHELL = "".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
EXAMPLES = re.findall(r"^llmsdeck (\w(?:(?! > )[^#|\n])*)", SHELL, re.MULTILINE)
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "AGENTS.md", "docs/dependencies.md")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_command_line_is_understood(example: str) -> None:
    assert parse(shlex.split(example)).verb == example.split()[0]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 5


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    named = set(re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_key_in_the_readme_is_bound() -> None:
    named = set(re.findall(r"^\| `([^`]+)` \|", README, re.MULTILINE))
    assert named
    assert named <= {key.written for key in keys.DECK + keys.TABLE + keys.APP}


@pytest.mark.parametrize("document", [*DOCUMENTS, "docs/architecture.md"])
def test_every_file_that_is_named_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    code = {
        file.as_posix() for part in ("core", "tui", "tests") for file in (ROOT / part).rglob("*.py")
    }
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", text))
    assert {name for name in named if not any(file.endswith(f"/{name}") for file in code)} == set()


def test_the_layers_are_those_of_the_contract() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text.split("## Layers")[1], re.MULTILINE)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = " ".join(contracts["contracts"][0]["layers"])
    assert set(re.findall(r"\w+", " ".join(rows))) == {"llmsdeck_tui", *re.findall(r"\w+", layers)}


def test_every_link_to_a_file_leads_somewhere() -> None:
    for document in (*DOCUMENTS, "docs/architecture.md"):
        text = (ROOT / document).read_text("utf-8")
        for target in re.findall(r"\]\((?!\w+:)([^)#]+)\)", text):
            assert ((ROOT / document).parent / target).exists(), f"{document}: {target}"
