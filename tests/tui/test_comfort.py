from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.tui.conftest import Stage

from llmsdeck.model import Actor, ActorKind
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import demo, keys
from llmsdeck_tui.host import LOOKING_ONLY, Surroundings
from llmsdeck_tui.preferences import SWITCHES, THEME, Preferences, Switch
from llmsdeck_tui.screens.start import StartForm
from llmsdeck_tui.widgets.lines import Lines

ACTING = [key for key in keys.DECK if key.acts]


async def test_a_comma_opens_the_settings_and_escape_closes_them(busy: Stage) -> None:
    await busy.press("comma")
    await busy.sees("Letters of vi move: h j k l g G             on")
    await busy.press("escape")
    assert busy.screen_name == "RunsScreen"


@pytest.mark.parametrize("key", ["enter", "space"])
@pytest.mark.parametrize("number", range(len(SWITCHES)))
async def test_a_switch_is_turned_and_turned_back(busy: Stage, key: str, number: int) -> None:
    switch, preferences = SWITCHES[number], busy.app.preferences
    await busy.press("comma", *["down"] * (number + 1), key)
    assert preferences.on(switch) is not switch.default
    await busy.sees(f"{switch.label:<44}{'off' if switch.default else 'on'}")
    await busy.press(key)
    assert preferences.on(switch) is switch.default


async def test_a_switch_is_turned_by_a_click(busy: Stage) -> None:
    await busy.press("comma")
    await busy.pilot.click("#dialog-lines", offset=(4, 2))
    assert not busy.app.preferences.on(SWITCHES[1])


async def test_turning_the_letters_of_vi_off_is_in_force_at_once(busy: Stage) -> None:
    await busy.press("comma", "down", "enter", "escape")
    first = busy.runs.table.cursor_id
    await busy.press("j")
    assert busy.runs.table.cursor_id == first


async def test_a_chosen_theme_is_in_force_and_kept(opened: Any, tmp_path: Path) -> None:
    file = tmp_path / "preferences.json"
    async with opened(demo.busy(), around=Surroundings(preferences=Preferences(file))) as stage:
        await stage.press("ctrl+t")
        await stage.sees("Search for themes")
        await stage.press(*"nord", "down", "enter")
        await stage.until(lambda: stage.app.theme == "nord", "the theme")
    async with opened(demo.busy(), around=Surroundings(preferences=Preferences(file))) as stage:
        assert stage.app.theme == "nord"


async def test_the_settings_lead_to_the_themes(busy: Stage) -> None:
    await busy.press("comma", "enter")
    await busy.sees("Search for themes")
    await busy.press(*"gruvbox", "down", "enter")
    await busy.sees("Colours                                     gruvbox")


async def test_a_theme_that_is_gone_is_ours(opened: Any) -> None:
    preferences = Preferences()
    preferences.put(THEME, "no-such-theme")
    async with opened(demo.busy(), around=Surroundings(preferences=preferences)) as stage:
        assert stage.app.theme == "deck"


async def test_what_cannot_be_kept_is_said(opened: Any, tmp_path: Path) -> None:
    preferences = Preferences(tmp_path)
    async with opened(demo.busy(), around=Surroundings(preferences=preferences)) as stage:
        await stage.press("comma", "down", "enter")
        await stage.sees("Preferences cannot be kept in")


@pytest.mark.parametrize("key", ACTING, ids=lambda key: key.id)
async def test_looking_only_each_acting_key_refuses_with_a_sentence(
    opened: Any, key: keys.Key
) -> None:
    async with opened(demo.busy(), around=Surroundings(read_only=True)) as stage:
        await stage.press(key.keys.split(",")[0])
        await stage.sees(LOOKING_ONLY[:40])
        assert stage.screen_name == "RunsScreen"


