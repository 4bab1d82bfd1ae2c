from __future__ import annotations

import os
from pathlib import Path

import pytest
from sample_repositories import finish, write_files

from llmsdeck.errors import SourceError
from llmsdeck.sources import LIMITS, Limits, Material, Skip, SourceKind, collect
from llmsdeck.sources.files import Root


def collected(root: Path, limits: Limits = LIMITS) -> Material:
    return finish(collect(str(root), None, limits))


def paths(material: Material) -> list[str]:
    return [file.path for file in material.files]


def test_text_files_are_read_in_path_order(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.md": "B", "a/c.py": "C", "a.md": "A"})
    material = collected(tmp_path)
    assert [(file.path, file.text) for file in material.files] == [
        ("a.md", "A"),
        ("a/c.py", "C"),
        ("b.md", "B"),
    ]
    assert (material.kind, material.name, material.commit) == (
        SourceKind.FOLDER,
        tmp_path.name,
        None,
    )


def test_settings_of_mkdocs_are_read_whatever_file_they_are_in(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"mkdocs-nav.yml": "nav:\n", "mkdocs.yml": "", "mkdocsx.yml": "", "a.yml": ""}
    )
    assert paths(collected(tmp_path)) == ["mkdocs-nav.yml", "mkdocs.yml"]


def test_byte_order_marks_and_carriage_returns_are_normalised(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": b"\xef\xbb\xbfone\r\ntwo\rthree\n"})
    assert collected(tmp_path).files[0].text == "one\ntwo\nthree\n"


def test_binary_content_is_counted_but_no_warning(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text", "b.md": b"a\0b", "c.png": b"x"})
    material = collected(tmp_path)
    assert paths(material) == ["a.md"]
    assert material.skipped[Skip.BINARY] == 2
    assert material.warnings == ()


def test_text_that_is_not_utf8_is_a_counted_warning(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text", "b.md": "é".encode("latin-1")})
    (warning,) = collected(tmp_path).warnings
    assert (warning.kind, warning.count) == ("source", 1)
    assert "UTF-8" in warning.message


@pytest.mark.parametrize(
    "folder", ["node_modules", "vendor", ".git", ".venv", "dist", "build", "x.egg-info"]
)
def test_folders_of_other_people_and_of_tools_are_left_out(folder: str, tmp_path: Path) -> None:
    write_files(tmp_path / "source", {"a.md": "text", f"sub/{folder}/README.md": "theirs"})
    assert paths(collected(tmp_path / "source")) == ["a.md"]


def test_links_are_never_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"secret/key.md": "secret", "source/a.md": "text"})
    (tmp_path / "source" / "key.md").symlink_to(tmp_path / "secret" / "key.md")
    (tmp_path / "source" / "folder").symlink_to(tmp_path / "secret")
    (tmp_path / "source" / "loop").symlink_to(".")
    material = collected(tmp_path / "source")
    assert paths(material) == ["a.md"]
    assert material.skipped[Skip.LINK] == 3


def test_a_folder_that_became_a_link_is_not_entered(tmp_path: Path) -> None:
    write_files(tmp_path, {"secret/key.md": "secret", "source/sub/other.md": "text"})
    with Root(str(tmp_path / "source")) as root:
        (tmp_path / "source" / "sub").rename(tmp_path / "source" / "gone")
        (tmp_path / "source" / "sub").symlink_to(tmp_path / "secret")
        assert root.read("sub/key.md", 100) is Skip.UNREADABLE


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text"})
    os.mkfifo(tmp_path / "b.md")
    assert collected(tmp_path).skipped[Skip.SPECIAL] == 1
    with Root(str(tmp_path)) as root:
        assert root.read("b.md", 100) is Skip.SPECIAL


def test_a_huge_sparse_file_is_not_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text", "huge.md": ""})
    os.truncate(tmp_path / "huge.md", 1 << 30)
    assert collected(tmp_path).skipped[Skip.TOO_LARGE] == 1


def test_deep_folders_end_somewhere(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text", "d/" * 5 + "b.md": "deep"})
    material = collected(tmp_path, Limits(depth=4))
    assert paths(material) == ["a.md"]
    assert material.skipped[Skip.DEPTH] == 1


@pytest.mark.parametrize(
    "name", [b"\xff.md", b"a\nb.md", b"a\x1b[31m.md", "a\u202eb.md".encode(), "a\x9bb.md".encode()]
)
def test_hostile_names_are_left_out_with_a_warning(name: bytes, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text"})
    with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:
        file.write("text")
    material = collected(tmp_path)
    assert paths(material) == ["a.md"]
    assert material.skipped[Skip.NAME] == 1
    assert "control characters" in material.warnings[0].message


def test_odd_but_honest_names_are_kept(tmp_path: Path) -> None:
    names = ["a b.md", "c[d](e).md", "ünï.md", "'q\".md", "%41.md"]
    write_files(tmp_path, dict.fromkeys(names, "text"))
    assert paths(collected(tmp_path)) == sorted(names)


def test_beyond_the_limit_of_files_documents_come_before_code(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": "x", "deep/b.md": "x", "c.md": "x"})
    material = collected(tmp_path, Limits(files=2))
    assert paths(material) == ["c.md", "deep/b.md"]
    assert material.skipped[Skip.TOO_MANY] == 1
    assert material.warnings[0].count == 1


def test_the_sum_of_all_files_is_limited(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "x" * 60, "b.md": "x" * 60, "c.md": "x" * 30})
    material = collected(tmp_path, Limits(total_bytes=100))
    assert paths(material) == ["a.md", "c.md"]
    assert material.skipped[Skip.TOO_MANY] == 1


def test_the_number_of_names_looked_at_is_limited(tmp_path: Path) -> None:
    write_files(tmp_path, {f"{n}.md": "x" for n in range(9)})
    material = collected(tmp_path, Limits(entries=4))
    assert len(material.files) == 4
    assert material.warnings


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "The folder is empty"),
        ({"a.png": b"x", "b.bin": b"\0"}, "None of its files is readable text: 2 binary."),
        ({"b.md": "é".encode("latin-1")}, "None of its files is readable text: 1 not UTF-8."),
    ],
)
def test_nothing_to_read_is_refused_with_the_reason(
    files: dict[str, bytes], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=sentence):
        collected(write_files(tmp_path, files))


def test_a_ref_needs_a_repository(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.md": "text"})
    with pytest.raises(SourceError, match="not a git worktree"):
        finish(collect(str(tmp_path), "main"))


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/b/c.md": "x", "d/e.md": "x"})
    before = len(os.listdir("/dev/fd"))
    steps = collect(str(tmp_path), None)
    next(steps)
    steps.close()
    collected(tmp_path)
    assert len(os.listdir("/dev/fd")) == before
