"""The pane under the table: timeline, events, artifacts and the text of one."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from llmsdeck.model import Artifact, ArtifactName, ArtifactText, PhaseSpan, Run, RunDetail, RunEvent
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
    lines = [_state(run, now)]
    lines += [_phase(span, run) for span in detail.phases]
    if run.status is RunStatus.PROCESSING:
        lines += _phases_to_come(detail)
    lines += _facts(run, now)
    return lines


def _state(run: Run, now: datetime) -> Content:
    glyph, style = runs.status(run)
    why = runs.outcome(run)
    if run.status is RunStatus.PENDING:
        why = Content(runs.waiting(run))
    since = words.fine_duration(runs.elapsed(run, now))
    waits = run.status is RunStatus.PENDING or run.started_at is None
    spent = "waited" if waits else "took" if run.finished_at else "for"
    parts = [Content.assemble((glyph, style)), Content(f"{spent} {since}"), why]
    return Content(" · ").join(part for part in parts if part.plain)


def _phase(span: PhaseSpan, run: Run) -> Content:
    live = span.running and run.status is RunStatus.PROCESSING
    failed = span.running and run.status is RunStatus.FAILED
    mark, style = ("▶", words.LIVE) if live else ("✗", words.BAD) if failed else ("✓", words.GOOD)
    seconds = words.fine_duration(span.seconds)
    progress = run.progress
    figures = f"{progress.done}/{progress.total}" if live and progress.total else ""
    usual = ""
    if span.usual_s is not None:
        low, high = span.usual_s
        usual = f"usually {words.fine_duration(low)} to {words.fine_duration(high)}"
    return Content.assemble(
        "  ",
        (mark, style),
        f" {span.phase:<8} {seconds:>7}  ",
        f"{figures:<8}",
        (usual, words.QUIET),
    )


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
    return sorted(run.artifacts, key=lambda artifact: _place(artifact.name))


def _place(name: ArtifactName) -> tuple[int, str]:
    """The members in their order, the parts of a large one right after it."""
    member = ArtifactName.LLMS_FULL if name.is_part else name
    return list(ArtifactName).index(member), name if name.is_part else ""


def artifacts(run: Run) -> list[Content]:
    """One line per published file, or why there is none."""
    if run.artifacts:
        width = max(_NAME_WIDTH, *(len(artifact.name) for artifact in run.artifacts))
        return [_artifact(artifact, width) for artifact in published(run)]
    if run.status is RunStatus.COMPLETED:
        return [Content("This run published no file.")]
    if run.finished_at is not None:
        return [Content("This run did not complete, so nothing of it was published.")]
    return [Content("Nothing yet: files appear here when the run has completed.")]


def _artifact(artifact: Artifact, width: int) -> Content:
    return Content.assemble(
        f"{artifact.name:<{width}}  {words.size(artifact.size_bytes):>8}  ",
        (f"sha256 {plain(artifact.hash_sha256, 12)}  ", words.QUIET),
        (plain(artifact.path), words.QUIET),
    )


def artifact_heading(text: ArtifactText) -> Content:
    """Which text is shown and how much of it."""
    shown = len(text.content)
    total = words.number(text.total_chars)
    extent = f"{total} characters"
    if text.truncated:
        extent = f"the first {words.number(shown)} of {total} characters"
    return Content.assemble((str(text.name), words.STRONG), (f"  {extent}", words.QUIET))


def artifact_lines(text: ArtifactText) -> list[Content]:
    """The text as it is, with the structure of its Markdown made easier to see."""
    return [_source_line(line) for line in safe_lines(text.content)]


def _source_line(line: Content) -> Content:
    if line.plain.startswith("#"):
        return line.stylize(words.STRONG)
    return line.stylize(words.QUIET) if line.plain.startswith(">") else line
