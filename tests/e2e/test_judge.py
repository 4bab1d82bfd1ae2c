"""Bundles judged and compared after they were made, through the installed program."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import Program
from sample_repositories import commit_all, committed

SONG = (
    "# Blackbird\n\nThe blackbird sings at dusk.\n\n" + "It sings a long and mellow song.\n" * 5000
)
README = "# Birdsong\n\nBirdsong tells all the birds apart by the song that they sing.\n"


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """A repository whose full text is too long for one part."""
    files = {"README.md": README, "docs/a.md": SONG, "docs/b.md": "# Wren\n\nSmall but loud.\n"}
    return committed(tmp_path / "birds", files)


def completed(program: Program, source: Path) -> str:
    (run,) = program.json("start", source, "--wait", "--output", program.home)["runs"]
    assert run["status"] == "completed"
    return str(run["run_id"])


def test_a_run_is_judged_as_it_was_when_it_was_published(program: Program, birds: Path) -> None:
    run = program.json("show", completed(program, birds))
    verdict = program.json("check", run["run_id"])
    assert verdict["passed"]
    assert verdict["score"] == run["score"]
    names = {artifact["name"] for artifact in run["artifacts"]}
    assert {"llms-full.001.txt", "llms-full.004.txt"} <= names
    assert {path.name for path in (program.home / "birds").iterdir()} == names
    assert program.json("read", run["run_id"], "llms-full.002.txt")["content"].startswith("# ")
    assert program.json("check", program.home / "birds" / "llms.txt")["passed"]


def test_a_later_run_is_compared_with_an_earlier_one(program: Program, birds: Path) -> None:
    first = completed(program, birds)
    (birds / "docs" / "b.md").write_text("# Wren\n\nThe wren is small but loud.\n")
    (birds / "docs" / "c.md").write_text("# Robin\n\nThe robin sings through the winter.\n")
    commit_all(birds)
    second = completed(program, birds)
    answer = program.run("diff", first, second)
    assert answer.returncode == 1
    assert "links  3 kept, 1 added, 1 renoted" in answer.stdout
    assert "~ docs/b.md" in answer.stdout
    assert program.run("diff", first, first).returncode == 0


def test_a_bundle_that_was_changed_on_disk_fails(program: Program, birds: Path) -> None:
    run = program.json("show", completed(program, birds))
    (path,) = (x["path"] for x in run["artifacts"] if x["name"] == "llms.txt")
    Path(path).write_text("# Birds\n\n> Forged.\n")
    answer = program.run("check", run["run_id"])
    assert answer.returncode == 1
    assert "llms.txt was changed after it was published." in answer.stdout
