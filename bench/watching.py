"""Two sides of a change: one process commits now and then, another waits to see it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.queue import request
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import Store, open_store

GAP: Final = 0.25
"""Seconds between two commits."""


async def _commit(store: Store, count: int, start: float) -> Mapping[str, object]:
    """When each commit had been made."""
    made: list[int] = []
    for number in range(count):
        await asyncio.sleep(max(0.0, start + GAP * number - time.monotonic()))
        await request(store, f"/watched/{number}")
        made.append(time.monotonic_ns())
    return {"at": made}


async def _watch(store: Store, count: int, start: float) -> Mapping[str, object]:
    """When something had been seen, and the processor time that watching took, as a part."""
    seen: list[int] = []
    await store.changed(0)
    cpu, began, end = time.process_time(), time.monotonic(), start + GAP * count
    while (left := end - time.monotonic()) > 0:
        if await store.changed(left):
            seen.append(time.monotonic_ns())
    return {"at": seen, "cpu": (time.process_time() - cpu) / (time.monotonic() - began)}


async def _main(part: str, folder: Path, count: int, start: float) -> None:
    async with open_store(StorePaths(folder)) as store:
        told = await (_watch if part == "watch" else _commit)(store, count, start)
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
