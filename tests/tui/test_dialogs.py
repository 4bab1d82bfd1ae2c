from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste

from llmsdeck.answers import Preflight, Started
from llmsdeck.errors import QueueFullError, StoreError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunRequest
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.states import CancelState, ErrorKind, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck, Gate
from llmsdeck_tui import demo
from llmsdeck_tui.crew import RETRY_AFTER
from llmsdeck_tui.widgets.choice import Choice

Open = Callable[[FakeDeck], AbstractAsyncContextManager[Any]]
OPERATOR = Actor(ActorKind.OPERATOR)


async def newest(stage: Any) -> Any:
    return (await stage.deck.page(limit=1)).runs[0]


# Starting.


async def test_n_and_a_source_start_a_run(empty: Any) -> None:
    await empty.press("n", "=./docs", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    await empty.sees("○ pending")
    run = await newest(empty)
    assert (run.source, run.artifacts_wanted) == (
        "./docs",
        (ArtifactName.LLMS, ArtifactName.LLMS_FULL),
    )
    assert run.requested_by == OPERATOR
    assert empty.runs.table.cursor_id == run.run_id


async def test_every_field_of_the_form_is_asked_for(empty: Any) -> None:
    await empty.press("n", "=a/b", "tab", "=v1", "tab", "space", "tab", "tab", "space")
    await empty.press("tab", "=qwen", "tab", "=out", "tab", "=90s", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    run = await newest(empty)
    assert (run.source, run.ref, run.output_dir, run.timeout_s) == ("a/b", "v1", "out", 90)
    assert run.model == "qwen"
    assert run.artifacts_wanted == (ArtifactName.LLMS_FULL, ArtifactName.LLMS_CTX)


async def test_the_form_says_what_the_source_is(empty: Any) -> None:
    await empty.press("n")
    await empty.sees("Type a folder, owner/name or an address.")
    await empty.press("=./docs")
    await empty.sees("✓ A git worktree, 214 tracked files at 1a2b3c4.")


async def test_the_form_says_that_the_source_cannot_be_used(empty: Any) -> None:
    empty.deck.preflights["./x"] = Preflight(ok=False, message="There is no folder ./x.")
    await empty.press("n", "=./x")
    await empty.sees("! There is no folder ./x.")


async def test_an_answer_about_an_earlier_source_is_dropped(empty: Any) -> None:
    gate = empty.deck.hold_preflight("./a")
    await empty.press("n", "=./a")
    await empty.until(lambda: gate.waiting, "the first question")
    empty.deck.preflights["./a"] = Preflight(ok=False, message="Answer about a.")
    empty.deck.preflights["./ab"] = Preflight(ok=True, message="Answer about ab.")
    await empty.press("=b")
    await empty.sees("Answer about ab.")
    gate.open()
    await empty.sees("Answer about ab.")
    assert "Answer about a." not in empty.text


async def test_an_answer_about_a_source_that_was_cleared_is_dropped(empty: Any) -> None:
    gate = empty.deck.hold_preflight("./a")
    await empty.press("n", "=./a")
    await empty.until(lambda: gate.waiting, "the question")
    await empty.press("ctrl+u")
    await empty.sees("Type a folder")
    gate.open()
    await empty.press("tab")
    assert "214 tracked files" not in empty.text


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (("enter",), "Type a folder, owner/name or an address."),
        (
            ("=a/b", "tab", "tab", "tab", "tab", "tab", "tab", "tab", "=soon", "enter"),
            "is not a duration",
        ),
        (("=a/b", "tab", "tab", "space", "tab", "space", "enter"), "Choose at least one file"),
    ],
)
async def test_a_form_that_cannot_be_understood_says_what_to_mend(
    empty: Any, typed: tuple[str, ...], complaint: str
) -> None:
    await empty.press("n", *typed)
    await empty.sees(f"! {complaint}" if "duration" not in complaint else complaint)
    assert empty.screen_name == "StartForm"


async def test_a_refused_start_keeps_what_was_typed(empty: Any) -> None:
    async def refuse(requests: list[RunRequest], actor: Actor) -> tuple[Started, ...]:
        return (Started(source=requests[0].source, error=QueueFullError(500, 500)),)

    empty.deck.start = refuse
    await empty.press("n", "=./docs", "enter")
    await empty.sees("! The queue is full (500 of 500)")
    assert empty.app.screen.query_one("#source").value == "./docs"


