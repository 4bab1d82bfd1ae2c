from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import hostile_dashboard
import pytest

from llmsdeck.errors import StoreError
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import demo
from llmsdeck_tui.safe import safe

Open = Callable[[FakeDeck], AbstractAsyncContextManager[Any]]


def steering(stage: Any) -> set[str]:
    """Characters on the screen that steer a terminal or hide."""
    return {
        char
        for line in stage.text.splitlines()
        for char in line
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    }


@pytest.mark.parametrize(
    "keys",
    [("enter", "1"), ("enter", "2"), ("enter", "3"), ("c",), ("p",), ("enter", "3", "enter")],
)
async def test_no_outside_text_steers_the_terminal(opened: Open, keys: tuple[str, ...]) -> None:
    async with opened(demo.hostile()) as stage:
        for _ in demo.HOSTILE:
            await stage.press("down")
        await stage.press(*keys)
        assert not steering(stage)


async def test_no_outside_text_runs_an_action_when_clicked(opened: Open) -> None:
    async with opened(demo.hostile()) as stage:
        for y in range(1, 10):
            for x in (14, 100):
                await stage.pilot.click("#runs", offset=(x, y))
        for x in range(0, 60, 12):
            await stage.pilot.click("#detail-title", offset=(min(x, 40), 0))
            await stage.pilot.click("#detail-lines", offset=(x, 1))
            await stage.pilot.click("#header", offset=(x, 0))
        assert stage.app.is_running
        assert stage.screen_name == "RunsScreen"


async def test_a_hostile_artifact_is_shown_as_text(opened: Open) -> None:
    async with opened(demo.hostile()) as stage:
        await stage.press("down", "enter", "3", "enter")
        await stage.sees("[@click=app.quit]quit[/]")
        await stage.sees("␛[2J␛]0;owned␇ clear")
        assert not steering(stage)


async def test_hostile_errors_are_shown_as_text(opened: Open) -> None:
    async with opened(FakeDeck(FakeClock())) as stage:
        stage.deck.outage = StoreError(" ".join(demo.HOSTILE))
        stage.deck.announce()
        await stage.sees("NO SIGNAL")
        await stage.sees("a[/b]z [@click=app.quit]quit[/]")
        assert not steering(stage)


async def test_a_hostile_notice_is_shown_as_text(busy: Any) -> None:
    busy.runs.say(safe("a[/b]z [@click=app.quit]quit[/]\x1b[2J"))
    await busy.sees("a[/b]z [@click=app.quit]quit[/]␛[2J")


CALL = ("w", "5", "enter")
OF_SCROLL_BARS = {"scroll_up", "scroll_down", "grab"}


@pytest.mark.parametrize(
    "keys",
    [
        ("1",),
        ("2",),
        ("3",),
        ("3", "enter", "enter"),
        CALL,
        ("c",),
        ("p",),
        ("n",),
        ("comma",),
    ],
)
async def test_no_cell_would_run_an_action_when_clicked(
    opened: Open, keys: tuple[str, ...]
) -> None:
    async with opened(hostile_dashboard.deck(hostile_dashboard.ATTACKS)) as stage:
        await stage.press("down", *keys)
        for strip in stage.app.screen._compositor.render_strips():
            for segment in strip:
                meta: dict[str, Any] = segment.style.meta if segment.style else {}
                actions = {value for key, value in meta.items() if key.startswith("@")}
                assert actions <= OF_SCROLL_BARS, segment.text
                assert not (segment.style and segment.style.link)
