"""The runs without colour and without signs, at every width."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from llmsdeck_tui import demo
from llmsdeck_tui.demo import SCENES
from llmsdeck_tui.plainglyphs import VARIABLE

RUNS = next(scene for scene in SCENES if scene.name == "busy")
TERMINALS = {"no-colour": {"NO_COLOR": "1"}, "ascii": {"NO_COLOR": "1", VARIABLE: "1"}}
EVERY = [(environ, size) for environ in TERMINALS.values() for size in RUNS.sizes]
NAMES = [
    f"{name}-{demo.file_name(RUNS, size).removesuffix('.svg')}"
    for name in TERMINALS
    for size in RUNS.sizes
]


@pytest.mark.parametrize(("environ", "size"), EVERY, ids=NAMES)
def test_plain_scene(
    environ: Mapping[str, str],
    size: tuple[int, int],
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert snap_compare(RUNS.open(), terminal_size=size, run_before=RUNS.play)
