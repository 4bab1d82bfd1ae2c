"""Folders that complete a typed path, looked up within bounds and off the event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Final

SCANNED: Final = 5_000
"""Entries looked at in one folder."""
OFFERED: Final = 100
"""Folders offered."""
PATIENCE: Final = 1.0
"""Seconds after which a slow file system has nothing to offer."""


def folders(typed: str) -> list[str]:
    """What `typed` may be completed to, sorted; hidden folders only when a dot was typed."""
    head, _, tail = typed.rpartition("/")
    base = head + "/" if "/" in typed else ""
    try:
        names = list(_names(os.path.expanduser(base) or ".", tail))
    except OSError:
        return []
    return [f"{base}{name}/" for name in sorted(names)[:OFFERED]]


def _names(folder: str, start: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in islice(entries, SCANNED):
            name = entry.name
            shown = start.startswith(".") or not name.startswith(".")
            if shown and name.startswith(start) and name.isprintable() and _is_folder(entry):
                yield name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def common(offers: list[str]) -> str:
    """The longest start that all offers share."""
    first, last = min(offers, default=""), max(offers, default="")
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    )
    return first[:same]


async def look_up(typed: str) -> list[str]:
    """`folders`, at most `PATIENCE` seconds long.

    A thread of its own, because one that hangs on a dead mount must not hold up the exit as the
    event loop's own threads would.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def give(found: list[str]) -> None:
        if not answer.done():
            answer.set_result(found)

    def work() -> None:
        found = folders(typed)
        if not loop.is_closed():
            loop.call_soon_threadsafe(give, found)

    threading.Thread(target=work, name="completion", daemon=True).start()
    try:
        return await asyncio.wait_for(answer, PATIENCE)
    except TimeoutError:
        return []
