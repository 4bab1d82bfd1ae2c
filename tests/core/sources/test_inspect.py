from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sample_repositories import commit_all, git, write_files

from llmsdeck.sources import inspect, refs


def test_a_worktree_is_described_by_commit_and_tracked_files(tmp_path: Path) -> None:
    commit = commit_all(write_files(tmp_path, {"a.md": "A", "b.png": b"x"}))
    found = inspect(str(tmp_path), None)
    assert (found.ok, found.message) == (True, f"Git worktree at {commit[:7]}, 2 tracked files.")


def test_a_plain_folder_is_described_by_its_files(tmp_path: Path) -> None:
    found = inspect(str(write_files(tmp_path, {"a.md": "A"})), None)
    assert (found.ok, found.message) == (True, "Folder, 1 file.")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "The folder is empty"),
        ({"a.png": b"\x89PNG"}, "None of its files is readable text"),
        ({"a.md": b"\0"}, "None of its files"),
    ],
)
def test_why_a_folder_cannot_be_used(
    files: dict[str, bytes], sentence: str, tmp_path: Path
) -> None:
    found = inspect(str(write_files(tmp_path, files)), None)
    assert not found.ok
    assert sentence in found.message


def test_an_unknown_ref_is_said(tmp_path: Path) -> None:
    commit_all(write_files(tmp_path, {"a.md": "A"}))
    found = inspect(str(tmp_path), "nope")
    assert (found.ok, "'nope'" in found.message) == (False, True)


def test_a_repository_without_a_commit_is_said(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert "no commit yet" in inspect(str(tmp_path), None).message


def test_a_folder_that_vanished_is_said(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "gone", ignore_errors=True)
    found = inspect(str(tmp_path / "gone"), None)
    assert (found.ok, "cannot be read" in found.message) == (False, True)


def test_refs_are_the_branches_and_tags_of_a_worktree(tmp_path: Path) -> None:
    commit_all(write_files(tmp_path, {"a.md": "A"}))
    git(tmp_path, "branch", "--move", "main")
    git(tmp_path, "branch", "release/2.0")
    git(tmp_path, "tag", "v1")
    assert sorted(refs(str(tmp_path))) == ["main", "release/2.0", "v1"]


def test_a_folder_without_a_repository_has_no_refs(tmp_path: Path) -> None:
    assert refs(str(tmp_path)) == ()
    assert refs(str(tmp_path / "gone")) == ()
