from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind
from llmsdeck.states import Phase, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import demo
from llmsdeck_tui.widgets.tab_bar import Tab

OPERATOR = Actor(ActorKind.OPERATOR)


async def test_an_empty_deck_says_how_to_begin(empty: Stage) -> None:
    await empty.sees("No runs yet.")
    await empty.sees("Press n")


async def test_the_first_run_replaces_the_introduction(empty: Stage) -> None:
    empty.deck.add("pallets/flask")
    await empty.sees("pallets/flask")
    await empty.sees_no_more("No runs yet.")


async def test_what_another_process_does_is_shown(busy: Stage) -> None:
    busy.deck.add("acme/new-one")
    await busy.sees("acme/new-one")


async def test_a_run_becomes_stale_as_time_passes(opened: Open) -> None:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    run_id = deck.add("acme/payments")
    deck.claim(run_id)
    async with opened(deck) as stage:
        await stage.sees("● processing")
        stage.passes(31)
        await stage.sees("! STALE")
        await stage.sees("no beat for 31 s (limit")


@pytest.mark.parametrize(("key", "back"), [("down", "up"), ("j", "k")])
async def test_the_cursor_moves_by_a_line(busy: Stage, key: str, back: str) -> None:
    first = busy.runs.table.cursor_id
    await busy.press(key)
    assert busy.runs.table.cursor_id != first
    await busy.press(back)
    assert busy.runs.table.cursor_id == first


@pytest.mark.parametrize(("key", "back"), [("end", "home"), ("G", "g")])
async def test_the_cursor_goes_to_both_ends(busy: Stage, key: str, back: str) -> None:
    await busy.press(key)
    assert busy.current.seq == 1
    await busy.press(back)
    assert busy.current.seq > 20


@pytest.mark.parametrize(("key", "back"), [("pagedown", "pageup"), ("ctrl+d", "ctrl+u")])
async def test_the_cursor_moves_by_a_screen(busy: Stage, key: str, back: str) -> None:
    first = busy.runs.table.cursor_id
    await busy.press(key)
    current = busy.runs.table.current
    assert current is not None
    assert current.seq <= 15
    await busy.press(back)
    assert busy.runs.table.cursor_id == first


async def test_the_details_follow_the_cursor(busy: Stage) -> None:
    await busy.select("encode/httpx")
    await busy.sees("asked by  agent:docs-bot")


@pytest.mark.parametrize(
    ("key", "tab", "shown"),
    [
        ("1", Tab.TIMELINE, "✓ collect"),
        ("2", Tab.EVENTS, "Accepted."),
        ("3", Tab.ARTIFACTS, "sha256"),
    ],
)
async def test_figures_open_the_tabs(busy: Stage, key: str, tab: Tab, shown: str) -> None:
    await busy.select("encode/httpx")
    await busy.press("tab")
    await busy.press("3" if key == "1" else "1", key)
    assert busy.runs.detail.tab is tab
    await busy.sees(shown)


@pytest.mark.parametrize(("right", "left"), [("right", "left"), ("l", "h")])
async def test_arrows_turn_the_tabs(busy: Stage, right: str, left: str) -> None:
    await busy.press(right)
    first = busy.runs.detail.tab
    await busy.press(left, left)
    assert (first, busy.runs.detail.tab) == (Tab.EVENTS, Tab.ARTIFACTS)


async def test_escape_goes_from_the_details_to_the_runs(busy: Stage) -> None:
    await busy.press("tab", "escape")
    assert busy.runs.table.has_focus


async def test_tab_moves_between_table_and_details(busy: Stage) -> None:
    await busy.press("tab")
    assert busy.runs.detail.lines.has_focus
    await busy.press("tab")
    assert busy.runs.table.has_focus


async def test_retry_starts_a_run_like_the_ended_one_and_selects_it(busy: Stage) -> None:
    await busy.select("encode/httpx")
    parent = busy.runs.table.cursor_id
    await busy.press("r", "y")
    await busy.sees("accepted: encode/httpx@0.28.1")
    await busy.until(lambda: busy.runs.table.cursor_id != parent, "the new run to be selected")
    child = (await busy.deck.page(limit=1)).runs[0]
    assert (child.parent_run, child.run_id) == (parent, busy.runs.table.cursor_id)


@pytest.mark.parametrize(
    "keys", [("c",), ("r",), ("e",), ("y",), ("plus",), ("d",), ("D",), ("enter",), ("w",)]
)
async def test_without_a_run_wishes_say_so(opened: Open, keys: tuple[str, ...]) -> None:
    deck = demo.empty()
    async with opened(deck) as stage:
        await stage.press(*keys)
        await stage.sees("No run is selected.")
        assert stage.screen_name == "RunsScreen"


async def test_retry_of_a_living_run_is_refused_with_a_sentence(busy: Stage) -> None:
    await busy.select("pallets/flask")
    await busy.press("r")
    await busy.sees("is processing; cancel it or wait for its end first.")


