from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from llmsdeck.engine import sockets
from llmsdeck.errors import DeckError

BEGIN = """
import tempfile
from multiprocessing import util
from llmsdeck.engine import forking
forking.begin()
print(util.get_temp_dir(), tempfile.gettempdir())
"""


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files whose path has no room for a socket."""
    folder = tmp_path / ("far" * 40)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return folder


def test_sockets_are_where_temporary_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/var/tmp")
    assert sockets.folder() == "/var/tmp"


@pytest.mark.usefixtures("far")
def test_a_short_path_is_found_for_them() -> None:
    assert sockets.folder() == "/tmp"


@pytest.mark.usefixtures("far")
def test_without_any_short_path_something_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_SHORT", ("/absent",))
    with pytest.raises(DeckError, match="set TMPDIR to a shorter one"):
        sockets.folder()


def test_without_any_place_for_temporary_files_something_can_be_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/absent"])
    with pytest.raises(DeckError, match="set TMPDIR to a folder that can be written to"):
        sockets.folder()


def test_the_fork_server_starts_wherever_temporary_files_are(far: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN],
        env={"TMPDIR": str(far)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    place, usual = done.stdout.split()
    assert place.startswith("/tmp/pymp-")
    assert usual == str(far)
