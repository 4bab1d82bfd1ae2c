"""The groups of rows, in the order in which they matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench import queue, writing
from bench.figures import Row
from bench.setting import Setting


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are measured together."""

    name: str
    """As it is typed."""
    title: str
    measure: Callable[[Setting], Iterator[Row]]


GROUPS: Final = (
    Group("writing", "Durable writes of one process", writing.alone),
    Group("crowd", "Durable writes of four processes", writing.together),
    Group("queue", "Runs end to end", queue.throughput),
)
