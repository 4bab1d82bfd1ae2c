"""What can be done to many runs at once: weighed first, then done to exactly what was shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Protocol

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.pruning import PrunePlan, PruneRule
from llmsdeck.states import LIVE, TERMINAL, UNANSWERED, Decision, RunStatus
from llmsdeck_tui.present import again, bulk, replies, runs

HEAVY_LOSS: Final = 600.0
"""Seconds of work from which losing it takes more than one key."""
HEAVY_COUNT: Final = 100
"""Runs from which any deed takes more than one key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A deed before it is done."""

    going: tuple[Run, ...]
    """What it would be done to, and to nothing else."""
    staying: tuple[bulk.Left, ...] = ()
    """What was chosen and is left alone, each with the reason."""
    loss: str = ""
    """What would be lost, as a sentence."""
    heavy: bool = False
    """So much that the number of runs has to be typed."""
    plan: PrunePlan | None = None
    """What pruning would take."""


class Deed(Protocol):
    """One thing that can be done to many runs."""

    words: ClassVar[bulk.Words]

    async def weigh(self, deck: DeckApi, chosen: Sequence[RunId], now: datetime) -> Weighed:
        """Part the chosen runs into those it would be done to and the rest."""
        ...

    async def act(self, deck: DeckApi, actor: Actor, weighed: Weighed) -> tuple[bulk.Answer, ...]:
        """Do it, and say what came of each run; raises DeckError when of none."""
        ...


class CancelRuns:
    """Ask unfinished runs to stop."""

    words: ClassVar[bulk.Words] = bulk.CANCEL

    async def weigh(self, deck: DeckApi, chosen: Sequence[RunId], now: datetime) -> Weighed:
        """Ended runs stay; what running ones have done would be lost."""
        found = await deck.runs(chosen)
        going = tuple(run for run in found if run.status in LIVE)
        spent = [runs.elapsed(run, now) for run in going if run.status is RunStatus.PROCESSING]
        return Weighed(
            going=going,
            staying=_left(chosen, found, TERMINAL),
            loss=bulk.work_lost(len(going), spent),
            heavy=sum(spent) >= HEAVY_LOSS or len(going) >= HEAVY_COUNT,
        )

    async def act(self, deck: DeckApi, actor: Actor, weighed: Weighed) -> tuple[bulk.Answer, ...]:
        """Each run's verdict."""
        answers = await deck.cancel([run.run_id for run in weighed.going], actor)
        pending = {run.run_id for run in weighed.going if run.status is RunStatus.PENDING}
        return tuple(
            bulk.Answer(
                answer.run_id,
                answer.error is None and answer.verdict != "too_late",
                str(answer.error or answer.message or answer.verdict),
                unbegun=answer.run_id in pending and answer.verdict == "cancelled",
            )
            for answer in answers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRuns:
    """Start ended runs again, from the start if so wanted."""

    words: ClassVar[bulk.Words] = bulk.RETRY
    changes: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is to be different, as typed (llmsdeck.request)."""
    fresh: bool = False

    async def weigh(self, deck: DeckApi, chosen: Sequence[RunId], now: datetime) -> Weighed:
        """Unfinished runs stay; nothing is lost."""
        found = await deck.runs(chosen)
        going = tuple(run for run in found if run.status in TERMINAL)
        return Weighed(
            going=going,
            staying=_left(chosen, found, LIVE),
            loss=again.many(self.changes, fresh=self.fresh) if going else "",
            heavy=len(going) >= HEAVY_COUNT,
        )

    async def act(self, deck: DeckApi, actor: Actor, weighed: Weighed) -> tuple[bulk.Answer, ...]:
        """Each new run, or why there is none."""
        chosen = [run.run_id for run in weighed.going]
        answers = await deck.retry(chosen, actor, self.changes, fresh=self.fresh)
        return tuple(
            bulk.Answer(run_id, answer.run is not None, bulk.retried(answer))
            for run_id, answer in zip(chosen, answers, strict=True)
        )


class PrioritiseRuns:
    """Let pending runs start sooner, each by one step from where it is."""

    words: ClassVar[bulk.Words] = bulk.RAISE
    step: ClassVar[int] = 1

    async def weigh(self, deck: DeckApi, chosen: Sequence[RunId], now: datetime) -> Weighed:
        """Only the queue has an order; nothing is lost."""
        found = await deck.runs(chosen)
        going = tuple(run for run in found if run.status is RunStatus.PENDING)
        return Weighed(
            going=going,
            staying=_left(chosen, found, set(RunStatus) - {RunStatus.PENDING}),
            loss="Runs of higher priority start sooner." if going else "",
            heavy=len(going) >= HEAVY_COUNT,
        )

    async def act(self, deck: DeckApi, actor: Actor, weighed: Weighed) -> tuple[bulk.Answer, ...]:
        """Each run's new place, or why it has none."""
        answers: dict[RunId, bulk.Answer] = {}
        for priority in {run.priority for run in weighed.going}:
            equal = [run.run_id for run in weighed.going if run.priority == priority]
            for answer in await deck.set_priority(equal, priority + self.step, actor):
                said = replies.placed(answer).plain
                answers[answer.run_id] = bulk.Answer(answer.run_id, answer.error is None, said)
        return tuple(answers[run.run_id] for run in weighed.going)


class DeferRuns(PrioritiseRuns):
    """Let pending runs start later."""

    words: ClassVar[bulk.Words] = bulk.LOWER
    step: ClassVar[int] = -1


@dataclass(frozen=True, slots=True)
class AnswerRuns:
    """Answer runs that ask whether to go on over their budget."""

    words: ClassVar[bulk.Words] = bulk.ANSWER
    decision: Decision = UNANSWERED

    async def weigh(self, deck: DeckApi, chosen: Sequence[RunId], now: datetime) -> Weighed:
        """Runs that ask nothing stay; no answer throws work away."""
        found = await deck.runs(chosen)
        going = tuple(run for run in found if run.question is not None)
        silent = (run for run in found if run.question is None)
        return Weighed(
            going=going,
            staying=(
                *(bulk.Left(run.run_id, run, "it asks nothing") for run in silent),
                *_missing(chosen, found),
            ),
            loss=bulk.asked([run.question for run in going if run.question]),
            heavy=len(going) >= HEAVY_COUNT,
        )

    async def act(self, deck: DeckApi, actor: Actor, weighed: Weighed) -> tuple[bulk.Answer, ...]:
        """What follows for each run, or why its answer was not taken."""
        answers = await deck.answer([run.run_id for run in weighed.going], self.decision, actor)
        return tuple(
            bulk.Answer(
                answer.run_id,
                answer.error is None,
                str(answer.error or replies.CONSEQUENCES[self.decision]),
            )
            for answer in answers
        )


class PruneRuns:
    """Remove ended runs."""

    words: ClassVar[bulk.Words] = bulk.PRUNE

    async def weigh(self, deck: DeckApi, chosen: Sequence[RunId], now: datetime) -> Weighed:
        """Unfinished runs stay; without a grace period the rest cannot be brought back."""
        plan = await deck.plan_prune(PruneRule(run_ids=tuple(chosen)))
        found = await deck.runs(chosen)
        planned = {item.run_id for item in plan.items}
        going = tuple(run for run in found if run.run_id in planned)
        grace = (await deck.policy()).prune_grace
        return Weighed(
            going=going,
            staying=_left(chosen, found, LIVE),
            loss=bulk.files_lost(plan, grace),
            heavy=bool(going) and (not grace or len(going) >= HEAVY_COUNT),
            plan=plan,
        )

    async def act(self, deck: DeckApi, actor: Actor, weighed: Weighed) -> tuple[bulk.Answer, ...]:
        """All that was planned, unless reality moved."""
        assert weighed.plan is not None
        gone = frozenset((await deck.apply_prune(weighed.plan, actor)).run_ids)
        return tuple(
            bulk.Answer(run.run_id, run.run_id in gone, bulk.removed(run.run_id in gone))
            for run in weighed.going
        )


def _left(
    chosen: Iterable[RunId], found: Sequence[Run], statuses: Iterable[RunStatus]
) -> tuple[bulk.Left, ...]:
    """Why each of the other chosen runs is left alone."""
    unfit = (bulk.Left(run.run_id, run) for run in found if run.status in set(statuses))
    return (*unfit, *_missing(chosen, found))


def _missing(chosen: Iterable[RunId], found: Sequence[Run]) -> Iterator[bulk.Left]:
    known = {run.run_id for run in found}
    return (bulk.Left(run_id, None) for run_id in chosen if run_id not in known)
