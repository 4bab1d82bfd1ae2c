"""Other task queues as their documentation starts them; runs in the peers' environment.

Typed as `python -m bench.queue_peers NAME` with `prepare`, `work AT_ONCE` or `feed FIRST END`; the
environment says what else it must know.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from bench.marks import Marks

_FOLDER: Final = Path(os.environ["BENCH_FOLDER"])
_SERVER: Final = os.environ.get("BENCH_SERVER", "")
"""Address of the store's server, for queues that need one."""
_MARKS: Final = Marks(_FOLDER / "marks", int(os.environ["BENCH_COUNT"]))
_CALLERS: Final = 20


class Queue(Protocol):
    """One peer; packages are imported when they are needed, because only one is."""

    async def prepare(self) -> None:
        """Make what the store needs once."""
        ...

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect, to enqueue."""
        ...

    async def put(self, number: int) -> None:
        """Enqueue the errand that notes this number."""
        ...

    def work(self, at_once: int) -> None:
        """Be the worker, until told to stop."""
        ...


class _Plain:
    async def prepare(self) -> None:
        """Nothing is needed."""


async def _noted(_: object, *, number: int) -> None:
    _MARKS.note(number)


class Saq(_Plain):
    """SAQ on Redis."""

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect to Redis."""
        self._queue: Any = import_module("saq").Queue.from_url(_SERVER)
        await self._queue.connect()
        stack.push_async_callback(self._queue.disconnect)

    async def put(self, number: int) -> None:
        """Enqueue by name."""
        await self._queue.enqueue("errand", number=number)

    def work(self, at_once: int) -> None:
        """SAQ's worker with as many jobs at once."""
        asyncio.run(self._work(at_once))

    async def _work(self, at_once: int) -> None:
        async with AsyncExitStack() as stack:
            await self.open(stack)
            worker = import_module("saq").Worker
            functions = [("errand", _noted)]
            await worker(self._queue, functions=functions, concurrency=at_once).start()


class Arq(_Plain):
    """arq on Redis."""

    def _settings(self) -> Any:
        return import_module("arq.connections").RedisSettings.from_dsn(_SERVER)

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect to Redis."""
        self._pool: Any = await import_module("arq").create_pool(self._settings())
        stack.push_async_callback(self._pool.aclose)

    async def put(self, number: int) -> None:
        """Enqueue by name."""
        await self._pool.enqueue_job("errand", number=number)

    def work(self, at_once: int) -> None:
        """arq's worker with as many jobs at once."""
        arq = import_module("arq.worker")
        errand = arq.func(_noted, name="errand")
        arq.Worker([errand], redis_settings=self._settings(), max_jobs=at_once).run()


def _note(number: int) -> None:
    _MARKS.note(number)


class Celery(_Plain):
    """Celery on Redis, with its pool of threads."""

    def __init__(self) -> None:
        self._app = import_module("celery").Celery("bench", broker=_SERVER)
        self._app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
        self._errand = self._app.task(name="errand")(_note)

    async def open(self, stack: AsyncExitStack) -> None:
        """It connects by itself."""

    async def put(self, number: int) -> None:
        """Enqueue; Celery knows no event loop."""
        self._errand.delay(number)

    def work(self, at_once: int) -> None:
        """Celery's worker without what a lone one has no use for."""
        alone = ["--without-gossip", "--without-mingle", "-l", "ERROR"]
        self._app.worker_main(["worker", "--pool", "threads", "-c", str(at_once), *alone])