async def test_of_several_sources_the_refused_ones_stay_typed(empty: Any) -> None:
    empty.deck.preflights["c/d"] = Preflight(ok=False, message="There is no c/d.")
    await empty.press("n", "=a/b, c/d, e/f", "enter")
    await empty.sees("! 2 runs accepted, 1 refused: There is no c/d.")
    assert empty.app.screen.query_one("#source").value == "c/d"
    await empty.press("escape")
    await empty.sees("2 runs accepted.")
    assert [run.source for run in (await empty.deck.page()).runs] == ["e/f", "a/b"]


async def test_pasted_lines_are_several_sources(empty: Any) -> None:
    await empty.press("n")
    await empty.until(lambda: empty.screen_name == "StartForm", "the form")
    empty.app.post_message(Paste("a/b\n\n c/d \x1b\ne/f"))
    source = empty.app.screen.query_one("#source")
    await empty.until(lambda: source.value == "a/b, c/d , e/f", "the lines")


async def test_a_start_that_breaks_is_complained_about(empty: Any) -> None:
    async def fail(requests: list[RunRequest], actor: Actor) -> tuple[Started, ...]:
        raise StoreError("The store is gone.")

    empty.deck.start = fail
    await empty.press("n", "=./docs", "enter")
    await empty.sees("! The store is gone.")


async def test_a_source_already_in_work_is_shown_instead(busy: Any) -> None:
    await busy.press("n", "=./docs-site", "enter")
    await busy.sees("already does this; it is pending.")
    assert busy.runs.table.current.source == "./docs-site"


