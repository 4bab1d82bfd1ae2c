"""What the fork server, and nobody else, imports: the pipeline, its clients, patience with signals.

A signal to the worker's process group asks the worker to stop its runs in order; a fork server that
died of it would leave nobody to say how they ended, and one that is still importing would say what
it was about. Run processes take signals as usual again.
"""

from __future__ import annotations

import signal
from importlib import import_module
from typing import Final

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)

PRELOADED: Final = (
    "llmsdeck.engine.child",
    "llmsdeck.pipeline",
    "llmsdeck.bundle.context",
    "llmsdeck.bundle.refine",
    "llmsdeck.config",
    "llmsdeck.lm",
    "llmsdeck.sources.hosted",
)
"""What a run may need, loaded once for all of them."""
for module in PRELOADED:
    import_module(module)
