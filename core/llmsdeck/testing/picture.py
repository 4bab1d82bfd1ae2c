"""What is seen in the memory of a fake deck: ages, places in the queue, pictures of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmsdeck.clock import NANOSECONDS
from llmsdeck.filter import Order, matches, parse
from llmsdeck.model import OPTIONAL_MODELS, Question, Run, RunId
from llmsdeck.snapshot import Counts, DeckSnapshot, RunDetail, Window, WorkerInfo
from llmsdeck.states import Outcome, RunStatus, Vitality, vitality
from llmsdeck.testing.memory import Memory, Record

_MINUTE_MS: Final = 60_000


class Picture(Memory):
    """Nothing that is derived is remembered; it comes from the clock whenever somebody looks."""

    async def snapshot(
        self, window: Window, focus: RunId | None = None, filter: str = "", sort: str = ""
    ) -> DeckSnapshot:
        """One picture of the memory; ages come from the clock."""
        self._look()
        self._pictured = self._revision
        runs = Order.parse(sort).arranged(self._matching(filter))
        rows = {run.run_id: row for row, run in enumerate(runs)}
        shown = runs[window.first : window.first + window.size]
        known = focus is not None and focus in self._records
        self.last_focus = focus
        self.last_picture = DeckSnapshot(
            taken_at=self.wall(),
            store_dir=self.store_dir,
            read_only=self.read_only,
            counts=self._counts(self.newest_first()),
            filter=filter,
            sort=sort,
            total=len(runs),
            focus_row=None if focus is None else rows.get(focus),
            window=window,
            runs=tuple(shown),
            focus=focus,
            detail=self._detail(focus) if focus is not None and known else None,
            workers=self._seen_workers(),
            lanes=self.lanes,
            held=sum(run.held is not None and run.question is None for run in runs),
            asking=sum(run.question is not None for run in runs),
            policy=self.limits,
            finished_per_minute=self._finished_per_minute(),
            free_bytes=self.free_bytes,
            writable=self.writable,
        )
        return self.last_picture

    def newest_first(self) -> list[Run]:
        """Every run as it is now."""
        return [self._seen_run(record) for record in reversed(self._records.values())]

    def _matching(self, filter: str) -> list[Run]:
        wanted, now_ms = parse(filter), self.clock.wall_ms()
        return [run for run in self.newest_first() if matches(wanted, run, now_ms)]

    def _seen_run(self, record: Record) -> Run:
        now, run = self.clock.now(), record.run
        if run.status is RunStatus.PENDING:
            wait = 0.0 if record.ready is None else (record.ready.ns - now.ns) / NANOSECONDS
            question = self._question(record)
            held = self._obstacle() if run.model not in OPTIONAL_MODELS else None
            held = question.sentence if question else held
            return replace(
                run,
                queue_position=None if held else self._position(run),
                retry_in_s=wait if wait > 0 else None,
                held=held,
                question=question,
            )
        if run.status is not RunStatus.PROCESSING:
            return run
        state = self._vitality(record)
        return replace(
            run,
            heartbeat_age_s=now.seconds_since(record.beat) if record.beat else None,
            moved_age_s=now.seconds_since(record.moved) if record.moved else None,
            stale=state.stale,
            orphan=state.orphan,
            stale_reason=state.reason,
        )

    def _question(self, record: Record) -> Question | None:
        if record.run.question is None or record.asked is None:
            return None
        waited = self.clock.now().seconds_since(record.asked) or 0.0
        left = max(0.0, self.limits.answer_within - waited)
        return replace(record.run.question, left_s=left)

    def _obstacle(self) -> str | None:
        return next((lane.down_reason for lane in self.lanes if lane.down_since), None)

    def _vitality(self, record: Record) -> Vitality:
        return vitality(
            now=self.clock.now(),
            beat=record.beat,
            owner_alive=record.owner_alive,
            stale_after=self.limits.stale_after,
        )

    def _position(self, run: Run) -> int:
        pending = [r.run for r in self._records.values() if r.run.status is RunStatus.PENDING]
        return 1 + sum((-r.priority, r.seq) < (-run.priority, run.seq) for r in pending)

    def _counts(self, runs: Sequence[Run]) -> Counts:
        by_status = Counter(run.status for run in runs)
        return Counts(
            **{status.value: by_status[status] for status in RunStatus},
            degraded=sum(run.outcome is Outcome.DEGRADED for run in runs),
            stale=sum(run.stale or run.orphan for run in runs),
            submitted=len(runs) + self._pruned,
            pruned=self._pruned,
        )

    def _detail(self, run_id: RunId) -> RunDetail:
        record = self._record(run_id)
        since, spans = record.phase_since, list(record.spans)
        if since is not None and spans and spans[-1].running:
            so_far = self.clock.now().seconds_since(since) or 0.0
            spans[-1] = replace(spans[-1], seconds=so_far)
        return RunDetail(
            run=self._seen_run(record),
            phases=tuple(spans),
            usual_s=self.usual,
            events=tuple(record.events[-200:]),
        )

    def _seen_workers(self) -> tuple[WorkerInfo, ...]:
        busy = sum(r.run.status is RunStatus.PROCESSING for r in self._records.values())
        return tuple(
            replace(worker, busy=busy if index == 0 else worker.busy)
            for index, worker in enumerate(self._workers)
        )

    def _finished_per_minute(self) -> tuple[int, ...]:
        this_minute = self.clock.wall_ms() // _MINUTE_MS
        minutes = Counter(r.ended_ms // _MINUTE_MS for r in self._records.values() if r.ended_ms)
        return tuple(minutes[this_minute - back] for back in range(8, 0, -1))
