"""What the fork server, and nobody else, imports: the pipeline, its clients, patience with signals.

A signal to the worker's process group asks the worker to stop its runs in order; a fork server that
died of it would leave nobody to say how they ended. Run processes take signals as usual again.
"""

from __future__ import annotations

import signal

from llmsdeck import config, lm, pipeline
from llmsdeck.bundle import context, refine
from llmsdeck.engine import child
from llmsdeck.sources import hosted

__all__ = ["child", "config", "context", "hosted", "lm", "pipeline", "refine"]

for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
