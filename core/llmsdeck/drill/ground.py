"""Where a drill takes place: a store of its own, sources of its own, real workers."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from llmsdeck import processes
from llmsdeck.answers import Started
from llmsdeck.deck import Deck, open_deck
from llmsdeck.errors import DeckError
from llmsdeck.model import Actor, ActorKind, Run, RunId, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.snapshot import WorkerInfo
from llmsdeck.states import TERMINAL, Phase, RunStatus

PATIENCE: Final = 60.0
"""Seconds after which what should happen counts as not happening."""
ACTOR: Final = Actor(ActorKind.CLI, "drill")
POLICY: Final = {
    "slots": "2",
    "heartbeat_interval": "0.5s",
    "stale_after": "6s",
    "sweep_interval": "0.5s",
    "cancel_grace": "1s",
}
"""The shortest times there are, so that a drill takes a minute and not ten."""
_LOOK_AGAIN: Final = 0.02
_PAGES: Final = 3000
"""Pages of the large source: its run is still at work when it is reached for."""
_TEMPORARY: Final = "TMPDIR"
_LONGEST: Final = 70
"""Bytes of a path that still has room for `/pymp-12345678/listener-12345678`: unix(7)."""
_TRIES: Final = 8
_SAID: Final = 0.3
"""Seconds in which what a run process had said before it was stopped is heard."""
_ENDINGS: Final = 5.0
"""Seconds that workers get to end at last."""


class BrokenError(DeckError):
    """A promise was not kept; the sentence says how."""

    kind = "broken"


class Ground:
    """A deck on a throwaway store, and ways to break what works for it."""

    def __init__(self, deck: Deck, paths: StorePaths, sources: Path) -> None:
        self.deck = deck
        self.paths = paths
        self.small = sources / "small"
        self.large = sources / "large"
        self.touched: dict[int, str | None] = {}
        """Processes that were disturbed and when each began, so that none of them outlives this."""

    async def start(self, source: Path) -> RunId:
        """A new run; raises what refuses it."""
        return _accepted(await self.ask(source))

    async def ask(self, source: Path) -> Started:
        """Ask for a run, which may be refused."""
        request = RunRequest(source=str(source), force=True)
        (answer,) = await self.deck.start([request], ACTOR)
        return answer

    async def until(self, run_id: RunId, holds: Callable[[Run], bool], what: str) -> Run:
        """The run as soon as something holds; raises BrokenError when it never does."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not holds(run := await self.deck.find(run_id)):
            if asyncio.get_running_loop().time() > deadline:
                raise BrokenError(f"In {PATIENCE:.0f} s it did not come to this: {what}.")
            await asyncio.sleep(_LOOK_AGAIN)
        return run

    async def ended(self, run_id: RunId) -> Run:
        """The run once it has ended."""
        return await self.until(run_id, lambda run: run.status in TERMINAL, "the end of the run")

    async def caught(self) -> tuple[RunId, int]:
        """A run at work, and its run process, which is stopped so that it cannot finish."""
        await self.deck.ensure_worker()
        for _ in range(_TRIES):
            run_id = await self.start(self.large)
            run = await self.until(run_id, _has_process, "a run process")
            if run.pid is not None and await self._stopped(run_id, run.pid):
                return run_id, run.pid
            await self.ended(run_id)
        raise BrokenError("Runs end here before they can be disturbed; this shows nothing.")

    async def _stopped(self, run_id: RunId, pid: int) -> bool:
        """Stop a run process; False when its work was, or may have been, done by then."""
        try:
            self.signal(pid, signal.SIGSTOP)
        except ProcessLookupError:
            return False
        await asyncio.sleep(_SAID)
        run = await self.deck.find(run_id)
        if run.status is RunStatus.PROCESSING and run.phase is not Phase.CHECK:
            return True
        with suppress(ProcessLookupError):
            self.signal(pid, signal.SIGCONT)
        return False

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Disturb a process."""
        self.touched.setdefault(pid, processes.started(pid))
        os.kill(pid, number)

    async def relieved(self) -> None:
        """Start another worker once the present one is known to be lost."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not await self.deck.ensure_worker():
            if asyncio.get_running_loop().time() > deadline:
                raise BrokenError("A worker that is gone or stopped still counts as alive.")
            await asyncio.sleep(_LOOK_AGAIN)

    async def worker_of(self, run_id: RunId) -> WorkerInfo:
        """Who works on a run."""
        run = await self.deck.find(run_id)
        workers = {worker.worker_id: worker for worker in await self.deck.workers()}
        if run.worker is None or run.worker not in workers:
            raise BrokenError("Nobody is registered as working on the run.")
        return workers[run.worker]

    @contextmanager
    def locked(self) -> Generator[None]:
        """Another program holds the store's write lock."""
        other = sqlite3.connect(self.paths.database, isolation_level=None, timeout=PATIENCE)
        try:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        finally:
            other.close()

    def bundles_of(self, run_id: RunId) -> list[Path]:
        """The folders of attempts that are there for a run."""
        folder = self.paths.bundles / run_id
        return sorted(folder.iterdir()) if folder.exists() else []


