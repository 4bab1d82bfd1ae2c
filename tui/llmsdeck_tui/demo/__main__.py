"""`python -m llmsdeck_tui.demo FOLDER` draws every scene; with `run SCENE` it opens one."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from llmsdeck_tui.demo.scenes import SCENES, file_name, picture


def draw_all(folder: Path) -> None:
    """Write every scene at every size."""
    folder.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        for size in scene.sizes:
            svg = asyncio.run(picture(scene, size))
            (folder / file_name(scene, size)).write_text(svg, "utf-8")


def main() -> None:
    """Draw all scenes, or open one."""
    parser = argparse.ArgumentParser(prog="python -m llmsdeck_tui.demo", description=__doc__)
    parser.add_argument("target", help="the folder to draw into, or `run`")
    parser.add_argument("scene", nargs="?", choices=[scene.name for scene in SCENES])
    arguments = parser.parse_args()
    if arguments.target == "run":
        chosen = next(scene for scene in SCENES if scene.name == (arguments.scene or "busy"))
        chosen.open(live=True).run()
    else:
        draw_all(Path(arguments.target))


if __name__ == "__main__":
    main()
