"""What was done last from the list of runs, and how it is undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, RunId
from llmsdeck_tui.present import replies

if TYPE_CHECKING:
    from llmsdeck.answers import Started


class Undoable(Protocol):
    """Something that was done to runs and can be undone."""

    @property
    def run_ids(self) -> tuple[RunId, ...]:
        """The runs that it was done to; none means that there is nothing to undo."""
        ...

    async def undo(self, deck: DeckApi, actor: Actor) -> Undone:
        """Undo it as far as that can be; raises DeckError when nothing of it can."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What came of undoing."""

    said: Content
    failed: bool
    """Not all of it came about."""
    left: Undoable
    """What could not be undone, so that it may be asked for again."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """Runs that are in the trash."""

    run_ids: tuple[RunId, ...] = ()

    async def undo(self, deck: DeckApi, actor: Actor) -> Undone:
        """Bring them back."""
        answers = await deck.restore(self.run_ids, actor)
        refused = [answer for answer in answers if answer.error]
        return Undone(
            said=replies.restored(answers),
            failed=bool(refused),
            left=Pruned(tuple(answer.run_id for answer in refused if answer.run_id)),
        )


@dataclass(frozen=True, slots=True)
class Unbegun:
    """Runs that were cancelled before they had begun: asking for the same again loses nothing."""

    run_ids: tuple[RunId, ...]

    async def undo(self, deck: DeckApi, actor: Actor) -> Undone:
        """Put them into the queue once more, as new runs."""
        anew = {run.run_id for run in await deck.runs(self.run_ids) if run.fresh}
        answers: list[Started] = []
        for run_id in self.run_ids:
            answers += await deck.retry([run_id], actor, fresh=run_id in anew)
        told = zip(self.run_ids, answers, strict=True)
        refused = tuple(run_id for run_id, answer in told if answer.error)
        return Undone(
            said=replies.asked_again(answers), failed=bool(refused), left=Unbegun(refused)
        )
