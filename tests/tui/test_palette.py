from __future__ import annotations

import asyncio

import pytest
from tests.tui.conftest import Open, Stage
from textual.command import CommandList
from textual.events import Paste

from llmsdeck_tui import demo

OPENING = ("colon", "ctrl+t")
"""The palette, and the list of themes."""


@pytest.mark.parametrize("key", OPENING)
async def test_what_a_terminal_would_obey_cannot_be_pasted(busy: Stage, key: str) -> None:
    await busy.press(key)
    busy.app.post_message(Paste("go\x1b[2J\x07 on\u202e\nnot this"))
    await busy.until(lambda: bool(busy.field("Input").value), "what was pasted")
    assert busy.field("Input").value == "go[2J on"


@pytest.mark.parametrize("key", OPENING)
@pytest.mark.parametrize("page", ["pagedown", "pageup"])
async def test_a_page_key_that_comes_before_there_are_lines_does_nothing(
    opened: Open, key: str, page: str
) -> None:
    async with opened(demo.busy(), (1, 1)) as stage:
        await stage.press(key)
        commands = stage.app.screen.query_one(CommandList)
        await stage.until(lambda: commands.option_count > 1, "the commands")
        await stage.press(page, page)
        assert stage.screen_name == "Palette"


async def test_a_page_key_goes_on_by_a_page(busy: Stage) -> None:
    await busy.press("ctrl+t")
    commands = busy.app.screen.query_one(CommandList)
    await busy.until(lambda: commands.option_count > 10, "the themes")
    await busy.press("pagedown")
    assert commands.highlighted is not None
    assert commands.highlighted > 1
    await busy.press("pageup", "pageup")
    assert commands.highlighted == 0


@pytest.mark.parametrize("moments", range(3))
async def test_no_search_begins_while_the_dashboard_is_being_closed(
    opened: Open, moments: int
) -> None:
    async with opened(demo.busy()) as stage:
        stage.app.action_command_palette()
        for _ in range(moments):
            await asyncio.sleep(0)
    assert not stage.app.is_running
