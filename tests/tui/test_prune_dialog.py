from __future__ import annotations

import pytest
from tests.tui.conftest import Open

from llmsdeck.model import Actor, ActorKind
from llmsdeck.pruning import PruneRule
from llmsdeck.states import ErrorKind
from llmsdeck_tui import demo

OPERATOR = Actor(ActorKind.OPERATOR)


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
        stage.field("#keep").value = typed
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
