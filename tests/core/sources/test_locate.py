from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmsdeck.errors import SourceError
from llmsdeck.sources import locate


@pytest.fixture
def nobody() -> Iterator[None]:
    """Permissions are checked as they are for other people, also when the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def refusal(source: str, base: Path) -> str:
    with pytest.raises(SourceError) as refused:
        locate(source, base)
    return str(refused.value)


def test_a_relative_path_starts_at_the_base(tmp_path: Path) -> None:
    (tmp_path / "a b [c]").mkdir()
    assert locate("./a b [c]", tmp_path) == str(tmp_path / "a b [c]")


def test_dots_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    assert locate("..", tmp_path / "inner") == locate(".", tmp_path) == str(tmp_path)


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "code").mkdir()
    assert locate("~/code", Path("/")) == str(tmp_path / "code")


def test_two_ways_to_one_folder_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert locate("link", tmp_path) == locate("real", tmp_path)


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    assert refusal("nowhere", tmp_path) == "There is no folder 'nowhere'."


def test_an_absent_owner_and_name_says_that_only_folders_work(tmp_path: Path) -> None:
    assert "clone the repository" in refusal("pallets/flask", tmp_path)


@pytest.mark.parametrize(
    "address", ["https://github.com/o/r", "ssh://git@host/x", "git@github.com:o/r.git", "file:///x"]
)
def test_addresses_are_refused(address: str, tmp_path: Path) -> None:
    assert "Only folders on this machine" in refusal(address, tmp_path)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert "is a file" in refusal("f", tmp_path)
    assert "leads through a file" in refusal("f/g", tmp_path)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.parametrize("inner", ["", "/inner"])
def test_a_folder_without_permission_is_refused(
    inner: str, open_folder: Path, request: pytest.FixtureRequest
) -> None:
    (open_folder / "closed").mkdir(mode=0)
    request.getfixturevalue("nobody")
    assert "no permission" in refusal(f"{open_folder}/closed{inner}", open_folder)


@pytest.mark.parametrize("source", ["a\udcff", "a\0b"])
def test_a_path_that_is_no_text_is_refused(source: str, tmp_path: Path) -> None:
    assert "not valid UTF-8" in refusal(source, tmp_path)


def test_a_link_to_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    os.symlink(b"\xff", os.fsencode(tmp_path) + b"/link")
    assert "not valid UTF-8" in refusal("link", tmp_path)


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read" in refusal("loop", tmp_path)


def test_nothing_is_refused(tmp_path: Path) -> None:
    assert "No source was given" in refusal("  ", tmp_path)


def test_control_characters_are_quoted_in_the_refusal(tmp_path: Path) -> None:
    assert "\x1b" not in refusal("\x1b[31m", tmp_path)
