from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llmsdeck.clock import SystemClock
from llmsdeck.deck import open_deck
from llmsdeck.doctor import Finding, Health
from llmsdeck.doctor.deck import judged, look_at_store
from llmsdeck.model import Actor, ActorKind, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.snapshot import Counts, DeckSnapshot, Lane
from llmsdeck.testing.samples import NOW, SNAPSHOT, WORKER

SEEN = replace(SNAPSHOT, read_only=True)
AWAY = Lane(server="http://x/v1", seen_age_s=9, down_since=NOW, down_reason="It is away.")


async def looked(paths: StorePaths) -> dict[str, Finding]:
    return {each.subject: each async for each in look_at_store(paths, SystemClock())}


async def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = await looked(StorePaths(tmp_path / "none"))
    assert found["store"].health is Health.NOTE
    assert not (tmp_path / "none").exists()


async def test_a_healthy_store_is_said_to_be_one(paths: StorePaths) -> None:
    async with open_deck(paths):
        pass
    found = await looked(paths)
    assert {name: each.health for name, each in found.items() if each.health is Health.BAD} == {}
    assert {"permissions", "disk", "store", "workers"} <= set(found)


async def test_a_store_that_others_can_read_is_told_with_the_cure(paths: StorePaths) -> None:
    async with open_deck(paths):
        pass
    paths.root.chmod(0o755)
    found = (await looked(paths))["permissions"]
    assert (found.health, found.advice) == (Health.BAD, f"Run `chmod -R go= {paths.root}`.")


async def test_a_damaged_store_is_found_out(paths: StorePaths) -> None:
    async with open_deck(paths):
        pass
    data = paths.database.read_bytes()
    paths.database.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    assert (await looked(paths))["store"].health is Health.BAD


async def test_runs_that_nobody_executes_are_a_finding(paths: StorePaths, tmp_path: Path) -> None:
    (tmp_path / "tea").mkdir()
    (tmp_path / "tea" / "README.md").write_text("# Tea\n\nBrews tea.\n")
    async with open_deck(paths) as deck:
        await deck.start([RunRequest(source=str(tmp_path / "tea"))], Actor(ActorKind.CLI))
    found = (await looked(paths))["workers"]
    assert (found.health, found.message) == (Health.BAD, "No worker is alive and 1 runs wait.")


@pytest.mark.parametrize(
    ("seen", "subject", "health"),
    [
        (SEEN, "workers", Health.GOOD),
        (replace(SEEN, workers=()), "workers", Health.NOTE),
        (SEEN, "maintenance", Health.GOOD),
        (
            replace(SEEN, workers=(replace(WORKER, sweep_error="No space."),)),
            "maintenance",
            Health.BAD,
        ),
        (replace(SEEN, workers=(replace(WORKER, sweep_age_s=99),)), "maintenance", Health.NOTE),
        (replace(SEEN, counts=Counts(processing=2, stale=1)), "runs", Health.NOTE),
        (replace(SEEN, counts=Counts(pending=500)), "queue", Health.BAD),
        (replace(SEEN, lanes=(AWAY,), held=3), "model", Health.BAD),
    ],
)
def test_a_picture_of_the_deck_is_judged(seen: DeckSnapshot, subject: str, health: Health) -> None:
    found = {finding.subject: finding for finding in judged(seen)}
    assert found[subject].health is health


def test_runs_that_are_held_need_no_worker() -> None:
    seen = replace(SEEN, workers=(), counts=Counts(pending=3), lanes=(AWAY,), held=3)
    assert {each.subject: each.health for each in judged(seen)}["workers"] is Health.NOTE
