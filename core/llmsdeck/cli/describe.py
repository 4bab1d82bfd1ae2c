"""Runs, events, workers and plans as lines for people; pure, so that tests need no terminal."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

from llmsdeck.cli.tones import Line, Toned, tone_of
from llmsdeck.model import SHORT_ID_LENGTH, Run
from llmsdeck.settings import write_default, write_value
from llmsdeck.states import RunStatus
from llmsdeck.text import short_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from llmsdeck.model import RunEvent
    from llmsdeck.pages import Page
    from llmsdeck.pruning import PrunePlan, TrashItem
    from llmsdeck.settings import Policy
    from llmsdeck.snapshot import DeckSnapshot, WorkerInfo
    from llmsdeck.why import Explanation

_KILO = 1000


def size(count: float) -> str:
    """Bytes in decimal units: `61 KB`."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < _KILO:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= _KILO
    return f"{count:.1f} TB"


def duration(seconds: float) -> str:
    """Seconds as people say them: `0.4 s`, `44 s`, `1m12s`, `2h05m`."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{whole:02}s" if minutes else f"{whole} s"


def state(run: Run) -> str:
    """Where a run is, in a few words; what needs attention comes first."""
    match run.status:
        case RunStatus.PENDING if run.question:
            return f"asks: {run.held}"
        case RunStatus.PENDING if run.held:
            return f"held: {run.held}"
        case RunStatus.PENDING:
            place = f"number {run.queue_position} in the queue" if run.queue_position else ""
            wait = f"again in {duration(run.retry_in_s)}" if run.retry_in_s else ""
            return wait or place
        case RunStatus.PROCESSING:
            return _work(run)
        case RunStatus.COMPLETED:
            score = "" if run.score is None else f" {run.score}"
            warning = f": {run.warnings[0].message}" if run.warnings else ""
            return f"{run.outcome}{score}{warning}"
        case RunStatus.FAILED:
            return f"{run.error_kind}: {run.error_message}"
        case RunStatus.CANCELLED:
            return f"by {run.cancel.by}" if run.cancel else ""


def _work(run: Run) -> str:
    progress = run.progress
    share = f" {progress.done}/{progress.total}" if progress.total else ""
    phase = f"{run.phase}{share}" if run.phase else "starting"
    if run.cancel:
        return f"cancel {run.cancel.state}, {phase}"
    if run.stale_reason:
        return f"{'orphan' if run.orphan else 'stale'}: {run.stale_reason}, {phase}"
    return phase


def page_lines(page: Page, *, filtered: bool = False) -> Iterator[Line]:
    """A table of runs and how to get the next page."""
    if not page.runs:
        yield "No run matches." if filtered else "No runs yet; `llmsdeck start PATH` starts one."
        return
    rows = [("RUN", "STATUS", "CREATED", "SOURCE", "STATE")]
    rows += [
        (
            run.short_id,
            Toned(run.status, tone_of(run)),
            _moment(run.created_at),
            _source(run),
            state(run),
        )
        for run in page.runs
    ]
    yield from table(rows)
    if page.next_cursor:
        yield f"More: --cursor {page.next_cursor}"


def run_lines(run: Run) -> Iterator[str]:
    """Everything about one run that is known, one fact per line."""
    facts = {
        "run": run.run_id,
        "source": _source(run),
        "commit": run.commit,
        "status": f"{run.status} {state(run)}".rstrip(),
        "attempt": f"{run.attempt} of {run.max_attempts}",
        "worker": run.worker,
        "beat": None if run.heartbeat_age_s is None else f"{duration(run.heartbeat_age_s)} ago",
        "parent": run.parent_run,
        "asked by": str(run.requested_by),
        "created": _moment(run.created_at),
        "started": _moment(run.started_at),
        "finished": _moment(run.finished_at),
        "bundle": run.bundle_dir,
        "copies": run.output_dir,
    }
    yield from (f"{name:9} {value}" for name, value in facts.items() if value)
    for artifact in run.artifacts:
        yield f"artifact  {artifact.name}  {size(artifact.size_bytes)}  {artifact.hash_sha256}"
    for warning in run.warnings:
        times = f" ({warning.count} times)" if warning.count > 1 else ""
        yield f"warning   {warning.kind}: {warning.message}{times}"


def explanation_lines(explanation: Explanation) -> Iterator[Line]:
    """The reason, what it rests on, and what to do, the safest first."""
    yield f"{explanation.run_id[:SHORT_ID_LENGTH]} {explanation.state}: {explanation.headline}"
    yield ""
    yield from table(
        [
            (each.fact, each.value, f"(limit {each.limit})" if each.limit else "")
            for each in explanation.evidence
        ]
    )
    yield ""
    for step in explanation.next_steps:
        yield f"→ {step.sentence}" + (f"  {step.command}" if step.command else "")


def counts_line(snapshot: DeckSnapshot) -> str:
    """How many runs there are of each status, and who executes them."""
    counts = snapshot.counts
    alive = sum(worker.alive for worker in snapshot.workers)
    tallies = (
        (counts.processing, "processing"),
        (counts.stale, "stale"),
        (counts.pending, "pending"),
        (counts.completed, "completed"),
        (counts.degraded, "of these degraded"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
    )
    said = ", ".join(f"{count} {word}" for count, word in tallies)
    return f"{snapshot.store_dir}: {said}; {alive} worker{'' if alive == 1 else 's'} alive."


def stream_line(run: Run, what: str) -> str:
    """Something about a run, on a line that says which one."""
    return f"{run.short_id} {_source(run)}: {what}"


def told_line(event: RunEvent, run: Run | None) -> str:
    """An event among those of all runs: when, which run if it is known, what, who."""
    at = event.at.astimezone().strftime("%H:%M:%S")
    what = f"{event.message} ({event.actor})"
    return f"{at} {stream_line(run, what) if run else what}"


def event_line(event: RunEvent) -> str:
    """When, who, what."""
    return f"{_moment(event.at)}  {event.actor}  {event.message}"


def worker_lines(workers: Sequence[WorkerInfo]) -> Iterator[Line]:
    """A table of workers."""
    if not workers:
        yield "No worker is registered; `llmsdeck worker` starts one."
        return
    rows = [("WORKER", "PID", "STATE", "BUSY", "BEAT", "SWEEP")]
    rows += [
        (
            worker.worker_id,
            str(worker.pid),
            worker.state if worker.alive else "dead",
            f"{worker.busy}/{worker.slots}",
            _ago(worker.heartbeat_age_s),
            " ".join(filter(None, [_ago(worker.sweep_age_s), worker.sweep_error])),
        )
        for worker in workers
    ]
    yield from table(rows)


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    return "before a restart" if isinf(seconds) else f"{duration(seconds)} ago"


def policy_lines(policy: Policy, keys: Sequence[str]) -> Iterator[Line]:
    """A table of limits: what holds, and what would hold by default."""
    rows = [("KEY", "VALUE", "DEFAULT")]
    rows += [(key, write_value(key, policy.values()[key]), write_default(key)) for key in keys]
    yield from table(rows)


def plan_lines(plan: PrunePlan) -> Iterator[Line]:
    """What would go and why."""
    yield from table(
        [
            (
                item.run_id[:SHORT_ID_LENGTH],
                str(item.status),
                size(item.size_bytes),
                short_source(item.source),
                item.reason,
            )
            for item in plan.items
        ]
    )
    yield f"{runs_and_size(len(plan.items), plan.total_bytes)}."


def trash_lines(items: Sequence[TrashItem]) -> Iterator[Line]:
    """A table of what can be brought back."""
    if not items:
        yield "The trash is empty."
        return
    rows = [("RUN", "STATUS", "PRUNED", "BY", "GONE IN", "SOURCE")]
    rows += [
        (
            item.run_id[:SHORT_ID_LENGTH],
            str(item.status),
            _moment(item.pruned_at),
            str(item.pruned_by),
            duration(item.left_s),
            short_source(item.source),
        )
        for item in items
    ]
    yield from table(rows)


def runs_and_size(runs: int, total_bytes: int) -> str:
    """`1 run, 61 KB`."""
    return f"{runs} run{'' if runs == 1 else 's'}, {size(total_bytes)}"


def _source(run: Run) -> str:
    source = short_source(run.source)
    return f"{source}@{run.ref}" if run.ref else source


def _moment(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[Line]:
    """Columns as wide as their widest cell, the last one as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for *cells, last in rows:
        padded = [_padded(cell, width) for cell, width in zip(cells, widths, strict=True)]
        if any(isinstance(cell, Toned) for cell in cells):
            yield (*(piece for cell in padded for piece in (cell, "  ")), last)
        else:
            yield "  ".join([*padded, last]).rstrip()


def _padded(cell: str, width: int) -> str:
    return cell.padded(width) if isinstance(cell, Toned) else f"{cell:{width}}"
