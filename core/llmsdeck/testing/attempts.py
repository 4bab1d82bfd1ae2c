"""Workers of a fake deck and what their attempts do, as a test plays it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from llmsdeck.calls import EVENT, CallText, key_of
from llmsdeck.clock import NANOSECONDS, Instant
from llmsdeck.model import Artifact, ArtifactName, Progress, Question, RunId, RunWarning, WorkerId
from llmsdeck.snapshot import PhaseSpan, WorkerInfo
from llmsdeck.states import ErrorKind, Outcome, Phase, RunStatus, retry_delay
from llmsdeck.testing.lookout import FakeLookout
from llmsdeck.testing.memory import WORKER


class Attempts(FakeLookout):
    """Each step that a test takes is announced."""

    def add_worker(self, slots: int | None = None) -> WorkerId:
        """Register a living worker."""
        worker = WorkerInfo(
            worker_id=WorkerId(f"w{len(self._workers) + 1}"),
            pid=4_000 + len(self._workers),
            slots=self.limits.slots if slots is None else slots,
            busy=0,
            state="running",
            alive=True,
            heartbeat_age_s=0.4,
            started_at=self.wall(),
            sweep_age_s=1.0,
        )
        self._workers.append(worker)
        self.announce()
        return worker.worker_id

    @property
    def registered(self) -> tuple[WorkerInfo, ...]:
        """The workers as the test has added them."""
        return tuple(self._workers)

    def set_worker(self, index: int, worker: WorkerInfo) -> None:
        """Replace a registered worker, for example by a dead or failing one."""
        self._workers[index] = worker
        self.announce()

    def bury_worker(self, index: int = 0) -> None:
        """A worker's process dies, which nobody announces."""
        self._workers[index] = replace(self._workers[index], alive=False)

    def claim(self, run_id: RunId) -> None:
        """Begin an attempt."""
        record, now = self._record(run_id), self.clock.now()
        record.beat = record.moved = now
        record.owner_alive = True
        record.spans.clear()
        attempt = record.run.attempt + 1
        self._move(
            record,
            RunStatus.PROCESSING,
            attempt=attempt,
            token=record.run.token + 1,
            worker=WorkerId("w1"),
            pid=5_000 + record.run.seq,
            started_at=self.wall(),
        )
        self._tell(record, "claimed", f"Attempt {attempt} of {record.run.max_attempts} begins.")
        self.enter(run_id, Phase.COLLECT)

    def beat(self, run_id: RunId) -> None:
        """The attempt shows that it is alive."""
        self._record(run_id).beat = self.clock.now()
        self.announce()

    def enter(self, run_id: RunId, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Go to a phase, or on within it."""
        record = self._record(run_id)
        if record.run.phase is not phase or not record.spans:
            self._close_span(record)
            record.phase_since = self.clock.now()
            record.spans.append(
                PhaseSpan(phase=phase, seconds=0, running=True, usual_s=self.usual.get(phase))
            )
            self._tell(record, "phase", f"Entered {phase}.")
        record.beat = record.moved = self.clock.now()
        self._update(record, phase=phase, progress=Progress(done, total))

    def note(self, run_id: RunId, kind: str, message: str, data: Mapping[str, object]) -> None:
        """The attempt has something to say, such as that a call to a model has ended."""
        record = self._record(run_id)
        record.events.append(replace(self._event(run_id, kind, message, WORKER), data=data))
        self.announce()

    def called(
        self, run_id: RunId, message: str, data: Mapping[str, object], said: CallText
    ) -> None:
        """A call to a model has ended, and what was said in it is kept."""
        key = key_of(said.pack())
        self._record(run_id).calls[key] = said
        self.note(run_id, EVENT, message, {**data, "text": key})

    def ask(self, run_id: RunId, expected_tokens: int, token_budget: int) -> None:
        """The attempt is over its budget and gives its run back with a question."""
        record = self._record(run_id)
        record.asked = self.clock.now()
        question = Question(
            expected_tokens=expected_tokens,
            token_budget=token_budget,
            left_s=self.limits.answer_within,
        )
        self._close_span(record)
        self._move(
            record,
            RunStatus.PENDING,
            attempt=record.run.attempt - 1,
            question=question,
            worker=None,
            pid=None,
            phase=None,
        )
        self._tell(record, "asked", question.sentence)

    def complete(
        self,
        run_id: RunId,
        texts: Mapping[ArtifactName, str],
        *,
        outcome: Outcome = Outcome.GOOD,
        score: int = 93,
        warnings: tuple[RunWarning, ...] = (),
    ) -> None:
        """Publish a bundle."""
        record = self._record(run_id)
        record.texts = dict(texts)
        artifacts = tuple(_artifact(run_id, name, text) for name, text in texts.items())
        self._end(
            record,
            RunStatus.COMPLETED,
            outcome=outcome,
            score=score,
            warnings=warnings,
            artifacts=artifacts,
            bundle_dir=f"{self.store_dir}/bundles/{run_id}/{record.run.token}",
        )
        self._tell(record, "completed", f"Published {len(artifacts)} files, score {score}.")

    def fail(self, run_id: RunId, kind: ErrorKind, message: str) -> None:
        """End a run with a reason."""
        record = self._record(run_id)
        self._end(record, RunStatus.FAILED, error_kind=kind, error_message=message)
        self._tell(record, "failed", message)

    def lose_owner(self, run_id: RunId) -> None:
        """The worker's process is gone; nobody has noticed yet."""
        self._record(run_id).owner_alive = False
        self.announce()

    def lose_attempt(self, run_id: RunId) -> None:
        """The run goes back to the queue and waits for its next attempt."""
        record = self._record(run_id)
        delay = retry_delay(record.run.attempt)
        record.ready = Instant("fake-boot", self.clock.now().ns + round(delay * NANOSECONDS))
        self._close_span(record)
        self._move(record, RunStatus.PENDING, worker=None, pid=None, phase=None)
        self._tell(record, "attempt_lost", f"The attempt was lost; next one in {delay:.0f} s.")

    def forget_texts(self) -> None:
        """The files of all bundles are gone, and what was said in calls."""
        for record in self._records.values():
            record.texts.clear()
            record.calls.clear()


def _artifact(run_id: RunId, name: ArtifactName, text: str) -> Artifact:
    data = text.encode("utf-8", "surrogatepass")
    return Artifact(
        name=name,
        path=f"/srv/llmsdeck/bundles/{run_id}/1/{name}",
        size_bytes=len(data),
        hash_sha256=hashlib.sha256(data).hexdigest(),
    )
