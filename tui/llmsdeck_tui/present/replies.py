"""What came of a wish, as a sentence that passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.content import Content

from llmsdeck.model import Run
from llmsdeck.states import Decision
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain, safe

if TYPE_CHECKING:
    from llmsdeck.answers import Answered, PriorityAnswer, Started
    from llmsdeck.pruning import PruneResult, Restored

CONSEQUENCES: Final[Mapping[Decision, str]] = {
    Decision.GO: "it goes on with the model.",
    Decision.WITHOUT_MODEL: "it goes on without the model and ends as degraded.",
    Decision.CANCEL: "it is cancelled.",
}


def answered(answer: Answered, decision: Decision) -> Content:
    """What follows from the answer to a run, or why it was not taken."""
    if answer.run is None:
        return safe(str(answer.error or "The deck gave no answer."))
    return Content(f"Run {answer.run.short_id}: {CONSEQUENCES[decision]}")


def started(answer: Started) -> Content:
    """What came of a start or a retry, in one sentence."""
    if answer.run is None:
        return safe(str(answer.error or "The deck gave no answer."))
    if not answer.created:
        return Content(f"Run {answer.run.short_id} already does this; it is {answer.run.status}.")
    return Content.assemble(f"Run {answer.run.short_id} accepted: ", runs.name(answer.run))


def started_many(answers: Sequence[Started]) -> Content:
    """How many runs were accepted at once."""
    new = sum(answer.created for answer in answers)
    known = len(answers) - new
    also = f"; {words.counted(known, 'run')} did the same already" if known else ""
    return Content(f"{words.counted(new, 'run')} accepted{also}.")


def refused(answers: Sequence[Started], *, accepted: int) -> str:
    """Why sources were not accepted; the first reason stands for several."""
    said = str(answers[0].error)
    if not accepted and len(answers) == 1:
        return said
    count = f"{words.counted(accepted, 'run')} accepted, {words.number(len(answers))} refused"
    return f"{count}: {said}"


def prioritised(answer: PriorityAnswer) -> Content:
    """What a run's new priority is and where in the queue that puts it."""
    if answer.run is None:
        return placed(answer)
    return Content.assemble(f"Run {answer.run.short_id} has ", placed(answer))


def placed(answer: PriorityAnswer) -> Content:
    """`priority 5, 1st in the queue.`, or why not."""
    if answer.run is None:
        return safe(str(answer.error or "The deck gave no answer."))
    place = answer.run.queue_position
    where = f", {words.ordinal(place)} in the queue" if place else ""
    return Content(f"priority {answer.run.priority}{where}.")


def ended_already(run: Run, now: datetime) -> Content:
    """Why an ended run cannot be cancelled."""
    ended = words.ago((now - (run.finished_at or now)).total_seconds())
    return Content(f"Run {run.short_id} is {run.status}, {ended}; there is nothing to cancel.")


def not_ended(run: Run) -> Content:
    """Why a run cannot be started again."""
    said = f"Run {run.short_id} is {run.status}; cancel it or wait for its end first."
    return Content(said)


def pruned(result: PruneResult) -> Content:
    """What pruning removed, and how to undo it."""
    gone = f"{words.counted(result.runs, 'run')}, {words.size(result.total_bytes)}"
    return Content(f"Removed {gone}; u brings back what can be.")


def restored(answers: Sequence[Restored]) -> Content:
    """What came back, and why the rest did not."""
    refused = [answer for answer in answers if answer.error is not None]
    back = words.counted(len(answers) - len(refused), "run")
    if not refused:
        return Content(f"Brought back {back}.")
    one = refused[0]
    return Content.assemble(
        f"Brought back {back} of {words.number(len(answers))}; run {plain(one.reference[:6])}: ",
        safe(str(one.error)),
    )


def asked_again(answers: Sequence[Started]) -> Content:
    """How many cancelled runs are in the queue once more, and why the rest is not."""
    refused = [answer for answer in answers if answer.error is not None]
    new = sum(answer.created for answer in answers)
    said = f"{words.counted(new, 'run')} {'is' if new == 1 else 'are'} in the queue again"
    if known := len(answers) - len(refused) - new:
        said += f"; {words.counted(known, 'equal run')} {'was' if known == 1 else 'were'} there"
    if refused:
        return Content.assemble(f"{said}; {len(refused)} refused: ", safe(str(refused[0].error)))
    return Content(f"{said}, under {'a new id' if new == 1 else 'new ids'}.")
