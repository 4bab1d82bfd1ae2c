"""Being a worker process of a store, from its first moment."""

from __future__ import annotations

import os

from llmsdeck.paths import StorePaths


async def run_worker(
    paths: StorePaths, *, slots: int | None, until_idle: bool, tether: bool
) -> int:
    """Be a worker of the store until told to stop; 0 when it stopped in order.

    What takes longest until the first run is under way, loading the pipeline in the fork server,
    begins before this process loads what it needs itself. Raises StoreError.
    """
    paths.prepare()
    # Python looks for modules in the current folder of the processes that a worker starts; that
    # must not be a repository.
    os.chdir(paths.root)
    from llmsdeck.engine import forking

    forking.begin()
    from llmsdeck.clock import SystemClock
    from llmsdeck.engine.service import serve
    from llmsdeck.store.store import open_store

    async with open_store(paths) as store:
        await serve(store, SystemClock(), slots=slots, until_idle=until_idle, tether=tether)
    return 0