async def test_question_mark_opens_the_help_and_escape_closes_it(busy: Stage) -> None:
    await busy.press("question_mark")
    assert busy.screen_name == "HelpScreen"
    await busy.press("escape")
    assert busy.screen_name == "RunsScreen"


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_runs_an_action_by_name(busy: Stage, key: str) -> None:
    await busy.press(key)
    assert busy.screen_name == "Palette"
    await busy.press("=prune")
    await busy.sees("due to go")
    await busy.press("enter")
    await busy.until(lambda: busy.screen_name == "PruneDialog", "the prune dialog")


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quitting_is_at_once_when_the_worker_is_somebody_elses(busy: Stage, key: str) -> None:
    await busy.press(key)
    await busy.until(lambda: not busy.app.is_running, "the end")
    assert busy.app.return_code == 0


async def test_an_outage_is_shown_since_when_and_why_and_recovers_by_itself(busy: Stage) -> None:
    busy.deck.outage = StoreError("The disk is gone.")
    busy.deck.announce()
    await busy.sees("NO SIGNAL since 14:29:12  The disk is gone.")
    busy.passes(60)
    await busy.sees("14:30:12 UTC")
    await busy.sees("NO SIGNAL since 14:29:12")
    busy.deck.outage = None
    await busy.sees_no_more("NO SIGNAL")


async def test_a_worker_is_started_when_none_is_alive(opened: Open) -> None:
    deck = FakeDeck(FakeClock())
    async with opened(deck) as stage:
        await stage.sees("1 worker 0/4 slots")
    assert len(await deck.workers()) == 1


async def test_a_worker_that_cannot_be_started_is_not_passed_over(opened: Open) -> None:
    deck = FakeDeck(FakeClock())
    deck.worker_error = StoreError("No process can be started here.")
    async with opened(deck) as stage:
        await stage.sees("NO WORKER  No process can be started here.")
        await stage.sees("! no worker")


async def test_a_worker_is_tried_again_while_runs_wait(opened: Open) -> None:
    deck = FakeDeck(FakeClock())
    deck.worker_error = StoreError("No process can be started here.")
    deck.add("pallets/flask")
    async with opened(deck) as stage:
        await stage.sees("NO WORKER")
        deck.worker_error = None
        stage.passes(6)
        await stage.sees("1 worker")
        await stage.sees_no_more("NO WORKER")


async def test_a_read_only_deck_starts_no_worker(opened: Open) -> None:
    deck = FakeDeck(FakeClock(), read_only=True)
    async with opened(deck) as stage:
        await stage.sees("read-only")
        await stage.sees("! no worker")
        assert "NO WORKER" not in stage.text
    assert not await deck.workers()


async def test_a_dead_worker_is_not_counted(opened: Open) -> None:
    deck = demo.owned()
    deck.add_worker()
    (worker,) = await deck.workers()
    deck.set_worker(0, replace(worker, alive=False))
    deck.worker_error = StoreError("None.")
    async with opened(deck) as stage:
        await stage.sees("! no worker")


async def test_a_click_selects_a_row(busy: Stage) -> None:
    second = (await busy.deck.page(limit=2)).runs[1]
    await busy.pilot.click("#runs", offset=(10, 3))
    assert busy.runs.table.cursor_id == second.run_id


async def test_a_double_click_opens_a_row(busy: Stage) -> None:
    await busy.pilot.click("#runs", offset=(10, 3), times=2)
    await busy.until(lambda: busy.screen_name == "RunScreen", "the run")


async def test_a_click_turns_to_a_tab(busy: Stage) -> None:
    await busy.pilot.click("#tab-events")
    assert busy.runs.detail.tab is Tab.EVENTS


async def test_a_click_reads_an_artifact(busy: Stage) -> None:
    await busy.select("encode/httpx")
    await busy.press("tab", "3")
    await busy.sees("sha256")
    await busy.pilot.click("#detail-lines", offset=(5, 0))
    await busy.sees("A fully featured HTTP client")


async def test_a_click_in_the_footer_does_what_it_says(busy: Stage) -> None:
    await busy.pilot.click("#foot", offset=(2, 0))
    await busy.until(lambda: busy.screen_name == "StartForm", "the start form")


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 50)])
async def test_every_size_shows_the_runs(size: tuple[int, int]) -> None:
    app = demo.SceneApp(demo.busy())
    async with app.run_test(size=size) as pilot:
        await demo.until(pilot, lambda: app.runs.is_complete, "the first picture")
        shown = demo.screen_text(app)
        assert "processing 4" in shown or "● 4" in shown
        await pilot.resize_terminal(120, 36)
        await demo.until(pilot, lambda: "OUTCOME" in demo.screen_text(app), "all columns")


async def test_progress_moves(busy: Stage) -> None:
    run = next(r for r in (await busy.deck.page()).runs if r.status is RunStatus.PROCESSING)
    busy.deck.enter(run.run_id, Phase.WRITE, 47, 48)
    await busy.sees("write 47/48")


async def test_failing_maintenance_is_in_the_header_until_it_works_again(busy: Stage) -> None:
    assert "MAINTENANCE" not in busy.text
    (well,) = busy.deck.registered
    busy.deck.set_worker(0, replace(well, sweep_error="The disk is full."))
    await busy.sees("MAINTENANCE")
    busy.deck.set_worker(0, well)
    await busy.sees_no_more("MAINTENANCE")
