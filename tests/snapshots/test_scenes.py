from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llmsdeck_tui import demo
from llmsdeck_tui.demo import SCENES, SIZES, Scene, SceneApp

SNAPSHOTS = Path(__file__).parent / "__snapshots__" / "test_scenes"
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
EVERY = [(scene, size) for scene in SCENES for size in SIZES]
NAMES = [demo.file_name(scene, size).removesuffix(".svg") for scene, size in EVERY]


@pytest.mark.parametrize(("scene", "size"), EVERY, ids=NAMES)
def test_scene(scene: Scene, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = SceneApp(scene.build())
    assert snap_compare(app, terminal_size=size, run_before=scene.play)


@pytest.mark.parametrize("name", NAMES)
def test_screenshot_is_up_to_date(name: str) -> None:
    """The snapshot is known to be what the scene draws; `make screenshots` draws them anew."""
    drawn = demo.stable((SNAPSHOTS / f"test_scene[{name}].svg").read_text("utf-8"))
    assert (SCREENSHOTS / f"{name}.svg").read_text("utf-8") == drawn


def test_every_screenshot_belongs_to_a_scene() -> None:
    assert {file.stem for file in SCREENSHOTS.glob("*.svg")} == set(NAMES)
