from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmsdeck.errors import SourceError
from llmsdeck.sources import locate, without_secrets


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


@pytest.fixture(autouse=True)
def only_public_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "absent.toml"))
    monkeypatch.delenv("LLMSDECK_HOSTS", raising=False)


def folder(source: str, base: Path) -> str:
    return locate(source, None, base).source


def refusal(source: str, base: Path) -> str:
    with pytest.raises(SourceError) as refused:
        locate(source, None, base)
    return str(refused.value)


def test_a_relative_path_starts_at_the_base(tmp_path: Path) -> None:
    (tmp_path / "a b [c]").mkdir()
    assert folder("./a b [c]", tmp_path) == str(tmp_path / "a b [c]")


def test_dots_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    assert folder("..", tmp_path / "inner") == folder(".", tmp_path) == str(tmp_path)


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "code").mkdir()
    assert folder("~/code", Path("/")) == str(tmp_path / "code")


def test_two_ways_to_one_folder_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert folder("link", tmp_path) == folder("real", tmp_path)


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    assert refusal("nowhere", tmp_path) == "There is no folder 'nowhere'."


def test_owner_and_name_are_a_repository_on_github(tmp_path: Path) -> None:
    assert folder("Pallets/Flask", tmp_path) == "https://github.com/pallets/flask"


def test_a_folder_goes_before_owner_and_name(tmp_path: Path) -> None:
    (tmp_path / "pallets" / "flask").mkdir(parents=True)
    assert folder("pallets/flask", tmp_path) == str(tmp_path / "pallets" / "flask")


def test_a_pasted_page_gives_its_ref(tmp_path: Path) -> None:
    place = locate("https://github.com/o/r/tree/v2/docs", None, tmp_path)
    assert (place.source, place.ref) == ("https://github.com/o/r//docs", "v2")


def test_what_was_located_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "o" / "r").mkdir(parents=True)
    place = locate("git@github.com:o/r.git", "v1", tmp_path)
    assert locate(place.source, place.ref, tmp_path) == place


def test_a_host_that_is_set_up_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMSDECK_HOSTS", '{"git.example.org": {"kind": "gitlab"}}')
    assert folder("https://git.example.org/a/b/c", tmp_path) == "https://git.example.org/a/b/c"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://ada:secret@github.com/o/r", "https://github.com/o/r"),
        ("https://secret@github.com/o/r?private_token=secret#secret", "https://github.com/o/r"),
        ("https://a@b:secret@github.com/o", "https://github.com/o"),
        ("./a@b", "./a@b"),
    ],
)
def test_what_is_shown_again_holds_no_secret(typed: str, shown: str) -> None:
    assert without_secrets(typed) == shown


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert "is a file" in refusal("f", tmp_path)
    assert "leads through a file" in refusal("./f/g", tmp_path)


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
