"""What the fork server, and nobody else, imports: the pipeline, its clients, patience with signals.

A signal to the worker's process group asks the worker to stop its runs in order; a fork server that
died of it would leave nobody to say how they ended, and one that is still importing would say what
it was about. Run processes take signals as usual again.

What only some runs need follows a moment later, so that the first run does not wait for it.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from importlib import import_module
from typing import Final

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)

EVERY_RUN: Final = ("llmsdeck.engine.child", "llmsdeck.pipeline")
SOME_RUNS: Final = (
    "llmsdeck.bundle.context",
    "llmsdeck.bundle.refine",
    "llmsdeck.config",
    "llmsdeck.lm",
    "llmsdeck.sources.hosted",
)
"""Whichever of them the first run needs, it imports itself."""
MOMENT: Final = 0.1
"""Seconds in which a run that was waiting for the fork server is forked."""


def _import_the_rest(*_: object) -> None:
    for module in SOME_RUNS:
        # A run that needs what cannot be loaded says so itself.
        with suppress(ImportError):
            import_module(module)


for module in EVERY_RUN:
    import_module(module)
signal.signal(signal.SIGALRM, _import_the_rest)
signal.setitimer(signal.ITIMER_REAL, MOMENT)