class Procrastinate:
    """procrastinate on PostgreSQL."""

    def __init__(self) -> None:
        procrastinate = import_module("procrastinate")
        connector = procrastinate.PsycopgConnector(conninfo=_SERVER)
        self._app = procrastinate.App(connector=connector)
        self._errand = self._app.task(name="errand")(_errand)

    async def prepare(self) -> None:
        """Its tables."""
        async with self._app.open_async():
            await self._app.schema_manager.apply_schema_async()

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect to PostgreSQL."""
        await stack.enter_async_context(self._app.open_async())

    async def put(self, number: int) -> None:
        """Defer the task."""
        await self._errand.defer_async(number=number)

    def work(self, at_once: int) -> None:
        """Its worker with as many jobs at once."""
        asyncio.run(self._work(at_once))

    async def _work(self, at_once: int) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(concurrency=at_once)


async def _errand(number: int) -> None:
    _MARKS.note(number)


class PgQueuer:
    """pgqueuer on PostgreSQL."""

    async def _driver(self) -> Any:
        connection = await import_module("asyncpg").connect(_SERVER)
        return import_module("pgqueuer.db").AsyncpgDriver(connection)

    async def prepare(self) -> None:
        """Its tables."""
        await import_module("pgqueuer.queries").Queries(await self._driver()).install()

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect to PostgreSQL."""
        self._queries: Any = import_module("pgqueuer.queries").Queries(await self._driver())

    async def put(self, number: int) -> None:
        """Enqueue by name."""
        await self._queries.enqueue("errand", str(number).encode())

    def work(self, at_once: int) -> None:
        """Its worker with as many jobs at once."""
        asyncio.run(self._work(at_once))

    async def _work(self, at_once: int) -> None:
        queuer = import_module("pgqueuer").PgQueuer(await self._driver())
        queuer.entrypoint("errand")(_job)
        await queuer.run(batch_size=at_once, max_concurrent_tasks=2 * at_once)


async def _job(job: Any) -> None:
    _MARKS.note(int(job.payload))


class Dbos:
    """DBOS on SQLite, with a durable queue."""

    _place: Final = f"sqlite:///{_FOLDER / 'dbos.db'}"

    def _configured(self) -> Any:
        dbos = import_module("dbos").DBOS
        settings = {"name": "bench", "system_database_url": self._place, "log_level": "ERROR"}
        dbos(config={**settings, "run_admin_server": False})
        return dbos

    async def prepare(self) -> None:
        """Its tables."""
        dbos = self._configured()
        await asyncio.to_thread(dbos.launch)
        await asyncio.to_thread(dbos.destroy)

    async def open(self, stack: AsyncExitStack) -> None:
        """Open the file."""
        self._client: Any = import_module("dbos").DBOSClient(system_database_url=self._place)

    async def put(self, number: int) -> None:
        """Enqueue by name."""
        options = {"workflow_name": "errand", "queue_name": "bench"}
        await self._client.enqueue_async(options, number)

    def work(self, at_once: int) -> None:
        """A process that executes workflows of the queue."""
        dbos = self._configured()
        dbos.workflow(name="errand")(_errand)
        dbos.launch()
        dbos.register_queue("bench", worker_concurrency=at_once)
        while True:
            time.sleep(1)


QUEUES: Final[Mapping[str, Callable[[], Queue]]] = {
    "saq": Saq,
    "arq": Arq,
    "celery": Celery,
    "procrastinate": Procrastinate,
    "pgqueuer": PgQueuer,
    "dbos": Dbos,
}


async def _feed(queue: Queue, first: int, end: int) -> int:
    """Enqueue errands, some at a time; the moment of the first, in nanoseconds."""
    async with AsyncExitStack() as stack:
        await queue.open(stack)
        began = time.monotonic_ns()
        numbers = iter(range(first, end))

        async def caller() -> None:
            for number in numbers:
                await queue.put(number)

        await asyncio.gather(*(caller() for _ in range(_CALLERS)))
        return began


def main() -> None:
    """Do what was typed."""
    name, deed, *numbers = sys.argv[1:]
    queue = QUEUES[name]()
    if deed == "prepare":
        asyncio.run(queue.prepare())
    elif deed == "work":
        queue.work(int(numbers[0]))
    else:
        first, end = map(int, numbers)
        print(json.dumps({"began": asyncio.run(_feed(queue, first, end))}))


if __name__ == "__main__":
    main()
