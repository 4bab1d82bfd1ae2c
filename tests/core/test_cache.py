from __future__ import annotations

import os
from pathlib import Path

import pytest

from llmsdeck import cache as cache_module
from llmsdeck.cache import Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def files(cache: Cache) -> list[Path]:
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


def test_what_was_kept_is_found_by_what_it_was_made_from(cache: Cache) -> None:
    cache.put(b"answer", "answers", "model", "prompt")
    assert cache.get("answers", "model", "prompt") == b"answer"
    assert cache.get("answers", "modelp", "rompt") is None
    assert cache.get("texts", "model", "prompt") is None


def test_it_is_private(cache: Cache) -> None:
    cache.put(b"answer", "answers", "key")
    (file,) = files(cache)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "linked"])
def test_a_damaged_result_is_as_good_as_none(cache: Cache, tmp_path: Path, damage: str) -> None:
    cache.put(b"answer" * 100, "answers", "key")
    (file,) = files(cache)
    data = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(data[:-3])
        case "changed":
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "empty":
            file.write_bytes(b"")
        case _:
            file.rename(tmp_path / "elsewhere")
            file.symlink_to(tmp_path / "elsewhere")
    assert cache.get("answers", "key") is None


def test_a_result_that_is_too_large_is_not_kept(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "MOST_UNPACKED", 5)
    cache.put(b"answer", "answers", "key")
    assert files(cache) == []


def test_a_result_that_unpacks_to_too_much_is_as_good_as_none(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(b"\0" * 1_000_000, "answers", "key")
    monkeypatch.setattr(cache_module, "MOST_UNPACKED", 999_999)
    assert cache.get("answers", "key") is None


def test_what_was_used_longest_ago_goes_first(cache: Cache) -> None:
    for number, name in enumerate(("old", "middle", "new")):
        cache.put(os.urandom(1000), "answers", name)
        newest = max(files(cache), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, (number, number))
    assert cache.get("answers", "old") is not None
    size = files(cache)[0].stat().st_size
    assert cache.trim(2 * size) == size
    assert cache.get("answers", "middle") is None
    assert cache.get("answers", "old") is not None


def test_what_a_crash_left_half_written_goes_once_it_is_old(cache: Cache) -> None:
    cache.put(b"answer", "answers", "key")
    folder = files(cache)[0].parent
    for name, age in (("a.part", 0.0), ("b.part", 7200.0)):
        (folder / name).write_bytes(b"half")
        moment = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (moment, moment))
    cache.trim(1_000_000)
    assert [file.name for file in files(cache) if file.suffix] == ["a.part"]


def test_trimming_nothing_is_no_error(cache: Cache) -> None:
    assert cache.trim(0) == 0
