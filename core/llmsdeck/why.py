"""Why a run is in its state: the evidence, the limits in force and the next safe action; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isinf

from llmsdeck.errors import NoSuchRunError, span
from llmsdeck.forecast import Span, forecast
from llmsdeck.model import Run, RunId
from llmsdeck.settings import Policy, write_duration
from llmsdeck.snapshot import DeckSnapshot, PhaseSpan
from llmsdeck.states import RETRYABLE, CancelState, Decision, ErrorKind, Outcome, RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact that the explanation rests on."""

    fact: str
    value: str
    limit: str | None = None
    """The limit in force that it is measured by, as `key=value` of the policy; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """Something that may be done now without harm."""

    sentence: str
    command: str | None = None
    """What to type for it; None when the step is to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one run is in its state."""

    run_id: RunId
    state: str
    """One word that is finer than the status: held, waiting, stale, slow, degraded, …"""
    headline: str
    """The reason as one sentence; may quote outside text."""
    evidence: tuple[Evidence, ...]
    next_steps: tuple[NextStep, ...]
    """The safest one comes first."""


def explain(snapshot: DeckSnapshot) -> Explanation:
    """Why the focused run of a snapshot is in its state; raises NoSuchRunError when it is gone.

    Whether a run is stale was decided by `states.vitality` when the snapshot was taken, so that
    this never contradicts the janitor.
    """
    if snapshot.detail is None:
        raise NoSuchRunError("The run has just been pruned; `llmsdeck restore` lists what went.")
    run = snapshot.detail.run
    match run.status:
        case RunStatus.PENDING:
            state, headline, steps = _pending(run, snapshot)
        case RunStatus.PROCESSING:
            state, headline, steps = _processing(run, snapshot)
        case _:
            state, headline, steps = _ended(run)
    return Explanation(
        run_id=run.run_id,
        state=state,
        headline=headline,
        evidence=tuple(_evidence(run, snapshot)),
        next_steps=tuple(steps),
    )


def state_of(run: Run) -> str:
    """Where a run is, as a short phrase that needs nothing but the run; may quote outside text."""
    match run.status:
        case RunStatus.PENDING if run.question:
            return f"asks: {run.held}"
        case RunStatus.PENDING if run.held:
            return f"held: {run.held}"
        case RunStatus.PENDING if run.retry_in_s:
            return f"waiting {span(run.retry_in_s)} before attempt {run.attempt + 1}"
        case RunStatus.PENDING:
            return f"number {run.queue_position} in the queue" if run.queue_position else "waiting"
        case RunStatus.PROCESSING:
            done = f" {run.progress.done}/{run.progress.total}" if run.progress.total else ""
            return f"{run.phase}{done}" if run.phase else "starting"
        case RunStatus.COMPLETED:
            score = "" if run.score is None else f", score {run.score}"
            return f"{run.outcome}{score}"
        case RunStatus.FAILED:
            return f"{run.error_kind}: {run.error_message}"
        case RunStatus.CANCELLED:
            return f"cancelled by {run.cancel.by}" if run.cancel else "cancelled"


_Told = tuple[str, str, list[NextStep]]


def _pending(run: Run, snapshot: DeckSnapshot) -> _Told:
    cancel = NextStep(sentence="Cancel it if it is not wanted.", command=_command("cancel", run))
    if run.question:
        return "asking", f"It asks: {run.held}", _decisions(run)
    if run.held:
        wait = "Start the model server; the run goes on by itself and loses no attempt."
        return "held", f"It is held: {run.held}", [NextStep(sentence=wait), cancel]
    if not any(worker.alive and worker.state == "running" for worker in snapshot.workers):
        start = NextStep(sentence="Start a worker.", command="llmsdeck worker --until-idle")
        return "unattended", "No worker is alive that would take it.", [start, cancel]
    if run.retry_in_s:
        wait = f"Wait {span(run.retry_in_s)}; then attempt {run.attempt + 1} may begin."
        lost = f"Attempt {run.attempt} of {run.max_attempts} was lost; the next one waits a little."
        return "retrying", lost, [NextStep(sentence=wait), cancel]
    place = f"It is number {run.queue_position} in the queue." if run.queue_position else "Queued."
    sooner = NextStep(sentence="Give workers more slots.", command="llmsdeck policy slots=N")
    return "waiting", place, [NextStep(sentence="Wait for its turn."), sooner, cancel]


def _decisions(run: Run) -> list[NextStep]:
    said = {
        Decision.WITHOUT_MODEL: "Let it go on without the model.",
        Decision.GO: "Let the model read all of it.",
        Decision.CANCEL: "Cancel it.",
    }
    return [
        NextStep(sentence=sentence, command=f"{_command('answer', run)} {decision}")
        for decision, sentence in said.items()
    ]


def _processing(run: Run, snapshot: DeckSnapshot) -> _Told:
    policy = snapshot.policy
    if run.cancel:
        stop = f"A cancel by {run.cancel.by} is {run.cancel.state}."
        force = f"Wait: it is stopped by force after {write_duration(policy.cancel_grace)}."
        return "cancelling", stop, [NextStep(sentence=force)]
    rescue = f"Wait: the janitor decides within {write_duration(policy.sweep_interval)}"
    if run.stale_reason:
        again = "another attempt follows" if run.attempt < run.max_attempts else "it then fails"
        word = "orphan" if run.orphan else "stale"
        headline = f"It is {word}: {run.stale_reason}."
        return word, headline, [NextStep(sentence=f"{rescue}, and {again}.")]
    wait = NextStep(sentence="Wait; its loop beats.")
    cancel = NextStep(sentence="Cancel it if it takes too long.", command=_command("cancel", run))
    phase = _running(snapshot)
    if phase and phase.usual_s and phase.seconds > phase.usual_s[1]:
        low, high = map(span, phase.usual_s)
        slow = f"{phase.phase} takes longer than usual: {span(phase.seconds)}, not {low} to {high}."
        return "slow", slow[:1].upper() + slow[1:], [wait, cancel]
    return "working", f"It is at work: {state_of(run)}.", [wait, cancel]


def _ended(run: Run) -> _Told:
    retry = NextStep(sentence="Try it again.", command=_command("retry", run))
    read = NextStep(sentence="Read it.", command=f"llmsdeck read {run.short_id} llms.txt")
    match run.status:
        case RunStatus.FAILED:
            return (
                "failed",
                f"It failed ({run.error_kind}): {run.error_message}",
                _after(run, retry),
            )
        case RunStatus.CANCELLED:
            by = f" by {run.cancel.by}" if run.cancel else ""
            return "cancelled", f"It was cancelled{by}.", [retry]
        case _ if run.outcome is Outcome.DEGRADED:
            causes = "; ".join(warning.message for warning in run.warnings) or "no reason is kept"
            return "degraded", f"It got less than was asked for: {causes}", [read, retry]
        case _ if run.outcome is Outcome.UNCHANGED:
            same = "Nothing had changed, so that it has the bundle of an earlier run."
            return "unchanged", same, [read]
        case _:
            return "good", f"It completed ({state_of(run)}).", [read]


def _after(run: Run, retry: NextStep) -> list[NextStep]:
    """What to do about a failure; a new run of the same cannot help when the source is to blame."""
    if run.error_kind in RETRYABLE:
        return [retry]
    advice = {
        ErrorKind.SOURCE: "Correct the source, its ref or its permissions, then try again.",
        ErrorKind.MODEL: "See that the model server answers, then try again.",
        ErrorKind.TIMEOUT: "Allow it more time, or give it a smaller source.",
        ErrorKind.REJECTED: "See what its gates found, in its events.",
        ErrorKind.INTERNAL: "Look at its events and the worker's log.",
    }
    first = advice.get(run.error_kind) if run.error_kind else None
    look = NextStep(sentence=first, command=_command("events", run)) if first else None
    return [look, retry] if look else [retry]


def _evidence(run: Run, snapshot: DeckSnapshot) -> Iterator[Evidence]:
    policy = snapshot.policy
    yield Evidence(
        fact="attempt",
        value=f"{run.attempt} of {run.max_attempts}",
        limit=f"max_attempts={policy.max_attempts}",
    )
    match run.status:
        case RunStatus.PENDING:
            yield from _queue_evidence(run, snapshot)
        case RunStatus.PROCESSING:
            yield from _work_evidence(run, snapshot)
        case _:
            yield from _end_evidence(run, policy)
    for warning in run.warnings:
        yield Evidence(fact=f"warning: {warning.kind}", value=f"{warning.message} ×{warning.count}")


def _queue_evidence(run: Run, snapshot: DeckSnapshot) -> Iterator[Evidence]:
    policy = snapshot.policy
    queued = f"{run.queue_position or '?'} of {snapshot.counts.pending}"
    yield Evidence(fact="place in the queue", value=queued, limit=f"queue_cap={policy.queue_cap}")
    alive = [worker for worker in snapshot.workers if worker.alive]
    busy, slots = sum(w.busy for w in alive), sum(w.slots for w in alive)
    workers = f"{len(alive)} alive, {busy} of {slots} slots busy"
    yield Evidence(fact="workers", value=workers, limit=f"slots={policy.slots}")
    if run.question:
        tokens = f"about {run.question.expected_tokens} to be read"
        budget = f"token_budget={run.question.token_budget}"
        yield Evidence(fact="tokens", value=tokens, limit=budget)
        within = f"answer_within={write_duration(policy.answer_within)}"
        yield Evidence(fact="time to answer", value=span(run.question.left_s), limit=within)
    yield from _expected(snapshot)
    for lane in snapshot.lanes:
        if run.held and lane.down_reason:
            yield Evidence(fact="model server", value=f"{lane.server}: {lane.down_reason}")


def _work_evidence(run: Run, snapshot: DeckSnapshot) -> Iterator[Evidence]:
    policy = snapshot.policy
    stale_after = f"stale_after={write_duration(policy.stale_after)}"
    yield Evidence(fact="last beat", value=_ago(run.heartbeat_age_s), limit=stale_after)
    yield Evidence(fact="last progress", value=_ago(run.moved_age_s))
    if phase := _running(snapshot):
        so_far = span(phase.seconds)
        if phase.usual_s:
            so_far += f", usually {span(phase.usual_s[0])} to {span(phase.usual_s[1])}"
        yield Evidence(fact=f"time in {phase.phase}", value=so_far)
    yield from _expected(snapshot)
    timeout = policy.run_timeout if run.timeout_s is None else run.timeout_s
    yield Evidence(fact="time allowed", value=span(timeout), limit=_own_or("run_timeout", run))
    if run.worker:
        yield Evidence(fact="worker", value=f"{run.worker}, run process {run.pid or 'not started'}")
    if run.cancel and run.cancel.state is not CancelState.STOPPED:
        grace = f"cancel_grace={write_duration(policy.cancel_grace)}"
        yield Evidence(fact="cancel", value=f"{run.cancel.state} by {run.cancel.by}", limit=grace)


def _expected(snapshot: DeckSnapshot) -> Iterator[Evidence]:
    """When it may begin and end, from this store's own history; why that is unknown, if it is."""
    expected = forecast(snapshot)
    if expected is None:
        return
    if expected.begins is not None:
        yield Evidence(fact="expected start", value=in_words(expected.begins))
    if expected.ends is not None:
        yield Evidence(fact="expected end", value=in_words(expected.ends))
    elif expected.unknown:
        yield Evidence(fact="expected end", value=f"unknown: {expected.unknown}")


