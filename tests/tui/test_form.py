from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from llmsdeck.errors import UsageError
from llmsdeck.model import ArtifactName
from llmsdeck_tui import completion
from llmsdeck_tui.form import Typed, joined, last, request, requests, sources

LLMS = (ArtifactName.LLMS,)


def test_empty_fields_mean_the_defaults() -> None:
    asked = request(Typed(source=" pallets/flask ", artifacts=LLMS))
    assert asked.source == "pallets/flask"
    assert (asked.ref, asked.output_dir, asked.timeout_s) == (None, None, None)


def test_the_home_folder_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    asked = request(Typed(source="~/src", output_dir="~/out", artifacts=LLMS))
    assert (asked.source, asked.output_dir) == ("/home/me/src", "/home/me/out")


def test_a_timeout_is_a_duration() -> None:
    assert request(Typed(source="a/b", artifacts=LLMS, timeout="30m")).timeout_s == 1800


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" a/b ", ("a/b",)),
        ("a/b, /srv/two words ,,a/b", ("a/b", "/srv/two words")),
        ('"/srv/one, two", c/d', ("/srv/one, two", "c/d")),
    ],
)
def test_commas_part_several_sources(text: str, names: tuple[str, ...]) -> None:
    assert sources(text) == names
    assert sources(joined(names)) == names
    assert last("a/b, ~/sr") == "~/sr"


def test_each_of_several_sources_is_asked_for_alike() -> None:
    asked = requests(Typed(source="a/b, ~/c", artifacts=LLMS, model="auto"))
    assert [(each.source, each.model) for each in asked] == [
        ("a/b", "auto"), (os.path.expanduser("~/c"), "auto")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (Typed(artifacts=LLMS), "Type a folder"),
        (Typed(source="a/b"), "Choose at least one file"),
        (Typed(source="a/b", artifacts=LLMS, timeout="soon"), "is not a duration"),
        (Typed(source="a/b", artifacts=LLMS, timeout="0"), "longer than zero"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_sentence(typed: Typed, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        request(typed)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("docs", "documents", ".hidden", "a[b]z"):
        (tmp_path / name).mkdir()
    (tmp_path / "dogs.txt").touch()
    (tmp_path / "evil\x1b[2J").mkdir()
    (tmp_path / os.fsdecode(b"broken\xff")).mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("do", ["docs/", "documents/"]),
        ("", ["a[b]z/", "docs/", "documents/"]),
        (".", [".hidden/"]),
        ("zebra", []),
        ("nowhere/x", []),
    ],
)
def test_folders_complete_what_was_typed(place: Path, typed: str, found: list[str]) -> None:
    assert completion.folders(f"{place}/{typed}") == [f"{place}/{name}" for name in found]


def test_names_that_do_not_print_are_not_offered(place: Path) -> None:
    assert all(name.isprintable() for name in completion.folders(f"{place}/"))


def test_a_relative_path_stays_relative(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    assert completion.folders("doc") == ["docs/", "documents/"]


def test_not_more_is_offered_than_anybody_reads(tmp_path: Path) -> None:
    for number in range(completion.OFFERED + 5):
        (tmp_path / f"folder-{number}").mkdir()
    assert len(completion.folders(f"{tmp_path}/")) == completion.OFFERED


def test_a_completion_goes_as_far_as_it_is_certain() -> None:
    assert completion.common(["/a/docs/", "/a/documents/"]) == "/a/doc"
    assert completion.common(["/a/docs/"]) == "/a/docs/"
    assert completion.common([]) == ""


async def test_a_slow_file_system_has_nothing_to_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def slow(typed: str) -> list[str]:
        gate.wait(5)
        return [typed]

    monkeypatch.setattr(completion, "PATIENCE", 0.01)
    monkeypatch.setattr(completion, "folders", slow)
    assert await completion.look_up("/slow") == []
    gate.set()
