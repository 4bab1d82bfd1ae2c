from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from llmsdeck_tui.preferences import MOST_BYTES, THEME, VIM, Preferences


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "preferences.json"


def test_what_is_put_is_there_in_the_next_session(file: Path) -> None:
    Preferences(file).put(THEME, "nord")
    Preferences(file).put("table", {"columns": ["source", "status"], "sort": "-age"})
    later = Preferences(file)
    assert later.get(THEME, "deck") == "nord"
    assert later.table("table") == {"columns": ["source", "status"], "sort": "-age"}


def test_two_sessions_do_not_undo_each_other(file: Path) -> None:
    one, other = Preferences(file), Preferences(file)
    one.put(THEME, "nord")
    other.put(VIM.key, False)
    assert (Preferences(file).get(THEME, "deck"), Preferences(file).on(VIM)) == ("nord", False)


def test_only_the_user_can_read_the_file(file: Path) -> None:
    Preferences(file).put(THEME, "nord")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"theme":"x"' + b" " * MOST_BYTES + b"}"],
    ids=["empty", "cut", "list", "bytes", "deep", "large"],
)
def test_a_damaged_file_counts_as_none_and_can_be_written_again(file: Path, damage: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(damage)
    preferences = Preferences(file)
    assert preferences.get(THEME, "deck") == "deck"
    preferences.put(THEME, "nord")
    assert json.loads(file.read_bytes()) == {"theme": "nord"}


@pytest.mark.parametrize("value", [1, None, ["x"], {"a": 1}])
def test_a_value_of_another_type_counts_as_none(file: Path, value: object) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"theme": value, "vim": "yes", "table": value}), "utf-8")
    preferences = Preferences(file)
    assert (preferences.get(THEME, "deck"), preferences.on(VIM)) == ("deck", True)
    assert preferences.table("table") == (value if isinstance(value, dict) else {})


def test_what_cannot_be_kept_holds_for_this_session_and_says_why(file: Path) -> None:
    file.mkdir(parents=True)
    preferences = Preferences(file)
    preferences.put(THEME, "nord")
    assert preferences.get(THEME, "deck") == "nord"
    assert preferences.trouble.startswith(f"Preferences cannot be kept in {file}: ")
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_without_a_file_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    preferences = Preferences()
    preferences.put(THEME, "nord")
    assert preferences.get(THEME, "deck") == "nord"
    assert not list(tmp_path.iterdir())


def test_what_is_borrowed_has_the_theme_and_leaves_the_file_alone(file: Path) -> None:
    lender = Preferences(file)
    lender.put(THEME, "nord")
    lender.put("table", {"filter": "is:asking"})
    borrowed = lender.borrowed()
    assert (borrowed.get(THEME, "deck"), borrowed.table("table")) == ("nord", {})
    borrowed.put(THEME, "deck")
    assert Preferences(file).get(THEME, "deck") == "nord"
