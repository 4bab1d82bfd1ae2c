"""The wheel is what a user installs: it must hold all that the program reads, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("core", "tui")


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_two_packages_and_nothing_else_are_installed(wheel_names: set[str]) -> None:
    top = {name.partition("/")[0] for name in wheel_names}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "llmsdeck",
        "llmsdeck_tui",
    }


@pytest.mark.parametrize("pattern", ["*.py", "*.sql", "*.tcss", "py.typed"])
def test_every_source_and_data_file_is_in_the_wheel(wheel_names: set[str], pattern: str) -> None:
    wanted = {
        path.relative_to(ROOT / root).as_posix()
        for root in SOURCE_ROOTS
        for path in (ROOT / root).rglob(pattern)
    }
    assert wanted
    assert wanted <= wheel_names
