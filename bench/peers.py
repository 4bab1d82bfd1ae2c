"""The peers, in an environment of their own; one that cannot be had is absent, never a failure."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

NODE_PACKAGE: Final = "repomix"
_PATIENCE: Final = 600


@dataclass(frozen=True)
class Peers:
    """What there is to compare with, below one folder; installed when first asked for."""

    folder: Path

    @cached_property
    def python(self) -> Path:
        """The interpreter of the environment that holds the packages."""
        python = self.folder / "venv" / "bin" / "python"
        if not python.exists():
            _quietly([sys.executable, "-m", "venv", str(self.folder / "venv")])
        return python

    def package(self, name: str, requirement: str = "") -> Path | None:
        """The interpreter that can import a package; None when it cannot be installed.

        `requirement` is what is installed where the name alone would not do.
        """
        if _works([str(self.python), "-c", f"import {name}"]):
            return self.python
        _quietly([str(self.python), "-m", "pip", "install", "--quiet", requirement or name])
        return self.python if _works([str(self.python), "-c", f"import {name}"]) else None

    def script(self, name: str) -> Path | None:
        """The command that a package of the same name installs; None when there is none."""
        self.package(name)
        command = self.python.parent / name
        return command if command.exists() else None

    @cached_property
    def repomix(self) -> Path | None:
        """Repomix from npm; None without node."""
        command = self.folder / "node_modules" / ".bin" / NODE_PACKAGE
        if not command.exists() and shutil.which("npm"):
            self.folder.mkdir(parents=True, exist_ok=True)
            _quietly(["npm", "install", "--silent", "--prefix", str(self.folder), NODE_PACKAGE])
        return command if command.exists() else None

    def compiled(self, source: Path) -> Path | None:
        """A C program over SQLite; None without a compiler or SQLite's headers."""
        program = self.folder / source.stem
        self.folder.mkdir(parents=True, exist_ok=True)
        if not shutil.which("cc"):
            return None
        if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
            return program
        _quietly(["cc", "-O2", "-o", str(program), str(source), "-lsqlite3"])
        return program if program.exists() else None

    def command(self, name: str) -> Path | None:
        """A program of this machine; None when it is not installed."""
        found = shutil.which(name)
        return Path(found) if found else None


def _quietly(command: list[str]) -> None:
    subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)


def _works(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except OSError:
        return False
    return done.returncode == 0
