"""The skill is typed and called by agents as it stands, so that all that it names must exist."""

from __future__ import annotations

import re
import shlex

import pytest

from llmsdeck import skill
from llmsdeck.cli import main
from llmsdeck.cli.options import parse
from llmsdeck.filter import parse as parse_filter
from llmsdeck.mcp.tools import TOOLS
from llmsdeck.states import Outcome

TEXT = skill.text()
COMMANDS = re.findall(r"^(llmsdeck .+)$", TEXT, re.MULTILINE)
CALLS = re.findall(r"`(lmstxt_\w+)`(?: with ((?:`\w+`(?: \([^)]*\))?(?:,? and |, )?)+))?", TEXT)
FRONT = dict(line.split(": ", 1) for line in TEXT.split("---\n")[1].splitlines())


def test_its_front_matter_is_what_agents_look_at() -> None:
    assert set(FRONT) == {"name", "description"}
    assert re.fullmatch(r"[a-z0-9-]{1,64}", FRONT["name"])
    assert 100 < len(FRONT["description"]) <= 1024
    assert len(TEXT.splitlines()) < 100


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_understood(line: str) -> None:
    options = parse(shlex.split(line)[1:])
    assert options.verb
    if (wanted := getattr(options, "filter", None)) is not None:
        parse_filter(wanted)


def test_it_shows_commands_and_tools() -> None:
    assert len(COMMANDS) > 5
    assert len(CALLS) > 8


@pytest.mark.parametrize(("name", "given"), CALLS)
def test_every_tool_is_there_and_takes_what_is_said(name: str, given: str) -> None:
    parameters = TOOLS[name].parameters.model_fields
    named = re.findall(r"`(\w+)`", given)
    assert set(named) <= set(parameters), (name, named)


def test_every_outcome_is_explained() -> None:
    for outcome in Outcome:
        assert f"`{outcome}`" in TEXT


def test_every_filter_that_is_named_can_be_read() -> None:
    named = re.findall(r"`(source:[^`]+)`", TEXT)
    assert named
    for wanted in named:
        parse_filter(wanted)


def test_it_is_printed_as_it_is(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["skill"]) == 0
    assert capfdbinary.readouterr()[0].decode() == TEXT
