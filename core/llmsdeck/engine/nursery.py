"""What the fork server imports: the pipeline, ready to be forked, and patience with signals.

A signal to the terminal's or the worker's process group asks the worker to stop its runs in order;
a fork server that died of it would leave nobody to say how they ended.
"""

from __future__ import annotations

import multiprocessing
import signal

from llmsdeck import pipeline
from llmsdeck.engine import child

__all__ = ["child", "pipeline"]

if multiprocessing.current_process().name == "forkserver":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
