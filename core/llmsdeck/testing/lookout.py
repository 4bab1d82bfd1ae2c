"""The half of a fake deck that only looks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from llmsdeck.bundle.diff import compare
from llmsdeck.bundle.published import Bundle, addresses, judge, names_file, open_file, run_bundle
from llmsdeck.calls import CallText, ModelCall, model_calls
from llmsdeck.comparison import Comparison
from llmsdeck.errors import NoSuchRunError, RefusedError, UsageError
from llmsdeck.failures import MOST_FAILURES, Failure, FailureGroup, grouped
from llmsdeck.filter import EVERYTHING, Order, parse
from llmsdeck.filter.keys import WORD_KEYS
from llmsdeck.model import ActorKind, ArtifactName, Run, RunEvent, RunId
from llmsdeck.pages import ArtifactText, Page, ValueCount
from llmsdeck.settings import Policy
from llmsdeck.snapshot import RunDetail, Window, WorkerInfo
from llmsdeck.states import ErrorKind, RunStatus
from llmsdeck.testing.picture import Picture
from llmsdeck.verdict import LinkAnswer, LinkState, Profile, Verdict
from llmsdeck.why import Explanation, explain


class FakeLookout(Picture):
    """LookApi over a memory."""

    async def changed(self, within: float) -> bool:
        """Wait for an announcement, at most `within` seconds of the deck's clock."""
        self._look()
        if self._seen == self._revision:
            await self._wait_for_bell(within)
        self._bell.clear()
        news, self._seen = self._seen != self._revision, self._revision
        return news

    async def _wait_for_bell(self, within: float) -> None:
        async def bell() -> None:
            await self._bell.wait()

        async def timeout() -> None:
            await self.clock.sleep(within)

        waits = {asyncio.create_task(bell()), asyncio.create_task(timeout())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def policy(self) -> Policy:
        """The limits that a test set."""
        self._look()
        return self.limits

    async def find(self, reference: str) -> Run:
        """The run whose id starts so."""
        self._look()
        found = [run for run in self.newest_first() if run.run_id.startswith(reference)]
        if len(found) != 1:
            raise NoSuchRunError(f"{len(found)} runs have an id that starts with {reference!r}.")
        return found[0]

    async def runs(self, run_ids: Sequence[RunId]) -> tuple[Run, ...]:
        """Those that there are."""
        self._look()
        known = [self._records[each] for each in run_ids if each in self._records]
        return tuple(map(self._seen_run, known))

    async def page(
        self, limit: int = 50, cursor: str | None = None, filter: str = "", sort: str = ""
    ) -> Page:
        """Runs that match, after the place that the cursor names."""
        self._look()
        order = Order.parse(sort)
        runs = order.arranged(self._matching(filter))
        if cursor is not None:
            last = order.read_cursor(cursor)
            runs = [run for run in runs if order.follows(order.place(run), last)]
        more = len(runs) > limit
        return Page(
            runs=tuple(runs[:limit]),
            next_cursor=order.cursor(order.place(runs[limit - 1])) if more else None,
        )

    async def matching(self, filter: str, limit: int = 1000) -> tuple[RunId, ...]:
        """Runs that match, unless they are too many."""
        self._look()
        if parse(filter) == EVERYTHING:
            raise UsageError("A blank filter means every run; say which ones, such as is:live.")
        found = self._matching(filter)
        if len(found) > limit:
            raise RefusedError(f"{len(found)} runs match, more than the {limit} acted on at once.")
        return tuple(run.run_id for run in found)

    async def values(self, key: str, filter: str = "", limit: int = 50) -> tuple[ValueCount, ...]:
        """Counted one by one."""
        if key not in WORD_KEYS:
            raise UsageError(f"{key} has no values to count.")
        words = (word for run in self._matching(filter) for word in WORD_KEYS[key].words(run))
        found = Counter(str(word) for word in words if word is not None)
        ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        return tuple(ValueCount(*each) for each in ranked[:limit])

    async def detail(self, run_id: RunId) -> RunDetail:
        """Timeline and events from memory."""
        self._look()
        self._record(run_id)
        return self._detail(run_id)

    async def explain(self, reference: str) -> Explanation:
        """The core's own explanation of what is in memory."""
        run = await self.find(reference)
        return explain(await self.snapshot(Window(size=0), focus=run.run_id))

    async def events(
        self, run_id: RunId | None, after: int = 0, limit: int = 1000
    ) -> tuple[RunEvent, ...]:
        """Events after that number."""
        self._look()
        told = self._deck_events if run_id is None else self._record(run_id).events
        return tuple([event for event in told if event.seq > after][:limit])

    async def journal(self, after: int | None = None, limit: int = 1000) -> tuple[RunEvent, ...]:
        """Events of everything after that number, or the newest."""
        self._look()
        told = sorted(
            [*self._deck_events, *(e for r in self._records.values() for e in r.events)],
            key=lambda event: event.seq,
        )
        if after is None:
            return tuple(told[-limit:])
        return tuple([event for event in told if event.seq > after][:limit])

    async def actions(self, limit: int = 200, before: int | None = None) -> tuple[RunEvent, ...]:
        """Events of people and agents, newest first."""
        self._look()
        told = [*self._deck_events, *(e for r in self._records.values() for e in r.events)]
        machines = (ActorKind.WORKER, ActorKind.JANITOR)
        done = (event for event in told if event.actor.kind not in machines)
        kept = [event for event in done if before is None or event.seq < before]
        return tuple(sorted(kept, key=lambda event: -event.seq)[:limit])

    async def failures(self) -> tuple[FailureGroup, ...]:
        """The failed runs of the memory in groups."""
        self._look()
        failed = [run for run in self.newest_first() if run.status is RunStatus.FAILED]
        return grouped(map(_failure, failed[:MOST_FAILURES]))

    async def read_artifact(
        self, run_id: RunId, name: ArtifactName, offset: int = 0, limit: int | None = None
    ) -> ArtifactText:
        """A piece of a text that `complete` was given."""
        self._look()
        record = self._record(run_id)
        if name not in record.texts:
            raise RefusedError(f"Run {record.run.short_id} has no {name} yet.")
        text = record.texts[name]
        end = len(text) if limit is None else offset + limit
        return ArtifactText(
            name=name, content=text[offset:end], offset=offset, total_chars=len(text)
        )

    async def calls(self, run_id: RunId) -> tuple[ModelCall, ...]:
        """Those among the run's events."""
        self._look()
        record = self._record(run_id)
        return tuple(
            call if call.text in record.calls else replace(call, text=None)
            for call in model_calls(record.events)
        )

    async def read_call(self, run_id: RunId, call: ModelCall) -> CallText:
        """What `called` was given."""
        self._look()
        record = self._record(run_id)
        if call.text not in record.calls:
            raise RefusedError(f"What was said in call {call.number} is not kept.")
        return record.calls[call.text]

    async def check(
        self,
        subject: str,
        profile: Profile,
        *,
        links: bool = False,
        private: bool = False,
    ) -> Verdict:
        """The judge's own verdict; a look at links finds what `link_answers` says, else life."""
        bundle = await self._bundle(subject)
        return judge(bundle, profile, self._answers(addresses(bundle)) if links else None)

    async def diff(self, before: str, after: str) -> Comparison:
        """What the real deck would say of these texts."""
        return compare(await self._bundle(before), await self._bundle(after))

    async def _bundle(self, subject: str) -> Bundle:
        if names_file(subject):
            return open_file(subject)
        run = await self.find(subject)
        texts = self._record(run.run_id).texts
        return run_bundle(run, {n: x.encode("utf-8", "surrogatepass") for n, x in texts.items()})

    def _answers(self, urls: Sequence[str]) -> tuple[LinkAnswer, ...]:
        alive = LinkAnswer(url="", state=LinkState.ALIVE, reason="HTTP 200")
        return tuple(self.link_answers.get(url, replace(alive, url=url)) for url in urls)

    async def workers(self) -> tuple[WorkerInfo, ...]:
        """The workers that the test has added."""
        self._look()
        return self._seen_workers()


def _failure(run: Run) -> Failure:
    return Failure(
        run_id=run.run_id,
        source=run.source,
        kind=run.error_kind or ErrorKind.INTERNAL,
        message=run.error_message or "",
        at=run.finished_at or run.updated_at,
    )
