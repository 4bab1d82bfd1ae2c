"""Huey with its SQLite storage, durable as it is by default; runs in the peers' environment."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.marks import Marks

_folder = Path(os.environ["BENCH_FOLDER"])
_marks = Marks(_folder / "marks", int(os.environ["BENCH_COUNT"]))
huey = import_module("huey").SqliteHuey(filename=str(_folder / "huey.db"))
"""What the consumer's command line names."""


def note(number: int) -> None:
    """Do nothing, and say when."""
    _marks.note(number)


_errand = huey.task()(note)


def main() -> None:
    """Enqueue the errands from one number up to another; print when each was accepted."""
    accepted: list[int] = []
    began = time.monotonic_ns()
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        _errand(number)
        accepted.append(time.monotonic_ns())
    print(json.dumps({"began": began, "accepted": accepted}))
