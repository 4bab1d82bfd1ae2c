from __future__ import annotations

from pathlib import Path

import pytest

from llmsdeck_tui import demo
from llmsdeck_tui.demo import SCENES

ROOT = Path(__file__).parents[2]
SNAPSHOTS = ROOT / "tests" / "snapshots" / "__snapshots__" / "test_scenes"
SCREENSHOTS = ROOT / "screenshots"
NAMES = [
    demo.file_name(scene, size).removesuffix(".svg") for scene in SCENES for size in scene.sizes
]


@pytest.mark.parametrize("name", NAMES)
def test_a_screenshot_is_what_the_snapshot_tests_know_to_be_drawn(name: str) -> None:
    drawn = demo.stable((SNAPSHOTS / f"test_scene[{name}].svg").read_text("utf-8"))
    assert (SCREENSHOTS / f"{name}.svg").read_text("utf-8") == drawn


def test_every_screenshot_belongs_to_a_scene() -> None:
    assert {file.stem for file in SCREENSHOTS.glob("*.svg")} == set(NAMES)
