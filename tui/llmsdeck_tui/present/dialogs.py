"""What the dialogs say about cancelling, pruning, starting and quitting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.content import Content

from llmsdeck.filter.tree import of_source
from llmsdeck.model import Question, Run
from llmsdeck.settings import Policy, write_default, write_duration, write_value
from llmsdeck.snapshot import Counts
from llmsdeck.states import TERMINAL, CancelState, Decision, RunStatus
from llmsdeck.text import short_source
from llmsdeck_tui import keys
from llmsdeck_tui.keys import Key
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain, safe

if TYPE_CHECKING:
    from llmsdeck.answers import Answered, PriorityAnswer, Started
    from llmsdeck.pruning import PruneItem, PrunePlan, PruneResult, Restored

_RUNGS: Final = tuple(CancelState)


def cancel_question(run: Run, now: datetime) -> list[Content]:
    """What a cancel would throw away; it says more when more would be lost."""
    if run.status is RunStatus.PENDING:
        return [Content("It has not begun, so nothing is lost.")]
    spent = words.duration(runs.elapsed(run, now))
    loss = f"Lost would be {spent} of work"
    where = f", now in {runs.done_of(run)}" if run.phase else ""
    attempt = f", attempt {run.attempt} of {run.max_attempts}"
    return [Content(f"{loss}{where}{attempt}."), Content("Nothing of it will be published.")]


CONSEQUENCES: Final[Mapping[Decision, str]] = {
    Decision.GO: "it goes on with the model.",
    Decision.WITHOUT_MODEL: "it goes on without the model and ends as degraded.",
    Decision.CANCEL: "it is cancelled.",
}


def question(asked: Question) -> list[Content]:
    """What a run asks, and for how long."""
    expected, budget = words.number(asked.expected_tokens), words.number(asked.token_budget)
    left = words.duration(asked.left_s)
    return [
        Content(f"The model would read about {expected} tokens; the budget is {budget}."),
        Content(f"Without an answer it goes on without the model in {left}."),
    ]


def answered(answer: Answered, decision: Decision) -> Content:
    """What follows from the answer to a run, or why it was not taken."""
    if answer.run is None:
        return safe(str(answer.error or "The deck gave no answer."))
    return Content(f"Run {answer.run.short_id}: {CONSEQUENCES[decision]}")


def ladder(run: Run) -> Content:
    """requested → seen → stopping → stopped, with the rung that has been reached."""
    state = run.cancel.state if run.cancel else None
    reached = -1 if state is None else _RUNGS.index(state)
    ended = run.status in TERMINAL
    rungs = [_rung(rung, index, reached, ended) for index, rung in enumerate(_RUNGS)]
    return Content.assemble((" → ", words.QUIET)).join(rungs)


def _rung(rung: CancelState, index: int, reached: int, ended: bool) -> Content:
    if index < reached or (index == reached and ended):
        return Content.assemble((f"✓ {rung}", words.GOOD))
    if index == reached:
        return Content.assemble((f"▶ {rung}", words.ALARM))
    return Content.assemble((f"· {rung}", words.QUIET))


def verdict(run: Run) -> Content:
    """How the cancel ended, or what is being waited for."""
    if run.status is RunStatus.CANCELLED:
        return Content.assemble(("Cancelled.", words.GOOD), " Nothing of it was published.")
    if run.status in TERMINAL:
        return Content.assemble(
            ("Too late:", words.WARN), f" it was {run.status} before it could be stopped."
        )
    return Content.assemble(("Waiting for the run to stop; by force after the grace period.", ""))


def prune_summary(plan: PrunePlan, grace: float) -> Content:
    """How much would go, and for how many seconds it can be brought back."""
    if not plan.items:
        return Content.assemble(("Nothing would go.", words.GOOD), " No ended run is old enough.")
    undo = f"can be brought back for {write_duration(grace)}" if grace else "cannot be brought back"
    return Content.assemble(
        (f"{words.counted(len(plan.items), 'run')}", words.ALARM),
        f" and {words.size(plan.total_bytes)} would go, and {undo}.",
    )


def prune_lines(plan: PrunePlan) -> list[Content]:
    """Each run that would go, and why."""
    return [_prune_line(item) for item in plan.items]


def _prune_line(item: PruneItem) -> Content:
    return Content.assemble(
        f"{plain(item.run_id[:6])}  ",
        words.fit_tail(safe(short_source(item.source), 200), 20),
        f"  {words.size(item.size_bytes):>7}  ",
        (plain(item.reason), words.QUIET),
    )


def policy_lines(policy: Policy) -> list[Content]:
    """Each limit, what holds and what would hold by default; changed ones stand out."""
    return [_policy_line(key, value) for key, value in policy.values().items()]


def _policy_line(key: str, value: float) -> Content:
    now, default = write_value(key, value), write_default(key)
    changed = now != default and key != "slots"
    return Content.assemble(
        f"{key:20}",
        (f"{now:>8}", words.STRONG if changed else ""),
        (f"   default {default}", words.QUIET),
    )


def quit_question(counts: Counts) -> Content:
    """What is still to be done by the worker that this dashboard started."""
    parts = [f"{n} {word}" for n, word in _unfinished(counts) if n]
    active = counts.processing + counts.pending
    noun = "runs are" if active != 1 else "run is"
    return Content(f"{' and '.join(parts)}: {active} {noun} not finished.")


def _unfinished(counts: Counts) -> tuple[tuple[int, str], ...]:
    return ((counts.processing, "processing"), (counts.pending, "pending"))


def parting(way: str) -> Content:
    """What is still done before the dashboard closes."""
    said = {
        "drain": "Draining: running work may end, at most 15 s; then this closes.",
        "cancel": "Cancelling every unfinished run; then this closes.",
    }
    return Content(said.get(way, ""))


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


def gone(run: Run) -> Content:
    """That a run which is still shown has been pruned, and how it comes back."""
    return Content.assemble(
        ("This run has been pruned; ", words.WARN),
        f"`llmsdeck restore {run.short_id}` brings it back for a while.",
    )


def no_match(back: str) -> Content:
    """How to leave a list that the filter has left empty."""
    return Content.assemble("No run matches the filter. ", words.does(back, "shows all runs."))


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


def changes(run: Run, changes: Mapping[str, tuple[str, str]]) -> Content:
    """How what is typed differs from what an earlier run was asked for."""
    if not changes:
        return Content.assemble((f"The same as run {run.short_id}.", words.QUIET))
    told = [
        Content.assemble(
            (f"{key} ", words.STRONG),
            (plain(old or "unset", 60), words.QUIET),
            " → ",
            plain(new or "unset", 60),
        )
        for key, (old, new) in changes.items()
    ]
    return Content.assemble(("Changed: ", words.LIVE), Content(", ").join(told))


def same_source(run: Run) -> str:
    """A filter that lets through the bundles among them."""
    return f"status:completed {of_source(run.source)}".rstrip()


def compared(run: Run) -> Content:
    """Which run is compared with another."""
    return Content.assemble((plain(run.short_id), words.STRONG), " ", runs.name(run))


def candidate(run: Run, other: Run) -> Content:
    """A run to compare with; one of the same source stands out."""
    style = words.STRONG if run.source == other.source else ""
    return Content.assemble(
        f"{plain(run.short_id)}  ",
        words.fit(runs.name(run).stylize(style), 32),
        (f"  {words.day_and_clock(run.finished_at or run.created_at)[:16]}  ", words.QUIET),
        runs.outcome(run),
    )


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


def no_signal(since: datetime, reason: str) -> Content:
    """That what is shown is old, since when and why."""
    return Content.assemble((f"NO SIGNAL since {words.clock(since)}  ", words.STRONG), safe(reason))


def no_worker(reason: str) -> Content:
    """Why no worker could be started."""
    return Content.assemble(("NO WORKER  ", words.STRONG), safe(reason))


def first_run(suggestion: str, written: Callable[[Key], str], *, read_only: bool) -> Content:
    """What to do with an empty deck: two keys, where the folder one is in is a repository."""
    if read_only:
        return Content.assemble(
            ("No runs yet.", words.STRONG),
            "\n\nThis dashboard only looks; a run started elsewhere will be shown here.",
        )
    new, show, leave = (written(key) for key in (keys.NEW, keys.HELP_KEY, keys.LEAVE))
    if suggestion:
        then = Content.assemble(" and then ", ("enter", words.LIVE), ": you are in\n")
        what = Content.assemble(then, (plain(suggestion, 60), words.STRONG), ", a repository.")
    else:
        what = Content(" and name a repository: a folder, or owner/name on GitHub.")
    return Content.assemble(
        ("No runs yet.", words.STRONG),
        "\n\nPress ", (new, words.LIVE), what,
        "\n\nThe deck reads what is tracked in it and writes llms.txt and llms-full.txt,"
        "\nusually within seconds and without a model. ", ("enter", words.LIVE),
        " on the run opens them.\n\n",
        (show, words.LIVE), (" shows all keys, ", words.QUIET),
        (leave, words.LIVE), (" quits; ", words.QUIET),
        ("llmsdeck --demo", ""), (" shows a busy deck.", words.QUIET),
    )  # fmt: skip
