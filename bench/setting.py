"""Where and how long the rows measure, and how they start processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.peers import Peers

ROOT: Final = Path(__file__).parents[1]
PATIENCE: Final = 600
"""Seconds that one measuring process may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every group of rows is given."""

    quick: bool
    work: Path
    """A folder that outlives the run: peers and built stores."""
    scratch: Path
    """A folder that goes with the run."""
    peers: Peers
    soak_s: float

    def pick(self, quick: int, full: int) -> int:
        """A size or a number of rounds."""
        return quick if self.quick else full

    @property
    def rounds(self) -> int:
        """How often a cheap measure is repeated."""
        return self.pick(3, 5)

    @property
    def many(self) -> int:
        """How many runs a large store holds."""
        return self.pick(200_000, 1_000_000)

    @contextlib.contextmanager
    def folder(self, *, kept: bool = False) -> Generator[Path]:
        """An empty folder of one measure, gone afterwards, or `kept` as long as `scratch`.

        Where thousands of files have just gone, ext4 without a journal makes new ones ten times as
        slowly for some minutes: measures that make many leave them where they are.
        """
        if kept:
            yield Path(tempfile.mkdtemp(dir=self.scratch))
            return
        with tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as path:
            yield Path(path)


def own(module: str, *arguments: object) -> list[str]:
    """The command line of a measuring program of this suite."""
    return [sys.executable, "-P", "-m", f"bench.{module}", *map(str, arguments)]


def environment() -> dict[str, str]:
    """The environment of measuring programs: they find this suite, and use byte code."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def answer(command: list[str], variables: dict[str, str] | None = None) -> Any:
    """The JSON document that a measuring program prints; raises RuntimeError when it fails."""
    done = subprocess.run(
        command,
        env=variables or environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def answers(commands: list[list[str]]) -> list[Any]:
    """The documents of measuring programs that run at the same time."""
    running = [
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        for command in commands
    ]
    try:
        told = [each.communicate(timeout=PATIENCE)[0] for each in running]
        if any(each.returncode for each in running):
            raise RuntimeError(f"{' '.join(commands[0])} or one beside it failed")
        return [json.loads(document) for document in told]
    finally:
        for each in running:
            each.kill()
            each.wait()
