from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from desk import Desk

from llmsdeck.errors import RealityMovedError
from llmsdeck.pruning import PrunePlan, PruneRule
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind
from llmsdeck.store import prune

DAY = 86400.0


async def plan(desk: Desk, rule: PruneRule, policy: Policy | None = None) -> PrunePlan:
    return await desk.store.read(
        partial(prune.plan, stamp=desk.stamp, rule=rule, policy=policy or Policy())
    )


def sources(planned: PrunePlan) -> list[str]:
    return [item.source for item in planned.items]


async def failed(desk: Desk, source: str) -> None:
    lease = await desk.claimed(source)
    await desk.fail(lease, ErrorKind.SOURCE)


async def test_by_policy_completed_runs_go_before_failed_ones(desk: Desk) -> None:
    await desk.completed("/good")
    desk.clock.advance(1)
    await failed(desk, "/bad")
    desk.clock.advance(14 * DAY)
    planned = await plan(desk, PruneRule())
    assert sources(planned) == ["/good"]
    assert planned.items[0].reason == "older than 14 d (ttl_completed)"
    desk.clock.advance(16 * DAY)
    assert sources(await plan(desk, PruneRule())) == ["/good", "/bad"]


async def test_by_policy_the_oldest_beyond_the_maximum_go(desk: Desk) -> None:
    for source in ("/a", "/b", "/c"):
        await desk.completed(source)
        desk.clock.advance(1)
    planned = await plan(desk, PruneRule(), Policy(max_runs=2))
    assert sources(planned) == ["/a"]
    assert planned.items[0].reason == "beyond max_runs (2)"


@pytest.mark.parametrize("step_s", [3600, -3600])
@pytest.mark.parametrize("rule", [PruneRule(), PruneRule(keep=2)], ids=["by policy", "keep"])
async def test_a_stepped_clock_does_not_make_the_newest_go(
    desk: Desk, rule: PruneRule, step_s: float
) -> None:
    for source in ("/first", "/second", "/third"):
        await desk.completed(source)
        desk.clock.step_wall(step_s)
    assert sources(await plan(desk, rule, Policy(max_runs=2))) == ["/first"]


async def test_the_newest_stay_although_only_they_are_old_by_a_clock_that_was_set_back(
    desk: Desk,
) -> None:
    await desk.completed("/first")
    desk.clock.step_wall(-3600)
    await desk.completed("/second")
    assert sources(await plan(desk, PruneRule(older_than_s=0))) == ["/second"]
    assert sources(await plan(desk, PruneRule(keep=1, older_than_s=0))) == []


async def test_age_and_keep_hold_together(desk: Desk) -> None:
    for source in ("/a", "/b", "/c"):
        await desk.completed(source)
        desk.clock.advance(100)
    assert sources(await plan(desk, PruneRule(older_than_s=150))) == ["/a", "/b"]
    assert sources(await plan(desk, PruneRule(keep=1))) == ["/a", "/b"]
    assert sources(await plan(desk, PruneRule(keep=2, older_than_s=150))) == ["/a"]
    assert sources(await plan(desk, PruneRule(keep=5))) == []


async def test_the_newest_of_each_source_stay(desk: Desk) -> None:
    for source in ("/a", "/b", "/a", "/b", "/a", "/c"):
        await desk.completed(source)
        desk.clock.advance(100)
    planned = await plan(desk, PruneRule(keep_each=1))
    assert sources(planned) == ["/a", "/b", "/a"]
    assert planned.items[0].reason == "not among the newest 1 of its source"
    assert sources(await plan(desk, PruneRule(keep_each=2))) == ["/a"]
    assert sources(await plan(desk, PruneRule(keep_each=1, filter="source:a"))) == ["/a", "/a"]


async def test_live_runs_never_qualify(desk: Desk) -> None:
    await desk.enqueue("/pending")
    await desk.claimed("/processing")
    desk.clock.advance(400 * DAY)
    assert sources(await plan(desk, PruneRule(older_than_s=0))) == []


async def test_a_plan_sums_the_bytes(desk: Desk) -> None:
    await desk.completed("/a", size=100)
    await desk.completed("/b", size=23)
    assert (await plan(desk, PruneRule(older_than_s=0))).total_bytes == 123


async def test_a_plan_holds_while_the_same_runs_are_there(desk: Desk) -> None:
    await desk.completed("/a")
    planned = await plan(desk, PruneRule(older_than_s=0))
    await desk.completed("/b")
    await desk.store.read(partial(prune.verify, planned=planned))


async def test_a_plan_is_refused_when_a_run_of_it_is_gone(desk: Desk) -> None:
    await desk.completed("/a")
    await desk.completed("/b")
    planned = await plan(desk, PruneRule(older_than_s=0))
    await desk.sql("DELETE FROM runs WHERE run_id = ?", planned.items[0].run_id)
    with pytest.raises(RealityMovedError, match="1 of 2 planned runs"):
        await desk.store.read(partial(prune.verify, planned=planned))


async def test_a_plan_that_was_tampered_with_is_refused(desk: Desk) -> None:
    await desk.completed("/a")
    planned = await plan(desk, PruneRule(older_than_s=0))
    with pytest.raises(RealityMovedError):
        await desk.store.read(partial(prune.verify, planned=replace(planned, fingerprint="x")))
