"""Another process's writer: one small durable write after the other, each wait noted."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from bench.lives import CLOCK
from llmsdeck.model import WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.store import workers
from llmsdeck.store.store import open_store

GAP: Final = 0.002
"""Seconds between two writes."""


async def _main(folder: Path) -> None:
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    waits: list[float] = []
    async with open_store(StorePaths(folder)) as store:
        while not told_to_stop.is_set():
            began = time.perf_counter()
            await store.beat(_beat)
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(GAP)
    print(json.dumps({"waits": waits}))


def _beat(db: Connection) -> None:
    workers.beat(db, WorkerId("bench"), CLOCK.now(), 1)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
