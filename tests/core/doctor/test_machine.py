from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from llmsdeck.doctor import Health, machine
from llmsdeck.engine import sockets
from llmsdeck.errors import DeckError

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
35 22 0:30 / /home/ada/net rw,relatime shared:2 - nfs4 server:/x rw
36 22 0:31 / /home/ada/my\\040disk rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("version", "racy"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_of_sqlite_with_the_race_are_known(version: tuple[int, ...], racy: bool) -> None:
    assert machine.is_racy(version) is racy
    assert machine.sqlite(version).health is (Health.NOTE if racy else Health.GOOD)


@pytest.mark.parametrize(
    ("folder", "health", "kind"),
    [
        ("/var/lib", Health.GOOD, "ext4"),
        ("/home/ada/net/deck", Health.BAD, "nfs4"),
        ("/home/ada/network", Health.GOOD, "ext4"),
        ("/home/ada/my disk/deck", Health.GOOD, "tmpfs"),
    ],
)
def test_a_network_file_system_is_no_place_for_a_store(
    tmp_path: Path, folder: str, health: Health, kind: str
) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    found = machine.file_system(Path(folder), tmp_path / "mounts")
    assert found.health is health
    assert f"({kind})" in found.message


def test_where_mounts_are_not_told_nothing_is_claimed(tmp_path: Path) -> None:
    assert machine.file_system(tmp_path, tmp_path / "absent").health is Health.NOTE


@pytest.mark.parametrize(
    ("free", "health"),
    [(10**12, Health.GOOD), (10**8, Health.NOTE), (10**7, Health.BAD)],
)
def test_a_disk_that_fills_up_is_told_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, health: Health
) -> None:
    usage = SimpleNamespace(free=free)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage)  # pyright: ignore
    assert machine.space(tmp_path).health is health


@pytest.mark.parametrize(
    ("environ", "encoding", "health"),
    [
        ({"TERM": "xterm-256color"}, "UTF-8", Health.GOOD),
        ({"TERM": "dumb"}, "UTF-8", Health.BAD),
        ({}, "UTF-8", Health.BAD),
        ({"TERM": "xterm"}, "ANSI_X3.4-1968", Health.NOTE),
    ],
)
def test_a_terminal_is_judged_by_what_the_dashboard_needs(
    environ: dict[str, str], encoding: str, health: Health
) -> None:
    assert machine.terminal(environ, isatty=True, encoding=encoding).health is health


def test_without_git_there_is_something_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {finding.subject: finding for finding in machine.look_at_machine()}
    assert found["git"].health is Health.BAD
    assert "Install git" in found["git"].advice


@pytest.mark.parametrize(
    ("place", "health"), [("/usual", Health.GOOD), ("/tmp", Health.NOTE), (None, Health.BAD)]
)
def test_run_processes_need_a_place_for_sockets(
    monkeypatch: pytest.MonkeyPatch, place: str | None, health: Health
) -> None:
    def folder() -> str:
        if place is None:
            raise DeckError("It is too long.")
        return place

    monkeypatch.setattr(tempfile, "tempdir", "/usual")
    monkeypatch.setattr(sockets, "folder", folder)
    assert machine.temporary_files().health is health
