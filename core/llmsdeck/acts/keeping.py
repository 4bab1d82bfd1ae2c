"""Ended runs: how they go, come back, and move from store to store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmsdeck.acts.base import Acting
from llmsdeck.errors import DeckError, RefusedError
from llmsdeck.model import Actor, RunId
from llmsdeck.store import policy as stored_policy

if TYPE_CHECKING:
    from llmsdeck.answers import Exported, Imported
    from llmsdeck.pruning import PrunePlan, PruneResult, PruneRule, Restored, TrashItem


class Keeping(Acting):
    """Prunes runs, and brings them back."""

    async def plan_prune(self, rule: PruneRule) -> PrunePlan:
        """What pruning by this rule would remove now."""
        from llmsdeck.store import prune

        stamp = self._stamp
        return await self._store.read(
            lambda db: prune.plan(db, stamp, rule, stored_policy.load(db))
        )

    async def apply_prune(self, plan: PrunePlan, actor: Actor) -> PruneResult:
        """Move exactly the planned runs into the trash."""
        from llmsdeck.engine.folders import prune_runs
        from llmsdeck.pruning import PruneResult
        from llmsdeck.store import prune

        await self._store.read(lambda db: prune.verify(db, plan))
        run_ids = [item.run_id for item in plan.items]
        gone = await prune_runs(self._store, self._clock, run_ids, actor)
        went = frozenset(gone)
        size = sum(item.size_bytes for item in plan.items if item.run_id in went)
        return PruneResult(run_ids=gone, total_bytes=size)

    async def trash(self, limit: int = 1000) -> tuple[TrashItem, ...]:
        """What can be brought back."""
        from llmsdeck.store import trash

        stamp = self._stamp
        return await self._store.read(
            lambda db: trash.listed(db, stamp, stored_policy.load(db), limit)
        )

    async def restore(self, references: Sequence[str], actor: Actor) -> tuple[Restored, ...]:
        """Bring pruned runs back."""
        from llmsdeck.engine.folders import restore_runs

        found = await self._store.read(lambda db: [_pruned(db, each) for each in references])
        wanted = [answer.run_id for answer in found if answer.run_id is not None]
        back = frozenset(await restore_runs(self._store, self._clock, wanted, actor))
        return await self._store.read(
            lambda db: tuple(
                answer if answer.error or answer.run_id in back else _left(db, answer)
                for answer in found
            )
        )

    async def export_runs(self, run_ids: Sequence[RunId], file: Path) -> Exported:
        """Write ended runs into a new file."""
        from llmsdeck.engine.exporting import export_runs

        return await export_runs(self._store, run_ids, file)

    async def import_runs(self, file: Path, actor: Actor) -> tuple[Imported, ...]:
        """Take in the runs of such a file."""
        from llmsdeck.engine.importing import import_runs

        return await import_runs(self._store, self._clock, file, actor)


def _pruned(db: sqlite3.Connection, reference: str) -> Restored:
    """The pruned run that is meant, or why there is none."""
    from llmsdeck.pruning import Restored
    from llmsdeck.store import trash

    try:
        return Restored(reference=reference, run_id=trash.find(db, reference))
    except DeckError as error:
        return Restored(reference=reference, error=error)


def _left(db: sqlite3.Connection, answer: Restored) -> Restored:
    """Why a run that was in the trash did not come back: no room, or somebody else was faster."""
    now = _pruned(db, answer.reference)
    sentence = "max_runs leaves no room for it; raise that with `llmsdeck policy`, then try again."
    return replace(answer, error=now.error or RefusedError(sentence))
