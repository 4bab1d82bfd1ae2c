"""A disk of a few megabytes that a test can fill and make read-only; only root may mount it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

SIZE = 4 * 1024 * 1024


def mount(*arguments: str) -> str:
    """Call mount; what it complains about, or nothing."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    return done.stderr.strip()


@contextlib.contextmanager
def small_disk(folder: Path) -> Generator[Path]:
    """The mounted folder; skips the test where nothing can be mounted."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    if trouble := mount("-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)):
        pytest.skip(f"nothing can be mounted here: {trouble}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Write until there is no room for another byte."""
    with open(ballast, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    continue
