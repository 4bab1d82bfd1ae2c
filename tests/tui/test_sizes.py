"""Every screen and dialog at every size, while it is open."""

from __future__ import annotations

from typing import Any

import pytest

from llmsdeck_tui import demo
from llmsdeck_tui.host import Surroundings

SIZES = ((20, 5), (40, 10), (60, 20), (80, 24), (120, 36), (250, 80), (20, 5), (250, 5), (20, 80))
OPENED = {
    "runs": (),
    "details": ("enter",),
    "start": ("n",),
    "cancel": ("down", "down", "down", "c"),
    "prune": ("p",),
    "policy": ("P",),
    "help": ("question_mark",),
    "palette": ("colon",),
    "settings": ("comma",),
    "themes": ("ctrl+t",),
    "filter": ("slash",),
}


@pytest.mark.parametrize("keys", OPENED.values(), ids=OPENED)
async def test_a_terminal_may_be_resized_while_it_is_open(
    opened: Any, keys: tuple[str, ...]
) -> None:
    async with opened(demo.busy()) as stage:
        await stage.press(*keys)
        name, focused = stage.screen_name, stage.app.focused
        for width, height in SIZES:
            await stage.pilot.resize_terminal(width, height)
            await stage.pilot.pause()
            lines = stage.app.screen._compositor.render_strips()
            assert (len(lines), {line.cell_length for line in lines}) == (height, {width})
        await stage.pilot.resize_terminal(120, 36)
        assert (stage.screen_name, stage.app.focused) == (name, focused)


@pytest.mark.parametrize(("width", "height"), SIZES[:6])
async def test_an_empty_deck_fits_everywhere(opened: Any, width: int, height: int) -> None:
    around = Surroundings(suggestion="~/src/flask")
    async with opened(demo.empty(), (width, height), around) as stage:
        await stage.press("n", "escape")
        assert stage.screen_name == "RunsScreen"
