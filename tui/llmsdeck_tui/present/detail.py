"""The pane under the table: timeline, events, artifacts and the text of one."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from llmsdeck.model import Artifact, ArtifactName, Run, RunEvent
from llmsdeck.snapshot import PhaseSpan, RunDetail
from llmsdeck.states import Phase, RunStatus
from llmsdeck_tui.present import runs, words
from llmsdeck_tui.safe import plain, safe, safe_lines

_LABEL_WIDTH = 10
_NAME_WIDTH = 14


def title(run: Run) -> Content:
    """Which run the pane shows."""
    return Content.assemble((plain(run.short_id), words.STRONG), " ", runs.name(run))


def timeline(detail: RunDetail, now: datetime) -> list[Content]:
    """State, phases with their durations, then everything else worth knowing."""
    run = detail.run
    lines = [state(run, now)]
    lines += [_phase(span, run) for span in detail.phases]
    if run.status is RunStatus.PROCESSING:
        lines += _phases_to_come(detail)
    lines += _facts(run, now)
    return lines


def state(run: Run, now: datetime) -> Content:
    """Status, time spent, and why it is so or what it is worth."""
    glyph, style = runs.status(run)
    why = runs.outcome(run)
    if run.status is RunStatus.PENDING:
        why = Content(runs.waiting(run))
    written = words.precise_duration if run.finished_at else words.fine_duration
    since = written(runs.elapsed(run, now))
    waits = run.status is RunStatus.PENDING or run.started_at is None
    spent = "waited" if waits else "took" if run.finished_at else "for"
    parts = [Content.assemble((glyph, style)), Content(f"{spent} {since}"), why]
    return Content(" · ").join(part for part in parts if part.plain)


def spent(span: PhaseSpan) -> str:
    """How long a phase took, or takes so far."""
    written = words.fine_duration if span.running else words.precise_duration
    return written(span.seconds)


def _phase(span: PhaseSpan, run: Run) -> Content:
    mark, style = phase_mark(span, run)
    live = span.running and run.status is RunStatus.PROCESSING
    seconds = spent(span)
    progress = run.progress
    figures = f"{progress.done}/{progress.total}" if live and progress.total else ""
    usual = ""
    if span.usual_s is not None:
        low, high = span.usual_s
        usual = f"usually {words.precise_duration(low)} to {words.precise_duration(high)}"
    return Content.assemble(
        "  ",
        (mark, style),
        f" {span.phase:<8} {seconds:>7}  ",
        f"{figures:<8}",
        (usual, words.QUIET),
    )


def phase_mark(span: PhaseSpan, run: Run) -> tuple[str, str]:
    """A glyph for how far a phase is, and its style."""
    if span.running and run.status is RunStatus.PROCESSING:
        return "▶", words.LIVE
    if span.phase is run.phase and run.status is RunStatus.FAILED:
        return "✗", words.BAD
    return "✓", words.GOOD


def _phases_to_come(detail: RunDetail) -> list[Content]:
    begun = {span.phase for span in detail.phases}
    return [
        Content.assemble((f"  · {phase}", words.QUIET)) for phase in Phase if phase not in begun
    ]


def _facts(run: Run, now: datetime) -> list[Content]:
    lines: list[Content] = []
    if run.error_message:
        lines += _wrapped("error", f"{run.error_kind or 'internal'}: {run.error_message}")
    if run.cancel is not None:
        state = run.cancel.verdict or run.cancel.state
        at = words.clock(run.cancel.requested_at)
        lines.append(_fact("cancel", f"{state}, requested by {run.cancel.by} at {at}"))
    for warning in run.warnings:
        times = f" ({warning.count} times)" if warning.count > 1 else ""
        lines.append(_fact("warning", f"{warning.message}{times}"))
    lines.append(_fact("asked by", f"{run.requested_by} at {words.day_and_clock(run.created_at)}"))
    if run.attempt:
        lines.append(_fact("attempt", _attempt(run)))
    if run.commit:
        lines.append(_fact("commit", run.commit))
    if run.output_dir:
        lines.append(_fact("output", run.output_dir))
    if run.parent_run:
        lines.append(_fact("retry of", run.parent_run[: len(run.short_id)]))
    return lines


def _attempt(run: Run) -> str:
    text = f"{run.attempt} of {run.max_attempts}"
    if run.status is not RunStatus.PROCESSING:
        return text
    beat = run.heartbeat_age_s
    proof = "" if beat is None else f", last beat {words.fine_duration(beat)} ago"
    return f"{text} on worker {run.worker}, process {run.pid}{proof}"


def _fact(label: str, text: str) -> Content:
    return Content.assemble((f"  {label:<{_LABEL_WIDTH}}", words.QUIET), safe(text))


def _wrapped(label: str, text: str) -> list[Content]:
    first, *others = safe_lines(text)
    head = Content.assemble((f"  {label:<{_LABEL_WIDTH}}", words.QUIET), first)
    return [head, *(Content(" " * (_LABEL_WIDTH + 2)) + line for line in others)]


def events(events: tuple[RunEvent, ...]) -> list[Content]:
    """One line per event, oldest first."""
    return [_event(event) for event in events]


def _event(event: RunEvent) -> Content:
    return Content.assemble(
        (f"{words.clock(event.at)}  ", words.QUIET),
        f"{plain(event.kind, 18):<18}  ",
        safe(event.message),
        (f"  {plain(str(event.actor), 40)}", words.QUIET),
    )


def published(run: Run) -> list[Artifact]:
    """The files of a run, the one that people read first at the top."""
    return sorted(run.artifacts, key=lambda artifact: place(artifact.name))


def place(name: ArtifactName) -> tuple[int, str]:
    """The members in their order, the parts of a large one right after it."""
    member = ArtifactName.LLMS_FULL if name.is_part else name
    return list(ArtifactName).index(member), name if name.is_part else ""


def artifacts(run: Run, *, with_tokens: bool = False) -> list[Content]:
    """One line per published file, or why there is none."""
    if run.artifacts:
        width = max(_NAME_WIDTH, *(len(artifact.name) for artifact in run.artifacts))
        return [_artifact(artifact, width, with_tokens) for artifact in published(run)]
    if run.status is RunStatus.COMPLETED:
        return [Content("This run published no file.")]
    if run.finished_at is not None:
        return [Content("This run did not complete, so nothing of it was published.")]
    return [Content("Nothing yet: files appear here when the run has completed.")]


def _artifact(artifact: Artifact, width: int, with_tokens: bool) -> Content:
    estimate = f"{words.tokens(artifact.size_bytes):>15}  " if with_tokens else ""
    return Content.assemble(
        f"{artifact.name:<{width}}  {words.size(artifact.size_bytes):>8}  {estimate}",
        (f"sha256 {plain(artifact.hash_sha256, 12)}  ", words.QUIET),
        (plain(artifact.path), words.QUIET),
    )
