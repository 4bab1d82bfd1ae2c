"""The groups of rows, in the order in which they matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench import (
    beside,
    dashboard,
    growth,
    hosted,
    latency,
    local,
    pruning,
    queue,
    searching,
    soak,
    starting,
    stops,
    writing,
)
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
    Group("beside", "Runs end to end beside other queues", beside.queues),
    Group("start", "From enqueue to start", latency.starts),
    Group("cancel", "From cancel to stop", latency.cancels),
    Group("stop", "From cancel to the end of what does not answer", stops.stops),
    Group("sight", "From commit to sight", latency.sights),
    Group("process", "Run processes", latency.first_phases),
    Group("frame", "The dashboard's first frame", dashboard.first_frames),
    Group("keys", "The dashboard's answer to a key", dashboard.keys),
    Group("watch", "What it costs to watch", dashboard.watching),
    Group("search", "Filters and orders in a large store", searching.pages),
    Group("prune", "Pruning a tenth of a large store", pruning.prunes),
    Group("commands", "Cold commands", starting.commands),
    Group("idle", "A worker that waits", starting.idle_worker),
    Group("first", "A worker's first run", starting.first_runs),
    Group("local", "A local repository", local.bundles),
    Group("archive", "An archive", hosted.archives),
    Group("hosted", "A hosted repository", hosted.runs),
    Group("growth", "Cost of a step as the store grows", growth.steps),
    Group("soak", "A worker that goes on", soak.soaks),
)
