from __future__ import annotations

from collections.abc import Callable

import pytest

from llmsdeck_tui import demo
from llmsdeck_tui.demo import SCENES, Scene

EVERY = [(scene, size) for scene in SCENES for size in scene.sizes]
NAMES = [demo.file_name(scene, size).removesuffix(".svg") for scene, size in EVERY]


@pytest.mark.parametrize(("scene", "size"), EVERY, ids=NAMES)
def test_scene(scene: Scene, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(scene.open(), terminal_size=size, run_before=scene.play)
