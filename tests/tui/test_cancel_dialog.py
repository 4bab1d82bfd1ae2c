from __future__ import annotations

import pytest
from tests.tui.conftest import Stage

from llmsdeck.model import ArtifactName
from llmsdeck.states import CancelState, RunStatus


async def test_cancel_asks_first_and_says_what_would_be_lost(busy: Stage) -> None:
    await busy.select("pallets/flask")
    await busy.press("c")
    await busy.sees("Lost would be 45 s of work, now in write 31/48, attempt 1 of 3.")
    assert busy.current.cancel is None


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_a_run_is_kept_when_the_answer_is_no(busy: Stage, key: str) -> None:
    await busy.select("pallets/flask")
    await busy.press("c", key)
    assert busy.screen_name == "RunsScreen"
    assert (await busy.newest()).cancel is None


async def test_the_ladder_climbs_before_the_eyes_and_ends_in_a_verdict(busy: Stage) -> None:
    await busy.select("pallets/flask")
    run_id = busy.current.run_id
    await busy.press("c", "y")
    for state in (CancelState.REQUESTED, CancelState.SEEN, CancelState.STOPPING):
        await busy.sees(f"▶ {state}")
        busy.deck.climb(run_id)
    await busy.sees("Cancelled. Nothing of it was published.")
    await busy.press("escape")
    await busy.sees("⊘ cancelled")


async def test_a_pending_run_is_cancelled_at_once(busy: Stage) -> None:
    await busy.select("./docs-site")
    await busy.press("c")
    await busy.sees("It has not begun, so nothing is lost.")
    await busy.press("y")
    await busy.sees("Cancelled.")


async def test_a_run_that_ends_under_the_question_is_not_cancelled(busy: Stage) -> None:
    await busy.select("pallets/flask")
    run_id = busy.current.run_id
    await busy.press("c")
    busy.deck.complete(run_id, {ArtifactName.LLMS: "# Flask"})
    await busy.sees("Too late: it was completed before it could be stopped.")
    await busy.sees_no_more("cancel the run")
    await busy.press("y")
    assert (await busy.deck.find(run_id)).status is RunStatus.COMPLETED


async def test_a_run_that_is_being_cancelled_shows_its_ladder_at_once(busy: Stage) -> None:
    await busy.select("~/src/monolith")
    await busy.press("c")
    await busy.sees("▶ seen")


async def test_an_ended_run_cannot_be_cancelled_and_that_is_said(busy: Stage) -> None:
    await busy.select("encode/httpx")
    await busy.press("c")
    await busy.sees("is completed, 2m ago; there is nothing to cancel.")
    assert busy.screen_name == "RunsScreen"
