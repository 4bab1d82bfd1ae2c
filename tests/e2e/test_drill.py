"""The drill finds that promises hold, finds it when they do not, and leaves nothing behind."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Generator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from program import PATIENCE_S, Program

from llmsdeck.drill import EXERCISES, Exercise, drill
from llmsdeck.drill.ground import Ground, must, whole

ROOT = Path(__file__).parents[2]
VALIDATE: Any = import_module("jsonschema").validate


@pytest.fixture
def place() -> Generator[Path]:
    """A folder for temporary files with a short path, as such folders have."""
    with TemporaryDirectory(prefix="drill-") as folder:
        yield Path(folder)


def test_everything_holds_on_this_machine(program: Program, place: Path) -> None:
    program = Program(home=program.home, store=program.store, variables={"TMPDIR": str(place)})
    result = program.run("drill", "--json", patience=4 * PATIENCE_S)
    document = json.loads(result.stdout)
    VALIDATE(document, json.loads((ROOT / "docs" / "schemas" / "drill.json").read_text()))
    assert document["passed"], document
    assert result.returncode == 0
    assert [each["name"] for each in document["exercises"]] == [each.name for each in EXERCISES]
    assert list(place.iterdir()) == []
    assert not program.store.exists()


async def shown(show: Callable[[Ground], Awaitable[str]]) -> tuple[bool, str]:
    (found,) = [each async for each in drill([Exercise(name="x", guarantees=(), show=show)])]
    return found.passed, found.message


async def _breaks(here: Ground) -> str:
    must(False, "It was not kept.")
    return "It was."


async def _raises(here: Ground) -> str:
    raise ValueError("odd")


async def _is_spoilt(here: Ground) -> str:
    await here.deck.ensure_worker()
    run = await here.ended(await here.start(here.small))
    Path(run.artifacts[0].path).write_text("spoilt")
    whole(run)
    return "It was whole."


@pytest.mark.parametrize(
    ("show", "said"),
    [
        (_breaks, "It was not kept."),
        (_raises, "An unexpected ValueError: odd"),
        (_is_spoilt, "is not what the run's row says"),
    ],
)
async def test_a_broken_promise_is_told(
    show: Callable[[Ground], Awaitable[str]], said: str
) -> None:
    passed, message = await shown(show)
    assert not passed
    assert said in message


async def test_a_run_that_does_not_complete_is_not_whole() -> None:
    async def pending(here: Ground) -> str:
        run_id = await here.start(here.small)
        whole(await here.deck.find(run_id))
        return "It was."

    assert await shown(pending) == (False, "The run did not complete: pending")


def test_every_guarantee_that_is_named_is_on_the_list() -> None:
    listed = set(re.findall(r"^\| (I\d+) \|", (ROOT / "docs/guarantees.md").read_text(), re.M))
    assert {number for each in EXERCISES for number in each.guarantees} <= listed
