"""What leaves the deck as JSON, the same for every front end."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isinf
from typing import TYPE_CHECKING, TypeAlias

from llmsdeck.settings import Policy
from llmsdeck.states import UNANSWERED, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmsdeck.answers import CancelAnswer
    from llmsdeck.calls import CallText, ModelCall
    from llmsdeck.comparison import Comparison
    from llmsdeck.errors import DeckError
    from llmsdeck.model import Cancel, Question, Run, RunEvent
    from llmsdeck.pages import ArtifactText
    from llmsdeck.pruning import PrunePlan, TrashItem
    from llmsdeck.snapshot import WorkerInfo
    from llmsdeck.verdict import Measure, Verdict
    from llmsdeck.why import Explanation

Document: TypeAlias = dict[str, object]
"""Ready for a JSON encoder."""


def run_document(run: Run) -> Document:
    """A run, with ages in seconds and times in ISO 8601, UTC."""
    return {
        "run_id": run.run_id,
        "short_id": run.short_id,
        "source": run.source,
        "ref": run.ref,
        "commit": run.commit,
        "artifacts_wanted": list(run.artifacts_wanted),
        "model": run.model,
        "priority": run.priority,
        "parent_run": run.parent_run,
        "requested_by": str(run.requested_by),
        "output_dir": run.output_dir,
        "status": run.status,
        "outcome": run.outcome,
        "score": run.score,
        "phase": run.phase,
        "progress": {"done": run.progress.done, "total": run.progress.total},
        "attempt": run.attempt,
        "max_attempts": run.max_attempts,
        "worker": run.worker,
        "heartbeat_age_s": _seconds(run.heartbeat_age_s),
        "moved_age_s": _seconds(run.moved_age_s),
        "stale": run.stale,
        "stale_reason": run.stale_reason,
        "cancel": _cancel_document(run.cancel) if run.cancel else None,
        "queue_position": run.queue_position,
        "held": run.held,
        "question": _question_document(run.question) if run.question else None,
        "error_kind": run.error_kind,
        "error_message": run.error_message,
        "warnings": [
            {"kind": warning.kind, "message": warning.message, "count": warning.count}
            for warning in run.warnings
        ],
        "artifacts": [
            {
                "name": artifact.name,
                "path": artifact.path,
                "size_bytes": artifact.size_bytes,
                "hash_sha256": artifact.hash_sha256,
            }
            for artifact in run.artifacts
        ],
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "updated_at": _time(run.updated_at),
        "finished_at": _time(run.finished_at),
    }


def event_document(event: RunEvent) -> Document:
    """One line of a run's history."""
    return {
        "seq": event.seq,
        "run_id": event.run_id,
        "at": _time(event.at),
        "actor": str(event.actor),
        "kind": event.kind,
        "message": event.message,
        "data": dict(event.data),
    }


def call_document(call: ModelCall) -> Document:
    """One call to a model; `kept` says whether what was said in it is still there."""
    return {
        "number": call.number,
        "at": _time(call.at),
        "purpose": call.purpose,
        "model": call.model,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "seconds": call.seconds,
        "tokens_per_s": call.tokens_per_s,
        "answered": call.answered,
        "accepted": call.accepted,
        "reason": call.reason,
        "kept": call.text is not None,
    }


def call_text_document(run: Run, call: ModelCall, said: CallText) -> Document:
    """What was said in one call of a run."""
    return {
        "run_id": run.run_id,
        "call": call_document(call),
        "system": said.system,
        "user": said.user,
        "thoughts": said.thoughts,
        "answer": said.answer,
    }


def worker_document(worker: WorkerInfo) -> Document:
    """A registered worker."""
    return {
        "worker_id": worker.worker_id,
        "pid": worker.pid,
        "slots": worker.slots,
        "busy": worker.busy,
        "state": worker.state,
        "alive": worker.alive,
        "heartbeat_age_s": _seconds(worker.heartbeat_age_s),
        "started_at": _time(worker.started_at),
        "sweep_age_s": _seconds(worker.sweep_age_s),
        "sweep_error": worker.sweep_error,
    }


def policy_document(policy: Policy, keys: Iterable[str]) -> Document:
    """Some of the limits, each with its default; durations are in seconds."""
    now, default = policy.values(), Policy().values()
    return {"policy": {key: {"value": now[key], "default": default[key]} for key in keys}}


def cancel_answer_document(answer: CancelAnswer) -> Document:
    """What a cancel did to one run."""
    return {
        "run_id": answer.run_id,
        "verdict": answer.verdict,
        "message": answer.message,
        "run": run_document(answer.run) if answer.run else None,
    }