def _accepted(answer: Started) -> RunId:
    if answer.run is None:
        raise BrokenError(f"A start was refused: {answer.error}")
    return answer.run.run_id


def _has_process(run: Run) -> bool:
    return run.pid is not None or run.status in TERMINAL


def must(holds: object, otherwise: str) -> None:
    """Raise BrokenError unless something holds."""
    if not holds:
        raise BrokenError(otherwise)


def whole(run: Run) -> None:
    """Raise BrokenError unless the run has completed and its files are what its row says."""
    told = run.error_message or run.status
    must(run.status is RunStatus.COMPLETED, f"The run did not complete: {told}")
    must(run.artifacts, "The run has no bundle.")
    for artifact in run.artifacts:
        content = Path(artifact.path).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        must(digest == artifact.hash_sha256, f"{artifact.name} is not what the run's row says.")


@asynccontextmanager
async def ground() -> AsyncGenerator[Ground]:
    """A throwaway store where temporary files go; nothing of it is left, processes included."""
    with TemporaryDirectory(prefix="llmsdeck-drill-") as folder:
        place = Path(folder)
        await asyncio.to_thread(_write_sources, place / "sources")
        paths = StorePaths(place / "store")
        async with _temporary_files_in(place), open_deck(paths) as deck:
            await deck.set_policy(POLICY, ACTOR)
            here = Ground(deck, paths, place / "sources")
            try:
                yield here
            finally:
                await deck.stop_worker()
                for worker in await deck.workers():
                    here.touched.setdefault(worker.pid, processes.started(worker.pid))
                await _end(here.touched)


@asynccontextmanager
async def _temporary_files_in(place: Path) -> AsyncGenerator[None]:
    """Let workers, some of which are killed, leave what they leave where it is removed.

    Sockets of theirs lie there too, so that a long path would keep them from starting runs.
    """
    before = os.environ.get(_TEMPORARY)
    if len(os.fsencode(place)) <= _LONGEST:
        os.environ[_TEMPORARY] = str(place)
    try:
        yield
    finally:
        os.environ.pop(_TEMPORARY, None)
        if before is not None:
            os.environ[_TEMPORARY] = before


async def _end(touched: Mapping[int, str | None]) -> None:
    """Kill what is still there of these processes, and wait until it is gone."""
    left = [(pid, began) for pid, began in touched.items() if began is not None]
    deadline = asyncio.get_running_loop().time() + _ENDINGS
    while left := [(pid, began) for pid, began in left if processes.is_same(pid, began)]:
        for pid, began in left:
            processes.kill_group(pid, began)
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(_LOOK_AGAIN)


def _write_sources(folder: Path) -> None:
    for name, pages in (("small", 3), ("large", _PAGES)):
        docs = folder / name / "docs"
        docs.mkdir(parents=True)
        about = f"# {name.title()} teapot\n\nA teapot that brews tea over HTTP for the polite.\n"
        (folder / name / "README.md").write_text(about, encoding="utf-8")
        for number in range(pages):
            page = f"# Step {number}\n\nBoil the water and wait {number} minutes.\n" * 8
            (docs / f"step-{number:04}.md").write_text(page, encoding="utf-8")
