"""Pruning in a fake deck, and the way back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from llmsdeck.errors import NoSuchRunError, RealityMovedError, RefusedError
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.pruning import PruneItem, PrunePlan, PruneResult, PruneRule, Restored, TrashItem
from llmsdeck.states import TERMINAL, RunStatus
from llmsdeck.testing.intents import Intents
from llmsdeck.testing.memory import Thrown


class Trash(Intents):
    """Ended runs are planned to go, thrown away and brought back."""

    async def plan_prune(self, rule: PruneRule) -> PrunePlan:
        """Ended runs older than the rule or the policy allows, except the newest `keep`."""
        self._look()
        ended = [run for run in self._matching(rule.filter) if run.status in TERMINAL]
        if rule.run_ids is not None:
            ended = [run for run in ended if run.run_id in rule.run_ids]
        kept = {run.run_id for run in ended[: rule.keep or 0]}
        for source in {run.source for run in ended}:
            of_it = [run.run_id for run in ended if run.source == source]
            kept.update(of_it[: rule.keep_each or 0])
        items = [
            item
            for run in ended
            if run.run_id not in kept and (item := self._prune_item(run, rule))
        ]
        return PrunePlan(
            rule=rule,
            items=tuple(items),
            total_bytes=sum(item.size_bytes for item in items),
            fingerprint=_fingerprint(items),
        )

    def _prune_item(self, run: Run, rule: PruneRule) -> PruneItem | None:
        record = self._records[run.run_id]
        assert run.finished_at is not None
        completed = run.status is RunStatus.COMPLETED
        limit = self.limits.ttl_completed if completed else self.limits.ttl_failed
        key = " (ttl_completed)" if completed else " (ttl_failed)"
        since = max(record.ended_ms, record.restored_ms)
        if not rule.by_policy:
            limit, key, since = rule.older_than_s or 0, "", record.ended_ms
        if self.clock.wall_ms() - since < limit * 1000:
            return None
        return PruneItem(
            run_id=run.run_id,
            source=run.source,
            status=run.status,
            finished_at=run.finished_at,
            size_bytes=sum(artifact.size_bytes for artifact in run.artifacts),
            reason=f"older than {limit / 86400:g}d{key}",
        )

    async def apply_prune(self, plan: PrunePlan, actor: Actor) -> PruneResult:
        """Remove the planned runs, unless one of them is no longer there."""
        self._may_write()
        there = [item for item in plan.items if item.run_id in self._records]
        if _fingerprint(there) != plan.fingerprint:
            raise RealityMovedError("The runs to prune have changed since the preview; look again.")
        run_ids = tuple(item.run_id for item in plan.items)
        self.throw(run_ids, actor)
        return PruneResult(run_ids=run_ids, total_bytes=plan.total_bytes)

    def throw(self, run_ids: Sequence[RunId], actor: Actor) -> None:
        """Prune runs without asking the rules."""
        for run_id in run_ids:
            self._thrown[run_id] = Thrown(self._records.pop(run_id), self.clock.wall_ms(), actor)
        self._pruned += len(run_ids)
        self._tell_deck("pruned", f"Pruned {len(run_ids)} runs.", actor)

    async def trash(self, limit: int = 1000) -> tuple[TrashItem, ...]:
        """What was pruned and has not outlived its grace, last pruned first."""
        self._look()
        self._empty_trash()
        thrown = sorted(self._thrown.values(), key=lambda each: -each.at_ms)
        return tuple(self._trash_item(each) for each in thrown[:limit])

    def _trash_item(self, thrown: Thrown) -> TrashItem:
        run = thrown.record.run
        assert run.finished_at is not None
        return TrashItem(
            run_id=run.run_id,
            source=run.source,
            status=run.status,
            finished_at=run.finished_at,
            size_bytes=sum(artifact.size_bytes for artifact in run.artifacts),
            pruned_at=datetime.fromtimestamp(thrown.at_ms / 1000, UTC),
            pruned_by=thrown.by,
            left_s=self.limits.prune_grace - (self.clock.wall_ms() - thrown.at_ms) / 1000,
        )

    async def restore(self, references: Sequence[str], actor: Actor) -> tuple[Restored, ...]:
        """Put pruned runs back."""
        self._may_write()
        self._empty_trash()
        return tuple(self._restore(reference, actor) for reference in references)

    def _restore(self, reference: str, actor: Actor) -> Restored:
        found = [run_id for run_id in self._thrown if run_id.startswith(reference)]
        if len(found) != 1:
            there = any(run_id.startswith(reference) for run_id in self._records)
            kind = RefusedError if there and not found else NoSuchRunError
            error = kind(f"{len(found)} pruned runs have an id that starts with {reference!r}.")
            return Restored(reference=reference, error=error)
        if sum(r.run.status in TERMINAL for r in self._records.values()) >= self.limits.max_runs:
            error = RefusedError("max_runs leaves no room for it.")
            return Restored(reference=reference, run_id=found[0], error=error)
        self._put_back(found[0], actor)
        return Restored(reference=reference, run_id=found[0])

    def _put_back(self, run_id: RunId, actor: Actor) -> None:
        record = self._records[run_id] = self._thrown.pop(run_id).record
        record.restored_ms = self.clock.wall_ms()
        self._records = dict(sorted(self._records.items(), key=lambda entry: entry[1].run.seq))
        self._pruned -= 1
        self._tell(record, "restored", "Brought back after it was pruned.", actor)

    def _empty_trash(self) -> None:
        before = self.clock.wall_ms() - self.limits.prune_grace * 1000
        self._thrown = {key: each for key, each in self._thrown.items() if each.at_ms > before}


def _fingerprint(items: Sequence[PruneItem]) -> str:
    return hashlib.sha256(" ".join(item.run_id for item in items).encode()).hexdigest()
