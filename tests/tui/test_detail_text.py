from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from textual.content import Content

from llmsdeck.answers import Started
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run
from llmsdeck.pruning import PruneRule
from llmsdeck.snapshot import Counts, RunDetail
from llmsdeck.states import RunStatus
from llmsdeck.testing import FakeDeck
from llmsdeck_tui import demo
from llmsdeck_tui.present import detail, dialogs, replies

OPERATOR = Actor(ActorKind.OPERATOR)


@pytest.fixture
def deck() -> FakeDeck:
    return demo.busy()


async def detail_of(deck: FakeDeck, source: str) -> RunDetail:
    runs = (await deck.page()).runs
    return await deck.detail(next(run.run_id for run in runs if run.source == source))


async def run_of(deck: FakeDeck, source: str) -> Run:
    return (await detail_of(deck, source)).run


def text(lines: Iterable[Content]) -> str:
    return "\n".join(line.plain for line in lines)


async def test_a_timeline_shows_past_running_and_coming_phases(deck: FakeDeck) -> None:
    shown = text(detail.timeline(await detail_of(deck, "pallets/flask"), deck.wall()))
    assert "✓ collect    1.2 s" in shown
    assert "▶ write       44 s  31/48   usually 50 s to 1m10s" in shown
    assert "· expand" in shown


async def test_a_timeline_gives_the_whole_reason_of_a_failure(deck: FakeDeck) -> None:
    shown = text(detail.timeline(await detail_of(deck, "~/src/private-api"), deck.wall()))
    assert "✗ failed" in shown
    assert "source: The folder may not be read; grant read access or choose another." in shown


async def test_a_timeline_says_why_a_run_is_stale(deck: FakeDeck) -> None:
    shown = text(detail.timeline(await detail_of(deck, "acme/payments"), deck.wall()))
    assert "! STALE" in shown
    assert "no beat for 76 s (limit 30 s)" in shown


async def test_a_timeline_lists_warnings_with_their_count(deck: FakeDeck) -> None:
    shown = text(detail.timeline(await detail_of(deck, "acme/legacy"), deck.wall()))
    assert "the model timed out (2 times)" in shown


async def test_a_timeline_names_the_parent_and_the_folder_of_copies(deck: FakeDeck) -> None:
    run = await run_of(deck, "acme/legacy")
    child = replace(run, parent_run=run.run_id, output_dir="/srv/docs", commit="1a2b3c4")
    shown = text(detail.timeline(RunDetail(run=child), deck.wall()))
    assert f"retry of  {run.short_id}" in shown
    assert "output    /srv/docs" in shown
    assert "commit    1a2b3c4" in shown


async def test_events_say_when_what_and_who(deck: FakeDeck) -> None:
    shown = text(detail.events((await detail_of(deck, "encode/httpx")).events))
    assert "accepted" in shown
    assert "Accepted.  agent:docs-bot" in shown


async def test_artifacts_are_listed_with_the_first_to_read_first(deck: FakeDeck) -> None:
    run = await run_of(deck, "encode/httpx")
    backwards = replace(run, artifacts=tuple(reversed(run.artifacts)))
    shown = detail.artifacts(backwards)
    assert shown[0].plain.startswith("llms.txt ")
    assert shown[1].plain.startswith("llms-full.txt")


async def test_parts_stand_below_the_text_that_they_are_parts_of(deck: FakeDeck) -> None:
    run = await run_of(deck, "encode/httpx")
    names = [ArtifactName.MANIFEST, *map(ArtifactName.part, (2, 1)), ArtifactName.LLMS_FULL]
    artifacts = tuple(replace(run.artifacts[0], name=name) for name in names)
    shown = [line.plain for line in detail.artifacts(replace(run, artifacts=artifacts))]
    assert [line.split()[0] for line in shown] == [
        "llms-full.txt",
        "llms-full.001.txt",
        "llms-full.002.txt",
        "manifest.json",
    ]
    assert len({line.index("sha256") for line in shown}) == 1


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("pallets/flask", "Nothing yet: files appear here when the run has completed."),
        ("acme/website@redesign", "This run did not complete, so nothing of it was published."),
        ("~/src/private-api", "This run did not complete, so nothing of it was published."),
    ],
)
async def test_without_artifacts_it_says_why(deck: FakeDeck, source: str, shown: str) -> None:
    assert text(detail.artifacts(await run_of(deck, source))) == shown


async def test_a_cancel_says_what_would_be_lost(deck: FakeDeck) -> None:
    shown = text(dialogs.cancel_question(await run_of(deck, "pallets/flask"), deck.wall()))
    assert "45 s of work, now in write 31/48, attempt 1 of 3." in shown


async def test_a_cancel_of_a_pending_run_loses_nothing(deck: FakeDeck) -> None:
    shown = text(dialogs.cancel_question(await run_of(deck, "./docs-site"), deck.wall()))
    assert "nothing is lost" in shown


async def test_the_ladder_shows_how_far_a_cancel_is(deck: FakeDeck) -> None:
    run = await run_of(deck, "~/src/monolith")
    assert dialogs.ladder(run).plain == "✓ requested → ▶ seen → · stopping → · stopped"
    deck.climb(run.run_id)
    deck.climb(run.run_id)
    ended = await run_of(deck, "~/src/monolith")
    assert dialogs.ladder(ended).plain == "✓ requested → ✓ seen → ✓ stopping → ✓ stopped"
    assert dialogs.verdict(ended).plain == "Cancelled. Nothing of it was published."


async def test_a_cancel_that_came_too_late_says_so(deck: FakeDeck) -> None:
    run = replace(await run_of(deck, "~/src/monolith"), status=RunStatus.COMPLETED)
    assert dialogs.verdict(run).plain.startswith("Too late:")


async def test_pruning_says_what_would_go_and_why() -> None:
    plan = await demo.old().plan_prune(PruneRule())
    said = dialogs.prune_summary(plan, 36 * 3600).plain
    assert said.startswith("10 runs and")
    assert said.endswith("would go, and can be brought back for 36h.")
    assert "cannot be brought back" in dialogs.prune_summary(plan, 0).plain
    assert "older than 30d (ttl_failed)" in text(dialogs.prune_lines(plan))


async def test_pruning_nothing_says_so(deck: FakeDeck) -> None:
    plan = await deck.plan_prune(PruneRule())
    assert dialogs.prune_summary(plan, 60).plain.startswith("Nothing would go.")


def test_quitting_names_what_is_unfinished() -> None:
    question = dialogs.quit_question(Counts(processing=2, pending=1)).plain
    assert question == "2 processing and 1 pending: 3 runs are not finished."


async def test_a_start_that_found_an_equal_run_says_so(deck: FakeDeck) -> None:
    run = await run_of(deck, "pallets/flask")
    said = replies.started(Started(source=run.source, run=run)).plain
    assert said == f"Run {run.short_id} already does this; it is processing."
