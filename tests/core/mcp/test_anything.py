from __future__ import annotations

from pathlib import Path
from typing import Any

from agents import agency
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.types import CallToolResult

from llmsdeck.clock import SystemClock
from llmsdeck.mcp.tools import TOOLS
from llmsdeck.testing import FakeDeck

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
USUAL = ("./flask", "../..", "/etc/passwd", "llms.txt", "is:live", "is:(", "1d", "a/b", "https://x")
VALUES = st.sampled_from(USUAL) | st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SHORT = {"timeout_s": 0.001}
WAITS = st.sampled_from((0, 0.001, -1, "soon", None))


def calls_of(name: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Calls of one tool with any of its parameters, which may be anything."""
    fields = TOOLS[name].parameters.model_fields
    given = {field: WAITS if field.endswith("_s") else VALUES for field in fields}
    return st.tuples(st.just(name), st.fixed_dictionaries({}, optional=given))


@given(calls=st.lists(st.sampled_from(sorted(TOOLS)).flatmap(calls_of), min_size=4, max_size=12))
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_is_asked_is_answered_and_nothing_outside_is_touched(
    root: Path, tmp_path: Path, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    deck = FakeDeck(SystemClock())
    async with agency(deck, root, tmp_path / "store") as office, office.client() as agent:
        for name, arguments in calls:
            asked = {**SHORT, **arguments} if name == "lmstxt_wait_run" else arguments
            assert isinstance(await agent.call_tool(name, asked), CallToolResult)
        runs = (await deck.page()).runs
    folders = [run.source for run in runs if not run.source.startswith("https://")]
    outputs = [run.output_dir for run in runs if run.output_dir]
    assert all(Path(path).is_relative_to(root.resolve()) for path in [*folders, *outputs])
