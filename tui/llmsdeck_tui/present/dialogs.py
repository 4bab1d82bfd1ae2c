"""What the dialogs say before something is done, so that it can be weighed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.content import Content

from llmsdeck.model import Question, Run
from llmsdeck.settings import Policy, write_default, write_duration, write_value
from llmsdeck.snapshot import Counts
from llmsdeck.states import TERMINAL, CancelState, RunStatus
from llmsdeck.text import short_source
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain, safe

if TYPE_CHECKING:
    from llmsdeck.pruning import PruneItem, PrunePlan

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


def question(asked: Question) -> list[Content]:
    """What a run asks, and for how long."""
    expected, budget = words.number(asked.expected_tokens), words.number(asked.token_budget)
    left = words.duration(asked.left_s)
    return [
        Content(f"The model would read about {expected} tokens; the budget is {budget}."),
        Content(f"Without an answer it goes on without the model in {left}."),
    ]


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
    return Content("Waiting for the run to stop; by force after the grace period.")


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