async def test_tab_completes_what_runs_and_repositories_have(empty: Any) -> None:
    empty.deck.add("acme/payments")
    empty.deck.there = {"ref": ("main", "release/2.0"), "model": ("auto", "qwen3-8b")}
    await empty.press("n", "=ac")
    await empty.sees("acme/payments")
    await empty.press("tab", "tab")
    await empty.sees("main  release/2.0")
    await empty.press("=rel", "tab", "tab")
    await empty.press("tab", "tab", "tab")
    await empty.sees("auto  qwen3-8b")
    await empty.press("=q", "tab", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    run = await newest(empty)
    assert (run.source, run.ref, run.model) == ("acme/payments", "release/2.0", "qwen3-8b")


async def test_tab_completes_nothing_where_nothing_was_typed(empty: Any) -> None:
    empty.deck.there = {"ref": ("main",)}
    await empty.press("n", "=a/b", "tab")
    await empty.sees("main")
    await empty.press("tab", "enter")
    await empty.until(lambda: empty.screen_name == "RunsScreen", "the form to close")
    assert (await newest(empty)).ref is None


async def test_refs_of_no_source_are_no_refs_of_others(busy: Any) -> None:
    assert "0.28.1" in await busy.deck.suggest("ref", "encode/httpx")
    assert await busy.deck.suggest("ref") == ()


async def test_tab_completes_a_folder(empty: Any, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "document.txt").touch()
    await empty.press("n")
    source = empty.app.screen.query_one("#source")
    source.value = f"{tmp_path}/doc"
    await empty.sees("documents/")
    await empty.press("tab")
    await empty.until(lambda: source.value == f"{tmp_path}/documents/", "the whole name")


async def test_pasted_control_characters_never_reach_the_form(empty: Any) -> None:
    await empty.press("n")
    source = empty.app.screen.query_one("#source")
    source.value = "a\x1b[2Jb\udcff\u202e"
    assert source.value == "a[2Jb"


async def test_a_click_ticks_a_box(empty: Any) -> None:
    await empty.press("n")
    box = list(empty.app.screen.query(Choice))[2]
    await empty.pilot.click(box)
    assert box.value


async def test_escape_closes_the_form_and_starts_nothing(empty: Any) -> None:
    await empty.press("n", "=./docs", "escape")
    assert empty.screen_name == "RunsScreen"
    assert not (await empty.deck.page()).runs


# Cancelling.


async def test_cancel_asks_first_and_says_what_would_be_lost(busy: Any) -> None:
    await busy.select("pallets/flask")
    await busy.press("c")
    await busy.sees("Lost would be 45 s of work, now in write 31/48, attempt 1 of 3.")
    assert busy.runs.table.current.cancel is None


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_a_run_is_kept_when_the_answer_is_no(busy: Any, key: str) -> None:
    await busy.select("pallets/flask")
    await busy.press("c", key)
    assert busy.screen_name == "RunsScreen"
    assert (await newest(busy)).cancel is None


async def test_the_ladder_climbs_before_the_eyes_and_ends_in_a_verdict(busy: Any) -> None:
    await busy.select("pallets/flask")
    run_id = busy.runs.table.cursor_id
    await busy.press("c", "y")
    for state in (CancelState.REQUESTED, CancelState.SEEN, CancelState.STOPPING):
        await busy.sees(f"▶ {state}")
        busy.deck.climb(run_id)
    await busy.sees("Cancelled. Nothing of it was published.")
    await busy.press("escape")
    await busy.sees("⊘ cancelled")


async def test_a_pending_run_is_cancelled_at_once(busy: Any) -> None:
    await busy.select("./docs-site")
    await busy.press("c")
    await busy.sees("It has not begun, so nothing is lost.")
    await busy.press("y")
    await busy.sees("Cancelled.")


async def test_a_run_that_ends_under_the_question_is_not_cancelled(busy: Any) -> None:
    await busy.select("pallets/flask")
    run_id = busy.runs.table.cursor_id
    await busy.press("c")
    busy.deck.complete(run_id, {ArtifactName.LLMS: "# Flask"})
    await busy.sees("Too late: it was completed before it could be stopped.")
    await busy.sees_no_more("cancel the run")
    await busy.press("y")
    assert (await busy.deck.find(run_id)).status is RunStatus.COMPLETED


async def test_a_run_that_is_being_cancelled_shows_its_ladder_at_once(busy: Any) -> None:
    await busy.select("~/src/monolith")
    await busy.press("c")
    await busy.sees("▶ seen")


async def test_an_ended_run_cannot_be_cancelled_and_that_is_said(busy: Any) -> None:
    await busy.select("encode/httpx")
    await busy.press("c")
    await busy.sees("is completed, 2m ago; there is nothing to cancel.")
    assert busy.screen_name == "RunsScreen"


# Pruning.


async def test_prune_lists_what_would_go_and_removes_it(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.sees("10 runs")
        await stage.sees("acme/legacy@main")
        await stage.press("y")
        await stage.sees("Removed 10 runs")
        await stage.sees("completed 1")
        assert len((await stage.deck.page()).runs) == 1


async def test_enter_agrees_to_the_list(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.sees("10 runs")
        await stage.press("enter")
        await stage.sees("Removed 10 runs")


async def test_escape_prunes_nothing(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.sees("10 runs")
        await stage.press("escape")
        assert len((await stage.deck.page()).runs) == 11


async def test_the_rule_can_be_edited_and_the_list_follows(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p", "shift+tab", "=3")
        await stage.sees("8 runs")
        await stage.press("shift+tab", "=47d")
        await stage.sees("3 runs")
        await stage.press("enter", "y")
        await stage.sees("Removed 3 runs")


async def test_the_filter_in_force_is_part_of_the_rule(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("3", "p")
        await stage.sees("1 run and")
        await stage.press("y")
        await stage.sees("Removed 1 run")
        assert not (await stage.deck.page(filter="status:failed")).runs


async def test_the_newest_of_each_source_can_stay(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        run_id = stage.deck.add("encode/httpx")
        stage.deck.claim(run_id)
        stage.deck.fail(run_id, ErrorKind.SOURCE, "Nothing to read.")
        await stage.sees("failed 2")
        await stage.press("p", "shift+tab", "=1 each")
        await stage.sees("1 run and")
        await stage.press("enter", "y")
        await stage.sees("Removed 1 run")
        assert len((await stage.deck.page(filter="source:httpx")).runs) == 1


@pytest.mark.parametrize("typed", ["each", "-1", "1 every", "9" * 10, "²"])
async def test_a_number_that_is_none_is_refused(opened: Open, typed: str) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.until(lambda: stage.screen_name == "PruneDialog", "the dialog")
        stage.app.screen.query_one("#keep").value = typed
        await stage.sees("is not a number of runs to keep.")


async def test_a_rule_that_cannot_be_understood_removes_nothing(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p", "shift+tab", "=x")
        await stage.sees("is not a number of runs to keep.")
        await stage.press("enter", "y")
        assert stage.screen_name == "PruneDialog"
        assert len((await stage.deck.page()).runs) == 11


async def test_when_reality_moved_nothing_goes_and_the_list_is_made_anew(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.sees("10 runs")
        other = await stage.deck.plan_prune(PruneRule(older_than_s=48 * 86_400))
        await stage.deck.apply_prune(other, OPERATOR)
        left = 11 - len(other.items)
        await stage.press("y")
        await stage.sees("The runs to prune have changed since the preview; look again.")
        await stage.sees(f"{left - 1} runs")
        assert len((await stage.deck.page()).runs) == left


async def test_u_undoes_the_last_prune_and_says_what_came_back(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("u")
        await stage.sees("Nothing that was done from here can be undone.")
        await stage.press("p")
        await stage.sees("would go, and can be brought back for 7d.")
        await stage.press("y")
        await stage.sees("Removed 10 runs")
        await stage.press("u")
        await stage.sees("Brought back 10 runs.")
        assert len((await stage.deck.page()).runs) == 11


async def test_what_could_not_come_back_is_named_and_may_be_asked_for_again(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.sees("10 runs")
        await stage.press("y")
        await stage.sees("Removed 10 runs")
        await stage.deck.set_policy({"max_runs": "4"}, OPERATOR)
        await stage.press("u")
        await stage.sees("Brought back 3 runs of 10; run")
        await stage.deck.set_policy({"max_runs": "40"}, OPERATOR)
        await stage.press("u")
        await stage.sees("Brought back 7 runs.")


# Policy.


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20, 100])
async def test_the_limits_are_shown_however_late_the_deck_tells_them(
    busy: Any, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    deck: FakeDeck = busy.deck
    tell = deck.policy

    async def tell_late() -> Policy:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await tell()

    monkeypatch.setattr(deck, "policy", tell_late)
    await busy.press("P")
    await busy.sees("default 2s")


async def test_a_limit_is_changed_from_the_dashboard(busy: Any) -> None:
    await busy.press("P")
    await busy.sees("queue_cap")
    await busy.press(*["down"] * 6, "enter")
    assert busy.app.screen.query_one("#value").value == "500"
    await busy.press("ctrl+u", "=40", "enter")
    await busy.sees("40   default 500")
    assert (await busy.deck.policy()).queue_cap == 40
    (told,) = await busy.deck.events(None)
    assert (told.actor, told.message) == (OPERATOR, "queue_cap: 500 → 40.")
    await busy.press("d")
    await busy.sees("500   default 500")


async def test_a_refused_limit_is_explained_and_stays_typed(busy: Any) -> None:
    await busy.press("P")
    await busy.sees("queue_cap")
    await busy.press("enter", "ctrl+u", "=20", "enter")
    await busy.sees("! stale_after must be at least 3 × heartbeat_interval")
    assert busy.app.screen.query_one("#value").value == "20"
    await busy.press("escape")
    await busy.sees_no_more("stale_after must be")
    await busy.press("escape")
    assert busy.screen_name == "RunsScreen"
    assert (await busy.deck.policy()).heartbeat_interval == 2


# Quitting.


async def test_escape_stays(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "escape")
        assert stage.screen_name == "RunsScreen"
        assert stage.app.is_running


async def test_a_worker_that_is_still_being_started_is_asked_about_too(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck, gate = demo.owned(), Gate()
    start, deck.worker_error = deck.ensure_worker, StoreError("No process can be started here.")

    async def start_late() -> bool:
        await gate.wait()
        return await start()

    async with opened(deck) as stage:
        deck.worker_error = None
        monkeypatch.setattr(deck, "ensure_worker", start_late)
        stage.passes(RETRY_AFTER)
        await stage.sees("starting a worker")
        await stage.press("q")
        await stage.sees("2 runs are not finished.")


async def test_leaving_lets_the_worker_go_on(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q")
        await stage.sees("1 processing and 1 pending: 2 runs are not finished.")
        await stage.press("l")
        await stage.until(lambda: not stage.app.is_running, "the end")
        assert len(await stage.deck.workers()) == 1


async def test_draining_stops_the_worker_first(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "d")
        await stage.until(lambda: not stage.app.is_running, "the end")
        assert not await stage.deck.workers()


async def test_cancel_all_asks_every_unfinished_run_to_stop(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "c")
        await stage.until(lambda: not stage.app.is_running, "the end")
        runs = (await stage.deck.page()).runs
        assert all(run.cancel is not None for run in runs)


async def test_asked_to_quit_a_second_time_it_quits(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "ctrl+q")
        await stage.until(lambda: not stage.app.is_running, "the end")


async def test_without_work_there_is_no_question(opened: Open) -> None:
    async with opened(FakeDeck(FakeClock())) as stage:
        await stage.sees("1 worker")
        await stage.press("q")
        await stage.until(lambda: not stage.app.is_running, "the end")
