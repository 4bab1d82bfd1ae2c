"""Where run processes come from: a fork server that has the pipeline imported already."""

from __future__ import annotations

import multiprocessing
from functools import cache
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Final

from llmsdeck.engine import sockets

NURSERY: Final = "llmsdeck.engine.nursery"
"""Named, not imported: it is for the fork server alone."""


@cache
def context() -> ForkServerContext | SpawnContext:
    """How this process makes run processes: spawned where there is no fork; raises DeckError."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    sockets.settle()
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([NURSERY])
    return server


def begin() -> None:
    """Have the fork server import the pipeline beside what this process does meanwhile.

    The first attempt would start it anyway, and then wait for it. It looks for modules in the
    current folder, as Python does.
    """
    if isinstance(context(), ForkServerContext):
        from multiprocessing import forkserver

        forkserver.ensure_running()