@pytest.mark.parametrize(
    ("opening", "acting"),
    [
        ("P", "enter"),
        ("P", "d"),
        ("P", "a click"),
        ("p", "y"),
        ("p", "enter"),
        ("U", "enter"),
    ],
)
async def test_looking_only_dialogs_show_and_change_nothing(
    opened: Any, opening: str, acting: str
) -> None:
    deck, ada = demo.old(), Actor(ActorKind.OPERATOR, "ada")
    deck.throw([deck.newest_first()[-1].run_id], ada)
    await deck.set_policy({"queue_cap": "77"}, ada)
    async with opened(deck, around=Surroundings(read_only=True)) as stage:
        before = await deck.journal()
        await stage.press(opening)
        await stage.settles()
        if acting == "a click":
            await stage.pilot.click(Lines, offset=(4, 0))
        else:
            await stage.press(acting)
        await stage.sees(LOOKING_ONLY[:40])
        await stage.settles()
        assert await deck.journal() == before
        assert stage.screen_name != "RunsScreen"


async def test_looking_only_no_limit_can_be_typed(opened: Any) -> None:
    async with opened(demo.old(), around=Surroundings(read_only=True)) as stage:
        await stage.press("P", "tab")
        assert stage.field("#value").disabled
        assert not stage.field("#value").has_focus


@pytest.mark.parametrize("keys", [("C", "space", "enter"), ("s", "end", "space", "enter")])
async def test_looking_only_a_list_may_be_looked_at_in_another_way(
    opened: Any, keys: tuple[str, ...]
) -> None:
    async with opened(demo.busy(), around=Surroundings(read_only=True)) as stage:
        before = stage.text
        await stage.press(*keys)
        assert stage.screen_name == "RunsScreen"
        await stage.until(lambda: stage.text != before, "another list")
        assert LOOKING_ONLY[:40] not in stage.text


async def test_looking_only_the_palette_refuses_too(opened: Any) -> None:
    async with opened(demo.busy(), around=Surroundings(read_only=True)) as stage:
        await stage.press("colon", *"new")
        await stage.sees("Start a run of a folder")
        await stage.press("enter")
        await stage.sees(LOOKING_ONLY[:40])
        assert stage.screen_name == "RunsScreen"


async def test_looking_only_keys_that_change_nothing_work(opened: Any) -> None:
    async with opened(demo.busy(), around=Surroundings(read_only=True)) as stage:
        await stage.press("question_mark")
        assert stage.screen_name == "HelpScreen"


async def test_looking_only_an_empty_deck_does_not_ask_to_start(opened: Any) -> None:
    async with opened(demo.empty(), around=Surroundings(read_only=True)) as stage:
        await stage.sees("This dashboard only looks")


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_a_demo_says_so_at_every_width(opened: Any, width: int) -> None:
    async with opened(demo.busy(), (width, 24), Surroundings(mode="DEMO")) as stage:
        await stage.sees("llmsdeck DEMO")


async def test_the_first_run_takes_two_keys(opened: Any) -> None:
    async with opened(demo.empty(), around=Surroundings(suggestion="/srv/flask")) as stage:
        await stage.sees("you are in")
        await stage.sees("/srv/flask, a repository.")
        await stage.press("n", "enter")
        await stage.until(lambda: stage.screen_name == "RunsScreen", "the form to close")
    assert (await stage.deck.page()).runs[0].source == "/srv/flask"


async def test_later_runs_begin_with_an_empty_form(opened: Any) -> None:
    async with opened(demo.busy(), around=Surroundings(suggestion="/srv/flask")) as stage:
        await stage.press("n")
        assert isinstance(stage.app.screen, StartForm)
        assert stage.app.screen.typed.source == ""


async def test_a_suggestion_is_shown_as_text(opened: Any) -> None:
    deck = FakeDeck(FakeClock())
    async with opened(deck, around=Surroundings(suggestion="/a[/b]\x1b[2J")) as stage:
        await stage.sees("/a[/b]␛[2J, a repository.")


def test_switches_have_names_of_their_own() -> None:
    assert len({switch.key for switch in SWITCHES}) == len(SWITCHES)
    assert all(isinstance(switch, Switch) for switch in SWITCHES)
