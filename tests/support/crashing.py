"""Processes that submit, work and prune until they are killed; run as a program of its own.

It holds no thread and no connection while it forks, and hears over a pipe what its children were
promised, so that the store is not asked about itself.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from inline import inline_executor

from llmsdeck.clock import SystemClock
from llmsdeck.engine import folders, record
from llmsdeck.engine.messages import DoneMessage
from llmsdeck.engine.worker import Worker
from llmsdeck.model import Actor, ActorKind, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.store import events, intents, prune, writer
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import open_store

CLOCK: Final = SystemClock()
ACTOR: Final = Actor(ActorKind.CLI, "crash")
LIVES: Final = (0.03, 0.2)
"""Seconds that a process lives, drawn at random; it takes about 0.03 s to open the store."""
AT_MOST: Final = 10
"""Times as many cycles as wanted, when a busy machine let nobody complete a run in them."""
POINTS: Final[dict[str, tuple[Any, str, str]]] = {
    "before BEGIN": (writer, "begin", "before"),
    "between two changes of a transaction": (events, "append", "before"),
    "before COMMIT": (writer, "patiently", "before"),
    "after COMMIT": (writer, "patiently", "after"),
    "between files and publication": (record, "seal", "after"),
    "between rows and folders": (folders, "_remove", "before"),
}
"""Where a process may kill itself: the name that is wrapped, and on which side of the call."""
Say = Callable[[str], None]


def plant(point: str, countdown: int) -> None:
    """Have this process kill itself the n-th time that it comes to the point."""
    module, name, side = POINTS[point]
    wrapped = getattr(module, name)
    left = countdown

    @functools.wraps(wrapped)
    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = wrapped(*arguments, **named)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(module, name, deadly)


async def submit(paths: StorePaths, say: Say) -> None:
    """Submit a few runs; each is promised once the call has returned."""
    async with open_store(paths) as store:
        for _ in range(6):
            enqueue = functools.partial(
                intents.enqueue,
                stamp=Stamp.of(CLOCK),
                request=RunRequest(source="/crash", force=True),
                actor=ACTOR,
                policy=Policy(queue_cap=10**6),
            )
            run_id, _ = await store.write(enqueue)
            say(f"accepted {run_id}")
        await asyncio.Event().wait()


async def work(paths: StorePaths, say: Say) -> None:
    """Be a worker; what it publishes is promised once the write has returned."""
    write = record.Record.done

    async def say_done(self: record.Record, done: DoneMessage) -> None:
        await write(self, done)
        if self._published:  # pyright: ignore[reportPrivateUsage]
            say(f"completed {self.lease.run_id} {self.lease.token}")

    record.Record.done = say_done  # type: ignore[method-assign]
    async with open_store(paths) as store:
        await Worker(store, CLOCK, inline_executor(), slots=2).run()


async def tidy(paths: StorePaths, say: Say) -> None:
    """Prune all but the newest; what is promised is read from the events of the store."""
    async with open_store(paths) as store:
        while True:
            plan = functools.partial(
                prune.plan, stamp=Stamp.of(CLOCK), rule=PruneRule(keep=10), policy=Policy()
            )
            run_ids = [item.run_id for item in (await store.read(plan)).items]
            await folders.prune_runs(store, CLOCK, run_ids, ACTOR)
            await folders.empty_trash(store, CLOCK, Policy(prune_grace=0), 10**6)
            await asyncio.sleep(0.01)


def crash(root: Path, play: Callable[[StorePaths, Say], Any], pipe: int, point: str | None) -> int:
    """Fork one process that plays its part; its number."""
    pid = os.fork()
    if pid:
        return pid

    def say(line: str) -> None:
        os.write(pipe, f"{line}\n".encode())

    try:
        random.seed()
        if point is not None:
            plant(point, random.randint(1, 12))
        asyncio.run(play(StorePaths(root), say))
    except BaseException as error:
        say(f"error {type(error).__name__}: {error}")
    os._exit(0)


def main(root: Path, cycles: int, pruning: bool) -> None:
    reader, pipe = os.pipe()
    os.set_blocking(reader, False)
    promises, killed, at_points = b"", 0, 0
    parts = [submit, submit, tidy] if pruning else [submit]
    for cycle in range(cycles * AT_MOST):
        if cycle >= cycles and b"completed" in promises:
            break
        point = random.choice([None, None, *POINTS])
        pids = [
            crash(root, random.choice(parts), pipe, point),
            crash(root, work, pipe, random.choice([None, point])),
        ]
        time.sleep(random.uniform(*LIVES))
        for pid in pids:
            gone, status = os.waitpid(pid, os.WNOHANG)
            at_points += gone == pid and os.WIFSIGNALED(status)
            if gone != pid:
                os.kill(pid, signal.SIGKILL)
                _, status = os.waitpid(pid, 0)
            killed += os.WIFSIGNALED(status)
        try:
            promises += os.read(reader, 1 << 20)
        except BlockingIOError:
            continue
    report = {"promises": promises.decode().splitlines(), "killed": killed, "points": at_points}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "pruning")