def in_words(expected: Span) -> str:
    """`in 12 s to 3 min`, `in 5 s or later`, `at once`; a wide range says that it is one."""
    if expected.most is None:
        return f"in {span(expected.least)} or later"
    if expected.most <= 1:
        return "at once"
    least, most = span(expected.least), span(expected.most)
    if expected.is_wide:
        return f"in {least} to {most}, a wide guess: runs here differ much"
    return f"in {least}" if least == most else f"in {least} to {most}"


def _end_evidence(run: Run, policy: Policy) -> Iterator[Evidence]:
    if run.finished_at:
        key = "ttl_completed" if run.status is RunStatus.COMPLETED else "ttl_failed"
        limit = f"{key}={write_duration(policy.values()[key])}"
        ended = run.finished_at.isoformat(timespec="seconds")
        yield Evidence(fact="ended", value=ended, limit=limit)
    if run.score is not None:
        yield Evidence(fact="score", value=str(run.score))


def _running(snapshot: DeckSnapshot) -> PhaseSpan | None:
    phases = snapshot.detail.phases if snapshot.detail else ()
    return next((phase for phase in phases if phase.running), None)


def _own_or(key: str, run: Run) -> str:
    return key if run.timeout_s is None else "asked for by the run"


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "none yet"
    return "before this machine restarted" if isinf(seconds) else f"{span(seconds)} ago"


def _command(verb: str, run: Run) -> str:
    return f"llmsdeck {verb} {run.short_id}"