def plan_document(plan: PrunePlan) -> Document:
    """What pruning would remove, and why each run qualifies."""
    return {
        "runs": [
            {
                "run_id": item.run_id,
                "source": item.source,
                "status": item.status,
                "finished_at": _time(item.finished_at),
                "size_bytes": item.size_bytes,
                "reason": item.reason,
            }
            for item in plan.items
        ],
        "total_bytes": plan.total_bytes,
        "fingerprint": plan.fingerprint,
    }


def trash_document(item: TrashItem) -> Document:
    """A pruned run that can be brought back."""
    return {
        "run_id": item.run_id,
        "source": item.source,
        "status": item.status,
        "finished_at": _time(item.finished_at),
        "size_bytes": item.size_bytes,
        "pruned_at": _time(item.pruned_at),
        "pruned_by": str(item.pruned_by),
        "left_s": _seconds(item.left_s),
    }


def text_document(run: Run, text: ArtifactText) -> Document:
    """A piece of an artifact of a run."""
    return {
        "run_id": run.run_id,
        "name": text.name,
        "offset": text.offset,
        "total_chars": text.total_chars,
        "content": text.content,
    }


def verdict_document(verdict: Verdict) -> Document:
    """What the judge says; `score` is 0 when a gate is failed, `points` are what they are."""
    return {
        "subject": verdict.subject,
        "profile": verdict.profile,
        "passed": verdict.passed,
        "score": verdict.score,
        "points": verdict.points,
        "gates": [
            {
                "name": gate.name,
                "passed": gate.passed,
                "findings": [{"line": f.line, "message": f.message} for f in gate.findings],
            }
            for gate in verdict.gates
        ],
        "rubric": [
            {"name": m.name, "weight": m.weight, "points": _points(m), "reason": m.reason}
            for m in verdict.rubric
        ],
        "links": [
            {"url": x.url, "state": x.state, "reason": x.reason, "moved_to": x.moved_to}
            for x in verdict.links
        ],
    }


def _points(measure: Measure) -> float | None:
    return None if measure.points is None else round(measure.points, 3)


def comparison_document(comparison: Comparison, *, with_text: bool) -> Document:
    """How two bundles differ; `text` is there only when asked for."""
    old, new = comparison.scores
    document: Document = {
        "before": comparison.before,
        "after": comparison.after,
        "equal": comparison.equal,
        "scores": {"before": old, "after": new},
        "texts": [{"what": x.what, "before": x.before, "after": x.after} for x in comparison.texts],
        "sections": [
            {"change": x.change, "name": x.name, "links": x.links} for x in comparison.sections
        ],
        "links": [
            {
                "change": x.change,
                "title": x.title,
                "url": x.url,
                "before": x.before,
                "after": x.after,
            }
            for x in comparison.links
        ],
        "kept": comparison.kept,
        "files": [
            {"change": x.change, "path": x.path, "before": x.before, "after": x.after}
            for x in comparison.files
        ],
        "sizes": [
            {"name": x.name, "before": x.before, "after": x.after, "same": x.same}
            for x in comparison.sizes
        ],
    }
    return {**document, "text": list(comparison.lines)} if with_text else document


def explanation_document(explanation: Explanation) -> Document:
    """Why a run is in its state."""
    return {
        "run_id": explanation.run_id,
        "state": explanation.state,
        "headline": explanation.headline,
        "evidence": [
            {"fact": x.fact, "value": x.value, "limit": x.limit} for x in explanation.evidence
        ],
        "next_steps": [
            {"sentence": x.sentence, "command": x.command} for x in explanation.next_steps
        ],
    }


def error_document(error: DeckError) -> Document:
    """An error: its kind, its sentence and its facts."""
    return {"kind": error.kind, "message": str(error), **error.facts()}


def _question_document(question: Question) -> Document:
    return {
        "expected_tokens": question.expected_tokens,
        "token_budget": question.token_budget,
        "left_s": _seconds(question.left_s),
        "answers": list(Decision),
        "unanswered": UNANSWERED,
    }


def _cancel_document(cancel: Cancel) -> Document:
    return {
        "state": cancel.state,
        "by": str(cancel.by),
        "requested_at": _time(cancel.requested_at),
        "verdict": cancel.verdict,
    }


def _seconds(seconds: float | None) -> float | None:
    """Rounded to milliseconds; JSON has no word for the endless age of another boot's beat."""
    return None if seconds is None or isinf(seconds) else round(seconds, 3)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds")
