from __future__ import annotations

import os
from pathlib import Path

import pytest
from offspring import children
from sample_repositories import commit_all, committed, finish, git, write_files

from llmsdeck.errors import SourceError
from llmsdeck.sources import LIMITS, Limits, Material, Skip, SourceKind, Worktree, collect
from llmsdeck.sources.git import Git


def collected(root: Path, ref: str | None = None, limits: Limits = LIMITS) -> Material:
    return finish(collect(str(root), ref, limits))


def texts(material: Material) -> dict[str, str]:
    return {file.path: file.text for file in material.files}


def refusal(root: Path, ref: str | None = None) -> str:
    with pytest.raises(SourceError) as refused:
        collected(root, ref)
    return str(refused.value)


def test_tracked_files_are_read_at_head(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A\n", "sub/b.py": "B\n"})
    material = collected(tmp_path)
    assert texts(material) == {"a.md": "A\n", "sub/b.py": "B\n"}
    assert material.kind is SourceKind.GIT
    assert material.commit == git(tmp_path, "rev-parse", "HEAD")
    assert material.worktree == Worktree(differing=0)
    assert material.warnings == ()


def test_what_was_committed_counts_whatever_the_worktree_holds(tmp_path: Path) -> None:
    committed(tmp_path, {"same.md": "S", "edited.md": "before", "gone.md": "G", "link.md": "L"})
    write_files(tmp_path, {"edited.md": "after!", "untracked.md": "U"})
    (tmp_path / "gone.md").unlink()
    (tmp_path / "link.md").unlink()
    (tmp_path / "link.md").symlink_to("/etc/passwd")
    material = collected(tmp_path)
    assert texts(material) == {
        "same.md": "S",
        "edited.md": "before",
        "gone.md": "G",
        "link.md": "L",
    }
    (warning,) = material.warnings
    assert (warning.kind, warning.count) == ("worktree", 3)


def test_a_clean_worktree_is_read_without_asking_git_for_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(tmp_path, {"a.md": "A", "empty.py": ""})

    def refuse(_git: Git, _line: str) -> None:
        raise AssertionError("git was asked for a file that lies on disk")

    monkeypatch.setattr(Git, "ask", refuse)
    assert texts(collected(tmp_path)) == {"a.md": "A", "empty.py": ""}


def test_staged_changes_are_not_part_of_the_commit(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "before"})
    write_files(tmp_path, {"a.md": "after!", "new.md": "new"})
    git(tmp_path, "add", "--all")
    assert texts(collected(tmp_path)) == {"a.md": "before"}


def test_windows_line_ends_in_the_worktree_are_no_difference(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "one\ntwo\n"})
    write_files(tmp_path, {"a.md": "one\r\ntwo\r\n"})
    material = collected(tmp_path)
    assert texts(material) == {"a.md": "one\ntwo\n"}
    assert material.worktree == Worktree(differing=0)


@pytest.mark.parametrize("ref", ["v1", "refs/tags/v1", "HEAD~1"])
def test_a_ref_is_read_instead_of_head(ref: str, tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "old"})
    git(tmp_path, "tag", "v1")
    committed(tmp_path, {"a.md": "new"})
    material = collected(tmp_path, ref)
    assert texts(material) == {"a.md": "old"}
    assert material.commit == git(tmp_path, "rev-parse", "v1")


