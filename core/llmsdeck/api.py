"""The deck as every front end sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from llmsdeck.answers import (
        Answered,
        CancelAnswer,
        Exported,
        Imported,
        Kept,
        Preflight,
        PriorityAnswer,
        Started,
    )
    from llmsdeck.calls import CallText, ModelCall
    from llmsdeck.comparison import Comparison
    from llmsdeck.failures import FailureGroup
    from llmsdeck.model import Actor, ArtifactName, Run, RunEvent, RunId, RunRequest
    from llmsdeck.pages import ArtifactText, Page, ValueCount
    from llmsdeck.pruning import PrunePlan, PruneResult, PruneRule, Restored, TrashItem
    from llmsdeck.settings import Policy
    from llmsdeck.snapshot import DeckSnapshot, RunDetail, Window, WorkerInfo
    from llmsdeck.states import Decision
    from llmsdeck.verdict import Profile, Verdict
    from llmsdeck.why import Explanation

Field: TypeAlias = Literal["source", "ref", "model"]
"""A field of a request whose values can be suggested."""
Vet: TypeAlias = "Callable[[RunRequest], None]"
"""Refuses a request in its canonical form by raising a DeckError; may look at the disk."""


class JudgeApi(Protocol):
    """What judges bundles; every method raises DeckError with a sentence to show."""

    async def check(
        self,
        subject: str,
        profile: Profile,
        *,
        links: bool = False,
        private: bool = False,
    ) -> Verdict:
        """Judge the bundle of a run (id or unique prefix), or any llms.txt on disk (a path).

        With `links`, its external links are looked at; with `private`, also those into the own
        network. Raises UsageError for a file that cannot be read and RefusedError for a run
        without an llms.txt.
        """
        ...

    async def diff(self, before: str, after: str) -> Comparison:
        """How two bundles differ, each named as for `check`; raises as `check` does."""
        ...


class TransferApi(Protocol):
    """What carries ended runs from one store to another; the real deck alone does."""

    async def find(self, reference: str) -> Run:
        """The run with this id or unique prefix; raises NoSuchRunError."""
        ...

    async def matching(self, filter: str, limit: int = 1000) -> tuple[RunId, ...]:
        """As DeckApi has it."""
        ...

    async def export_runs(self, run_ids: Sequence[RunId], file: Path) -> Exported:
        """Write ended runs, with history and bundles, into a new file; a refusal stops no other.

        Raises UsageError and RefusedError when the file cannot be made.
        """
        ...

    async def import_runs(self, file: Path, actor: Actor) -> tuple[Imported, ...]:
        """Take in the runs of such a file; those that are known here are skipped.

        Raises UsageError when it cannot be read and ExportError when it is no whole export.
        """
        ...


class LookApi(JudgeApi, Protocol):
    """One store to look at; every method raises DeckError with a sentence to show."""

    async def snapshot(
        self, window: Window, focus: RunId | None = None, filter: str = "", sort: str = ""
    ) -> DeckSnapshot:
        """One consistent picture: a window of a list of runs and the focused run's detail.

        The list holds the runs that the filter lets through, in the order of `sort` as for `page`;
        raises UsageError. `detail` is None when the focused run has been pruned.
        """
        ...

    async def changed(self, within: float) -> bool:
        """Wait until the store may have changed since the last call, at most `within` seconds.

        That a worker beats while no run is under way is no change.
        """
        ...

    async def policy(self) -> Policy:
        """The limits in force."""
        ...

    async def find(self, reference: str) -> Run:
        """The run with this id or unique prefix; raises NoSuchRunError."""
        ...

    async def runs(self, run_ids: Sequence[RunId]) -> tuple[Run, ...]:
        """Those of the named runs that there are, in the order in which they are named."""
        ...

    async def page(
        self, limit: int = 50, cursor: str | None = None, filter: str = "", sort: str = ""
    ) -> Page:
        """A page of the runs that a filter lets through; pass `next_cursor` to go on.

        The languages of `filter` and `sort` are in llmsdeck.filter; by default it is every run,
        newest first. Raises UsageError.
        """
        ...

    async def matching(self, filter: str, limit: int = 1000) -> tuple[RunId, ...]:
        """All runs that a filter lets through, newest first, for acting on them.

        Raises RefusedError with their number when there are more than `limit`; FilterError, and
        UsageError for a blank filter.
        """
        ...

    async def values(self, key: str, filter: str = "", limit: int = 50) -> tuple[ValueCount, ...]:
        """What runs that the filter lets through have for a key of words, the most frequent first.

        Raises UsageError for a key that has no words, such as `age`.
        """
        ...

    async def detail(self, run_id: RunId) -> RunDetail:
        """Timeline and events of a run; raises NoSuchRunError."""
        ...

    async def explain(self, reference: str) -> Explanation:
        """Why the run with this id or unique prefix is in its state; raises NoSuchRunError."""
        ...

    async def events(
        self, run_id: RunId | None, after: int = 0, limit: int = 1000
    ) -> tuple[RunEvent, ...]:
        """Events of a run with `seq` greater than `after`, oldest first.

        Without a run: those of the deck itself, such as changes of policy.
        """
        ...

    async def journal(self, after: int | None = None, limit: int = 1000) -> tuple[RunEvent, ...]:
        """Events of every run and of the deck itself with `seq` greater than `after`, oldest first.

        Without `after`: the newest, so that `journal(limit=1)` tells where to go on from.
        """
        ...

    async def actions(self, limit: int = 200, before: int | None = None) -> tuple[RunEvent, ...]:
        """What operators, agents and the command line did, newest first, of runs that are there.

        With `before`, only events with a smaller `seq`.
        """
        ...

    async def failures(self) -> tuple[FailureGroup, ...]:
        """The newest failed runs in groups of the same cause, the largest group first."""
        ...

    async def read_artifact(
        self, run_id: RunId, name: ArtifactName, offset: int = 0, limit: int | None = None
    ) -> ArtifactText:
        """Text of a published artifact; raises RefusedError while there is none."""
        ...

    async def calls(self, run_id: RunId) -> tuple[ModelCall, ...]:
        """The calls to a model that a run made, oldest first; raises NoSuchRunError."""
        ...

    async def read_call(self, run_id: RunId, call: ModelCall) -> CallText:
        """What was said in a call of a run; raises RefusedError when that is not kept."""
        ...

    async def workers(self) -> tuple[WorkerInfo, ...]:
        """Registered workers, oldest first."""
        ...


class DeckApi(LookApi, Protocol):
    """One store to look at and to act on; every method raises DeckError with a sentence to show."""

    async def preflight(self, request: RunRequest) -> Preflight:
        """What starting this would find; never raises for a source that cannot be used."""
        ...

    async def suggest(self, field: Field, source: str = "") -> tuple[str, ...]:
        """What a field of a request may say, likeliest first: what there is, then past values.

        Refs are those of the source, and of a folder its branches and tags too. Asks no host.
        """
        ...

    async def canonical(self, request: RunRequest) -> RunRequest:
        """The request in the form that equal requests share; asks nobody on the network.

        Raises UsageError for a source or an output that cannot be used.
        """
        ...

    async def start(
        self, requests: Sequence[RunRequest], actor: Actor, vet: Vet | None = None
    ) -> tuple[Started, ...]:
        """Enqueue one run per request that `vet` lets through; a refusal stops no other."""
        ...

    async def cancel(self, run_ids: Sequence[RunId], actor: Actor) -> tuple[CancelAnswer, ...]:
        """Ask runs to stop; pending ones stop at once, a repeated request changes nothing.

        One that is no longer there does not stop the others.
        """
        ...

    async def retry(
        self,
        run_ids: Sequence[RunId],
        actor: Actor,
        changes: Mapping[str, str] | None = None,
        vet: Vet | None = None,
        *,
        fresh: bool = False,
    ) -> tuple[Started, ...]:
        """Start a new run like each ended one, naming it as parent; a refusal stops no other.

        `changes` are what is to be different, as typed (llmsdeck.request). With `fresh`, nothing
        that earlier runs left is used again. Raises UsageError when the changes cannot be.
        """
        ...

    async def kept(self, run_id: RunId) -> Kept:
        """What a retry of this run, unchanged, would use again now; raises NoSuchRunError."""
        ...

    async def set_priority(
        self, run_ids: Sequence[RunId], priority: int, actor: Actor
    ) -> tuple[PriorityAnswer, ...]:
        """Let pending runs start sooner or later; one that has begun is refused, alone."""
        ...

    async def answer(
        self, run_ids: Sequence[RunId], decision: Decision, actor: Actor
    ) -> tuple[Answered, ...]:
        """Answer runs that ask whether to go on; one that asks nothing is refused, alone."""
        ...

    async def plan_prune(self, rule: PruneRule) -> PrunePlan:
        """What pruning by this rule would remove now; raises FilterError."""
        ...

    async def apply_prune(self, plan: PrunePlan, actor: Actor) -> PruneResult:
        """Remove exactly the planned runs; raises RealityMovedError when they changed.

        They go into the trash, where they stay for the policy's `prune_grace`.
        """
        ...

    async def trash(self, limit: int = 1000) -> tuple[TrashItem, ...]:
        """What can be brought back, last pruned first."""
        ...

    async def restore(self, references: Sequence[str], actor: Actor) -> tuple[Restored, ...]:
        """Bring pruned runs back as they were, each named by id or unique prefix.

        One that cannot come back does not stop the others.
        """
        ...

    async def set_policy(self, changes: Mapping[str, str], actor: Actor) -> Policy:
        """Change limits, all or none, with values as typed; every process obeys within a second.

        Raises UsageError for an unknown key or a value that cannot be.
        """
        ...

    async def deliver(self) -> None:
        """Bring copies in output folders up to date now; a worker's next sweep would do it too.

        Raises DeckError when a folder cannot be written to.
        """
        ...

    async def ensure_worker(self) -> bool:
        """Start a worker process when none is alive; True when one was started by this call.

        The started worker finishes the queue and exits once this deck is closed.
        """
        ...

    async def stop_worker(self) -> None:
        """Drain the worker that `ensure_worker` started, within 15 seconds; others go on."""
        ...
