"""What a fake deck is asked for: runs, and that they stop."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from llmsdeck.answers import CancelAnswer
from llmsdeck.errors import NoSuchRunError
from llmsdeck.model import NO_MODEL, Actor, ActorKind, Cancel, Run, RunId, RunRequest
from llmsdeck.states import TERMINAL, CancelState, RunStatus
from llmsdeck.testing.attempts import Attempts
from llmsdeck.testing.memory import Record


class Intents(Attempts):
    """Requests and cancels, without asking the rules."""

    def add(
        self,
        source: str,
        *,
        ref: str | None = None,
        model: str = NO_MODEL,
        by: Actor = Actor(ActorKind.OPERATOR),  # noqa: B008 - frozen
        parent: RunId | None = None,
    ) -> RunId:
        """Accept a run without asking the rules."""
        return self._accept(RunRequest(source=source, ref=ref, model=model), by, parent).run_id

    def accept(self, request: RunRequest, by: Actor, parent: RunId | None = None) -> RunId:
        """Accept a whole request without asking the rules."""
        return self._accept(request, by, parent).run_id

    def _accept(self, request: RunRequest, actor: Actor, parent: RunId | None) -> Run:
        seq = len(self._records) + self._pruned + 1
        run = Run(
            seq=seq,
            run_id=_run_id(seq),
            source=request.source,
            ref=request.ref,
            artifacts_wanted=request.artifacts,
            model=request.model,
            priority=request.priority,
            parent_run=parent,
            requested_by=actor,
            output_dir=request.output_dir,
            timeout_s=request.timeout_s,
            fresh=request.force or request.fresh,
            status=RunStatus.PENDING,
            max_attempts=self.limits.max_attempts,
            created_at=self.wall(),
            updated_at=self.wall(),
        )
        record = self._records[run.run_id] = Record(run, self.clock.now())
        said = "Accepted, to be made from the start." if run.fresh else "Accepted."
        self._tell(record, "accepted", said, actor)
        return self._seen_run(record)

    def request_cancel(self, run_id: RunId, actor: Actor) -> None:
        """Somebody else asks for a cancel."""
        self._cancel(run_id, actor)

    def cancelling(self) -> tuple[RunId, ...]:
        """Runs that a cancel was requested for and that go on."""
        return tuple(run.run_id for run in self.newest_first() if run.cancelling)

    def climb(self, run_id: RunId) -> CancelState:
        """Let a requested cancel take its next step; the last one ends the run."""
        record = self._record(run_id)
        cancel = record.run.cancel
        assert cancel is not None
        ladder = list(CancelState)
        state = ladder[min(ladder.index(cancel.state) + 1, len(ladder) - 1)]
        verdict = "cancelled" if state is CancelState.STOPPED else None
        stepped = replace(cancel, state=state, verdict=verdict)
        if state is CancelState.STOPPED:
            self._end(record, RunStatus.CANCELLED, cancel=stepped)
        else:
            self._update(record, cancel=stepped)
        self._tell(record, f"cancel_{state}", f"Cancel: {state}.")
        return state

    def _cancel(self, run_id: RunId, actor: Actor) -> CancelAnswer:
        try:
            record = self._record(run_id)
        except NoSuchRunError as error:
            return CancelAnswer(run_id=run_id, error=error)
        verdict, message = self._stop(record, actor)
        return CancelAnswer(
            run_id=run_id, run=self._seen_run(record), verdict=verdict, message=message
        )

    def _stop(self, record: Record, actor: Actor) -> tuple[str, str]:
        """The verdict and a sentence."""
        run = record.run
        if run.status in TERMINAL:
            ago = (self.clock.wall_ms() - record.ended_ms) / 1000
            if run.status is RunStatus.CANCELLED:
                return "cancelled", f"It was already cancelled {ago:.1f} s before."
            return "too_late", f"Too late, it had finished {ago:.1f} s before."
        if run.cancel is None:
            asked = Cancel(state=CancelState.REQUESTED, by=actor, requested_at=self.wall())
            self._update(record, cancel=asked)
            self._tell(record, "cancel_requested", "A cancel was requested.", actor)
        if run.status is RunStatus.PENDING or not record.owner_alive:
            assert record.run.cancel is not None
            stopped = replace(record.run.cancel, state=CancelState.STOPPED, verdict="cancelled")
            self._end(record, RunStatus.CANCELLED, cancel=stopped)
            return "cancelled", "Nobody was working on it."
        return "requested", "It will stop within seconds."


def _run_id(seq: int) -> RunId:
    return RunId(hashlib.sha256(str(seq).encode()).hexdigest()[:26])
