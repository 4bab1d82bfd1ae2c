"""What is said before, while and after something is done to many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.answers import Started
from llmsdeck.model import Question, Run, RunId
from llmsdeck.pruning import PrunePlan
from llmsdeck.settings import write_duration
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain, safe

_SOURCE_CELLS: Final = 28
_STATUS_CELLS: Final = 13


@dataclass(frozen=True, slots=True)
class Words:
    """How one deed is spoken of."""

    heading: str
    verb: str
    """What the key says, before the number of runs."""
    done: str
    nothing: str
    """That the deed fits none of the chosen runs."""


CANCEL: Final = Words("Cancel", "cancel", "asked to stop", "Every chosen run has ended already.")
RETRY: Final = Words("Retry", "retry", "started again", "None of the chosen runs has ended.")
_NOT_PENDING: Final = "None of the chosen runs is pending."
RAISE: Final = Words("Prioritise", "raise", "moved", _NOT_PENDING)
LOWER: Final = Words("Defer", "lower", "moved", _NOT_PENDING)
ANSWER: Final = Words("Answer", "answer", "answered", "None of the chosen runs asks anything.")
PRUNE: Final = Words("Prune", "remove", "removed", "None of the chosen runs has ended.")


@dataclass(frozen=True, slots=True)
class Left:
    """A chosen run that nothing is done to."""

    run_id: RunId
    run: Run | None
    """None when it is not there any more."""
    why: str = ""
    """Blank when its status says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one run."""

    run_id: RunId
    done: bool
    said: str
    unbegun: bool = False
    """It was cancelled before it had begun, which can be undone."""


def heading(deed: Words, count: int) -> str:
    """`Cancel 3 runs?`"""
    return f"{deed.heading} {words.counted(count, 'run')}?"


def work_lost(count: int, spent: Sequence[float]) -> str:
    """How much work cancelling throws away."""
    if not count:
        return ""
    if not spent:
        return "None has begun, so nothing is lost."
    work = words.duration(sum(spent))
    return f"Lost would be {work} of work in {words.counted(len(spent), 'run')}."


def files_lost(plan: PrunePlan, grace: float) -> str:
    """How much goes, and for how long it can be brought back."""
    if not plan.items:
        return ""
    size = words.size(plan.total_bytes)
    if not grace:
        return f"{size} would go and cannot be brought back."
    return f"{size} would go and can be brought back for {write_duration(grace)}."


def retried(answer: Started) -> str:
    """The new run, or why there is none."""
    if answer.run is None:
        return str(answer.error or "The deck gave no answer.")
    said = "is accepted" if answer.created else "does this already"
    return f"Run {answer.run.short_id} {said}."


def asked(questions: Sequence[Question]) -> str:
    """What runs ask together, and for how long."""
    if not questions:
        return ""
    tokens = words.number(sum(question.expected_tokens for question in questions))
    left = words.duration(min(question.left_s for question in questions))
    first = "it goes" if len(questions) == 1 else "the first goes"
    return (
        f"The model would read about {tokens} tokens. "
        f"Without an answer {first} on without the model in {left}."
    )


def removed(gone: bool) -> str:
    """Whether it went."""
    return "Removed; u brings it back." if gone else "It was gone already, or not free to go."


def going(run: Run, now: datetime) -> Content:
    """One run that something would be done to."""
    return Content.assemble("  ", _run(run), "  ", _state(run, now))


def left(each: Left) -> Content:
    """One run that is left alone, and why."""
    if each.run is None:
        return _reason(safe(each.run_id[:6]), "it is gone")
    return _reason(_run(each.run), each.why or f"it is {each.run.status}")


def answered(run: Run, answer: Answer) -> Content:
    """What came of one run."""
    sign = ("✓ ", words.GOOD) if answer.done else ("✗ ", words.BAD)
    return Content.assemble(sign, _run(run), "  ", safe(answer.said))


def tally(deed: Words, answers: Sequence[Answer]) -> Content:
    """How many it was done to, and how many not."""
    done = sum(answer.done for answer in answers)
    failed = len(answers) - done
    said = Content.assemble((f"{words.counted(done, 'run')} {deed.done}.", words.GOOD))
    if not failed:
        return said
    return Content.assemble(
        said, (f" {words.number(failed)} refused and still marked.", f"{words.BAD} bold")
    )


def type_number(deed: Words, count: int) -> str:
    """What has to be typed when much is at stake."""
    return f"Type {count} to {deed.verb} them"


def _reason(run: Content, why: str) -> Content:
    return Content.assemble(("- ", words.QUIET), run, (f"  left alone: {why}", words.QUIET))


def _run(run: Run) -> Content:
    return Content.assemble(
        f"{plain(run.short_id)}  ", words.fit_tail(runs.name(run), _SOURCE_CELLS)
    )


def _state(run: Run, now: datetime) -> Content:
    if run.question is not None:
        return Content(f"{words.number(run.question.expected_tokens):>9} tokens")
    state = words.fit(Content.assemble(runs.status(run)), _STATUS_CELLS)
    if run.finished_at is not None:
        ended = words.ago((now - run.finished_at).total_seconds())
        return Content.assemble(state, (f"  {ended}", words.QUIET))
    return Content.assemble(state, (f"  {words.duration(runs.elapsed(run, now))}", words.QUIET))
