"""Every screen and dialog at every size, while it is open."""

from __future__ import annotations

from typing import Any

import pytest
from tests.tui.conftest import Open, Stage
from tests.tui.openings import OPENED
from textual.geometry import Region
from textual.widget import Widget

from llmsdeck_tui import demo
from llmsdeck_tui.host import Surroundings

SIZES = (
    (20, 5), (20, 6), (40, 10), (44, 16), (60, 20), (80, 24), (120, 36), (250, 80), (20, 5),
    (250, 5), (20, 80),
)  # fmt: skip
NARROW = (80, 24)
"""What everything must fit into."""


def places(stage: Stage) -> list[tuple[str, Region]]:
    """Where each part of the open screen is."""
    return [(type(each).__name__, each.region) for each in stage.app.screen.walk_children(Widget)]


@pytest.mark.parametrize("name", OPENED)
async def test_a_terminal_may_be_resized_while_it_is_open(opened: Open, name: str) -> None:
    build, keys = OPENED[name]
    async with opened(build()) as stage:
        await stage.press(*keys)
        await stage.settles()
        screen, focused, before = stage.screen_name, stage.app.focused, places(stage)
        for width, height in SIZES:
            await stage.pilot.resize_terminal(width, height)
            await stage.pilot.pause()
            showing: Any = stage.app.screen
            lines = showing._compositor.render_strips()
            assert (len(lines), {line.cell_length for line in lines}) == (height, {width})
            assert (stage.screen_name, stage.app.focused) == (screen, focused)
        await stage.pilot.resize_terminal(120, 36)
        await stage.until(lambda: places(stage) == before, "everything to be where it was")


@pytest.mark.parametrize("name", OPENED)
async def test_everything_can_be_opened_in_a_terminal_of_one_cell(opened: Open, name: str) -> None:
    build, keys = OPENED[name]
    async with opened(build()) as stage:
        await stage.press(*keys)
        expected = stage.screen_name
    async with opened(build(), (1, 1)) as stage:
        await stage.press(*keys)
        assert stage.screen_name == expected


async def test_the_runs_take_the_focus_when_there_is_no_room_for_the_details(busy: Stage) -> None:
    await busy.press("tab")
    await busy.pilot.resize_terminal(40, 10)
    await busy.until(lambda: busy.runs.table.has_focus, "the runs to have the focus")


DIALOGS = {
    name: opening
    for name, opening in OPENED.items()
    if name not in ("palette", "themes", "runs", "filter", "help")
}


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_fits_a_small_terminal_with_its_keys(opened: Open, name: str) -> None:
    build, keys = DIALOGS[name]
    async with opened(build(), NARROW) as stage:
        await stage.press(*keys)
        await stage.settles()
        for frame in stage.app.screen.query("#frame"):
            assert frame.region.bottom <= NARROW[1] - 1, "the frame covers the keys"
            inner = frame.content_region
            for widget in frame.children:
                assert inner.contains_region(widget.region) or not widget.region, widget
        focused = stage.app.focused
        assert focused is None or stage.app.screen.region.contains_region(focused.region)


@pytest.mark.parametrize(("width", "height"), SIZES[:7])
async def test_an_empty_deck_fits_everywhere(opened: Open, width: int, height: int) -> None:
    around = Surroundings(suggestion="~/src/flask")
    async with opened(demo.empty(), (width, height), around) as stage:
        await stage.press("n", "escape")
        assert stage.screen_name == "RunsScreen"
