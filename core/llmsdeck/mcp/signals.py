"""Signals that end the server in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def ended_by_signals(stop: Callable[[], object]) -> Generator[None]:
    """Call `stop` for SIGTERM, SIGINT and SIGHUP as long as the context lasts."""
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
