"""Takes the safeguards away one by one, and requires that the test named for each then fails.

`make mutants` runs all, `python tools/mutants.py NAME …` some. It works on a copy of this checkout.
Exits with 1 when a safeguard could be removed unnoticed, or is no longer where the table says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tools" / "mutants.toml"
COPIED = ("core", "tui", "tests", "pyproject.toml", "README.md", "Makefile", "docs")
PATIENCE = 180
"""Seconds a test may take; one that hangs has not noticed anything."""
TESTS_FAILED = 1
"""Pytest's exit code when tests ran and some failed; others mean that it could not run them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A safeguard, how it is taken away, and the test that must notice."""

    name: str
    file: str
    old: str
    new: str
    test: str

    def apply(self, tree: Path) -> None:
        """Take the safeguard away; raises ValueError unless its text is there exactly once."""
        path = tree / self.file
        text = path.read_text("utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"its text is {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new), "utf-8")


def load() -> list[Mutant]:
    """The table."""
    return [Mutant(**entry) for entry in tomllib.loads(TABLE.read_text("utf-8"))["mutant"]]


def copy(tree: Path) -> None:
    """A copy of what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)


def run(tree: Path, tests: Sequence[str], output: int = subprocess.DEVNULL) -> int:
    """Pytest's exit code for these tests of the copy, against the code of the copy."""
    places = os.pathsep.join(str(tree / name) for name in ("core", "tui"))
    environ = {**os.environ, "PYTHONPATH": places, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(
        command, cwd=tree, env=environ, stdout=output, stderr=subprocess.STDOUT
    )
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def judge(mutant: Mutant, tree: Path) -> str:
    """Nothing when the test noticed, else what went wrong."""
    path = tree / mutant.file
    original = path.read_bytes()
    try:
        mutant.apply(tree)
        code = run(tree, [mutant.test])
    except ValueError as error:
        return str(error)
    finally:
        path.write_bytes(original)
    if code == 0:
        return "SURVIVED"
    return "" if code == TESTS_FAILED else f"the test could not run (exit code {code})"


def main(names: Sequence[str]) -> int:
    """Judge the chosen mutants, or all."""
    mutants = [mutant for mutant in load() if not names or mutant.name in names]
    with tempfile.TemporaryDirectory(prefix="llmsdeck-mutants-") as folder:
        tree = Path(folder)
        copy(tree)
        if run(tree, sorted({mutant.test for mutant in mutants}), sys.stderr.fileno()):
            sys.stdout.write("The tests fail although nothing was taken away.\n")
            return 1
        bad = 0
        for mutant in mutants:
            began = time.monotonic()
            trouble = judge(mutant, tree)
            bad += bool(trouble)
            took = time.monotonic() - began
            line = f"{trouble or 'killed':9} {took:5.1f} s  {mutant.name}  ({mutant.test})\n"
            sys.stdout.write(line)
            sys.stdout.flush()
    sys.stdout.write(f"{len(mutants) - bad} of {len(mutants)} killed\n")
    return 1 if bad or not mutants else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