def test_an_unknown_ref_is_named(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A"})
    assert refusal(tmp_path, "nope") == "The repository has no branch, tag or commit named 'nope'."


@pytest.mark.parametrize(
    "ref", ["--all", "-h", "a b", "a..b", "x\n", "", "@{u}", "a\x1b", "HEAD:a"]
)
def test_what_cannot_be_a_ref_never_reaches_git(ref: str, tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A"})
    assert "not a valid name" in refusal(tmp_path, ref)


def test_a_folder_inside_a_repository_is_read_alone(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A", "sub/b.md": "B", "sub/c d/e.md": "E"})
    git(tmp_path, "remote", "add", "origin", "https://github.com/o/r")
    material = collected(tmp_path / "sub")
    assert texts(material) == {"b.md": "B", "c d/e.md": "E"}
    assert material.name == "sub"
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert material.link_base == f"https://raw.githubusercontent.com/o/r/{commit}/sub/"


def test_an_untracked_folder_inside_a_repository_is_a_plain_folder(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A"})
    write_files(tmp_path, {"unpacked/b.md": "B"})
    material = collected(tmp_path / "unpacked")
    assert material.kind is SourceKind.FOLDER
    assert texts(material) == {"b.md": "B"}


def test_links_and_submodules_are_counted(tmp_path: Path) -> None:
    inner = committed(tmp_path / "inner", {"i.md": "I"})
    outer = write_files(tmp_path / "outer", {"a.md": "A"})
    (outer / "link.md").symlink_to("a.md")
    commit_all(outer)
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    commit_all(outer)
    material = collected(outer)
    assert texts(material) == {"a.md": "A"}
    assert material.skipped[Skip.LINK] == 1
    assert material.skipped[Skip.SUBMODULE] == 1
    assert len(material.warnings) == 2


def test_pointers_to_large_files_are_counted(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    material = collected(committed(tmp_path, {"a.md": "A", "big.md": pointer}))
    assert texts(material) == {"a.md": "A"}
    assert material.skipped[Skip.LFS] == 1


def test_repositories_with_sha256_are_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256")
    committed(tmp_path, {"a.md": "A", "b.md": "B"})
    (tmp_path / "b.md").unlink()
    material = collected(tmp_path)
    assert texts(material) == {"a.md": "A", "b.md": "B"}
    assert material.worktree == Worktree(differing=1)
    assert len(material.commit or "") == 64


def test_a_linked_worktree_is_read(tmp_path: Path) -> None:
    main = committed(tmp_path / "main", {"a.md": "A"})
    git(main, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    committed(tmp_path / "side", {"b.md": "B"})
    assert texts(collected(tmp_path / "side")) == {"a.md": "A", "b.md": "B"}


def test_a_repository_without_a_worktree_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare")
    assert "without a worktree" in refusal(tmp_path)


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    write_files(tmp_path, {"a.md": "A"})
    assert "no commit yet" in refusal(tmp_path)


def test_a_broken_repository_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "A", ".git": "gitdir: /nowhere\n"})
    assert "git cannot read the repository" in refusal(tmp_path)


def test_a_repository_with_binary_files_only_is_refused(tmp_path: Path) -> None:
    committed(tmp_path, {"a.png": b"\x89PNG", "b.md": b"\0\0"})
    assert "None of its files is readable text" in refusal(tmp_path)


def test_hostile_names_in_a_commit_are_left_out(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "A", "new\nline.md": "B", "esc\x1b.md": "C"})
    with open(os.fsencode(tmp_path) + b"/\xff.md", "w") as file:
        file.write("D")
    commit_all(tmp_path)
    material = collected(tmp_path)
    assert texts(material) == {"a.md": "A"}
    assert material.skipped[Skip.NAME] == 3


def test_large_files_and_too_many_files_are_counted(tmp_path: Path) -> None:
    committed(tmp_path, {"a_big.md": "x" * 50, "b.md": "B", "c.md": "C"})
    material = collected(tmp_path, limits=Limits(file_bytes=40, files=1))
    assert texts(material) == {"b.md": "B"}
    assert material.skipped[Skip.TOO_LARGE] == 1
    assert material.skipped[Skip.TOO_MANY] == 1


def test_a_large_file_that_is_not_on_disk_is_counted_and_the_next_one_is_read(
    tmp_path: Path,
) -> None:
    committed(tmp_path, {"a_big.md": "x" * 500_000, "b.md": "B", "c.md": "C"})
    for name in ("a_big.md", "b.md"):
        (tmp_path / name).unlink()
    material = collected(tmp_path, limits=Limits(file_bytes=40))
    assert texts(material) == {"b.md": "B", "c.md": "C"}
    assert material.skipped[Skip.TOO_LARGE] == 1
    assert material.worktree == Worktree(differing=1)


def test_files_that_do_not_fit_in_all_are_counted(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A" * 30, "b.md": "B" * 30, "c.md": "C" * 30, "d.md": "D"})
    (tmp_path / "c.md").unlink()
    material = collected(tmp_path, limits=Limits(total_bytes=40))
    assert texts(material) == {"a.md": "A" * 30, "d.md": "D"}
    assert material.skipped[Skip.TOO_MANY] == 2


def test_nothing_that_the_repository_configures_is_run(tmp_path: Path) -> None:
    canary, script = tmp_path / "canary", tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch '{canary}'\ncat\n")
    script.chmod(0o755)
    root = committed(tmp_path / "root", {"a.md": "A", "b.md": "B"})
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
    ):
        git(root, "config", key, str(script))
    git(root, "config", "alias.ls-tree", f"!{script}")
    write_files(root, {".git/info/attributes": "* filter=evil diff=evil\n", "b.md": "changed"})
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (root / ".git" / "hooks" / hook).symlink_to(script)
    assert texts(collected(root)) == {"a.md": "A", "b.md": "B"}
    assert not canary.exists()


def test_missing_objects_are_never_fetched(tmp_path: Path) -> None:
    origin = committed(tmp_path / "origin", {"a.md": "A"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{origin}", "partial")
    committed(origin, {"a.md": "newer"})
    git(tmp_path / "partial", "fetch", "--quiet", "--filter=blob:none")
    assert "git could not" in refusal(tmp_path / "partial", "origin/main")


def test_a_file_on_disk_is_read_without_its_object(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A", "b.md": "B"})
    lost = git(tmp_path, "rev-parse", "HEAD:a.md")
    (tmp_path / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    assert texts(collected(tmp_path)) == {"a.md": "A", "b.md": "B"}


def test_replaced_objects_are_read_as_committed(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A"})
    write_files(tmp_path, {"other": "forged"})
    forged = git(tmp_path, "hash-object", "-w", "other")
    git(tmp_path, "replace", git(tmp_path, "rev-parse", "HEAD:a.md"), forged)
    (tmp_path / "a.md").unlink()
    assert texts(collected(tmp_path)) == {"a.md": "A"}


def test_the_surroundings_cannot_redirect_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = committed(tmp_path / "other", {"secret.md": "S"})
    mine = committed(tmp_path / "mine", {"a.md": "A"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert texts(collected(mine)) == {"a.md": "A"}


def test_a_git_that_hangs_is_given_up_and_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = committed(tmp_path / "root", {"a.md": "A"})
    write_files(tmp_path, {"bin/git": f"#!/bin/sh\necho $$ > '{tmp_path}/pid'\nexec sleep 600\n"})
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with pytest.raises(SourceError, match="did not answer within"):
        collected(root, limits=Limits(git_seconds=0.3))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_abandoned_collection_leaves_no_git_behind(tmp_path: Path) -> None:
    committed(tmp_path, {f"{n}.md": f"{n}" for n in range(3)})
    for n in range(3):
        (tmp_path / f"{n}.md").unlink()
    before, offspring = len(os.listdir("/dev/fd")), children()
    steps = collect(str(tmp_path), None)
    while next(steps).total == 0:
        pass
    steps.close()
    assert len(os.listdir("/dev/fd")) == before
    assert children() == offspring


def test_credentials_of_the_remote_go_nowhere(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A"})
    git(tmp_path, "remote", "add", "origin", "https://ada:s3cret@github.com/o/teapot.git")
    git(tmp_path, "config", "url.https://evil.example/.insteadOf", "https://github.com/")
    material = collected(tmp_path)
    assert (material.link_base or "").startswith("https://raw.githubusercontent.com/o/teapot/")
    assert material.name == "teapot"
    assert "s3cret" not in repr(material)


def test_an_unpublished_commit_is_a_warning(tmp_path: Path) -> None:
    commit = commit_all(write_files(tmp_path, {"a.md": "A"}))
    git(tmp_path, "remote", "add", "origin", "https://github.com/o/r")
    (warning,) = collected(tmp_path).warnings
    assert (warning.kind, "push it" in warning.message) == ("links", True)
    git(tmp_path, "update-ref", "refs/remotes/other/main", commit)
    assert len(collected(tmp_path).warnings) == 1
    git(tmp_path, "update-ref", "refs/remotes/origin/part/main", commit)
    assert collected(tmp_path).warnings == ()


def test_a_commit_below_what_was_published_is_published(tmp_path: Path) -> None:
    committed(tmp_path, {"a.md": "A"})
    newer = commit_all(write_files(tmp_path, {"b.md": "B"}))
    git(tmp_path, "remote", "add", "origin", "https://github.com/o/r")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", newer)
    assert collected(tmp_path, "HEAD~1").warnings == ()
