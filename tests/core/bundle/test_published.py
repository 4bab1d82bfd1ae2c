from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from notebook import ALL, Notebook
from sample_repositories import project

from llmsdeck.bundle import split
from llmsdeck.bundle.published import (
    FILE_BYTES,
    Bundle,
    addresses,
    judge,
    names_file,
    open_file,
    open_run,
    run_bundle,
)
from llmsdeck.clock import SystemClock
from llmsdeck.engine.publish import seal
from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.job import Job
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunId
from llmsdeck.pipeline import generate
from llmsdeck.states import RunStatus
from llmsdeck.testing import FakeDeck
from llmsdeck.verdict import Profile, Verdict


async def published(tmp_path: Path) -> Run:
    """A completed run of the sample project, with every artifact."""
    source, folder = project(tmp_path / "tea"), tmp_path / "bundle"
    folder.mkdir()
    job = Job(run_id=RunId("r1"), source=str(source), ref=None, artifacts=ALL, model="none")
    draft = await generate(job, folder, Notebook())
    now = FakeDeck(SystemClock()).wall()
    return Run(
        seq=1,
        run_id=RunId("7f3k2a0000"),
        source=str(source),
        commit=draft.commit,
        requested_by=Actor(ActorKind.CLI),
        status=RunStatus.COMPLETED,
        score=draft.score,
        max_attempts=1,
        artifacts=seal(folder, draft.artifacts),
        created_at=now,
        updated_at=now,
    )


def failures(verdict: Verdict) -> list[str]:
    return [f"{gate.name}: {gate.findings[0]}" for gate in verdict.gates if not gate.passed]


async def test_the_judge_says_of_a_run_what_its_row_says(tmp_path: Path) -> None:
    run = await published(tmp_path)
    verdict = judge(open_run(run), Profile.V1)
    assert failures(verdict) == []
    assert verdict.score == run.score
    assert verdict.subject == "run 7f3k2a"
    assert {"coverage", "precision"} <= {m.name for m in verdict.rubric if m.points is not None}


@pytest.mark.parametrize("name", [*ALL, ArtifactName.MANIFEST])
async def test_a_file_that_was_changed_or_removed_is_noticed(
    tmp_path: Path, name: ArtifactName
) -> None:
    run = await published(tmp_path)
    path = tmp_path / "bundle" / name
    path.write_text(path.read_text() + " \n")
    sentence = f"as published: {name} was changed after it was published."
    assert sentence in failures(judge(open_run(run), Profile.V2))
    if name is not ArtifactName.LLMS:
        path.unlink()
        assert f"as published: {name} is gone" in failures(judge(open_run(run), Profile.V2))[0]


async def test_a_link_in_the_place_of_an_artifact_is_not_followed(tmp_path: Path) -> None:
    run = await published(tmp_path)
    path = tmp_path / "bundle" / ArtifactName.LLMS_FULL
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert "llms-full.txt is gone" in failures(judge(open_run(run), Profile.V1))[0]


def forged(run: Run, changes: dict[ArtifactName, Callable[[bytes], bytes]]) -> Bundle:
    """The bundle with other contents, and a row that vouches for them."""
    made = open_run(run)
    folder = Path(run.artifacts[0].path).parent
    for name, change in changes.items():
        (folder / name).write_bytes(change(made.contents[name]))
    names = [artifact.name for artifact in run.artifacts]
    return open_run(replace(run, artifacts=seal(folder, names)))


async def test_a_manifest_of_another_bundle_is_noticed(tmp_path: Path) -> None:
    run = await published(tmp_path)
    bundle = forged(run, {ArtifactName.LLMS: lambda text: text + b"\n"})
    assert "manifest: it does not agree with llms.txt." in failures(judge(bundle, Profile.V1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{", b""),
        (b'"format": 1', b'"format": "x"'),
        (b'"points": 1.0', b'"points": NaN'),
        (b'"weight": 20', b'"weight": 2000000'),
    ],
)
async def test_a_manifest_that_cannot_be_is_noticed(tmp_path: Path, old: bytes, new: bytes) -> None:
    def forge(text: bytes) -> bytes:
        assert old in text
        return text.replace(old, new, 1)

    bundle = forged(await published(tmp_path), {ArtifactName.MANIFEST: forge})
    assert "manifest: manifest.json cannot be understood." in failures(judge(bundle, Profile.V1))


async def test_a_commit_that_differs_is_noticed(tmp_path: Path) -> None:
    def other(text: bytes) -> bytes:
        content = json.loads(text)
        content["source"]["commit"] = "c0ffee"
        return json.dumps(content).encode()

    bundle = forged(await published(tmp_path), {ArtifactName.MANIFEST: other})
    assert "manifest: it tells of commit c0ffee, not None." in failures(judge(bundle, Profile.V1))


async def test_texts_that_are_missing_from_the_full_ones_are_noticed(tmp_path: Path) -> None:
    run = await published(tmp_path)
    bundle = forged(
        run,
        {
            ArtifactName.LLMS_FULL: lambda text: text[: text.rindex(b"=" * 64 + b"\nFile: ")],
            ArtifactName.LLMS_CTX: lambda text: text.replace(b"</doc>", b"</doc><doc/>", 1),
        },
    )
    found = [failure.split(":")[0] for failure in failures(judge(bundle, Profile.V1))]
    assert found == ["manifest", "full text", "context"]


async def test_a_context_that_is_not_well_formed_is_noticed(tmp_path: Path) -> None:
    bundle = forged(await published(tmp_path), {ArtifactName.LLMS_CTX: lambda text: text[:-3]})
    assert "context: llms-ctx.txt is not well-formed" in failures(judge(bundle, Profile.V1))[-1]


async def test_parts_are_held_against_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split, "SPLIT_ABOVE", 100)
    run = await published(tmp_path)
    assert ArtifactName.part(1) in [artifact.name for artifact in run.artifacts]
    assert failures(judge(open_run(run), Profile.V1)) == []

    def without_a_file(text: bytes) -> bytes:
        content = json.loads(text)
        del content["parts"][0]["files"][0]
        return json.dumps(content).encode()

    bundle = forged(run, {ArtifactName.MANIFEST: without_a_file})
    assert failures(judge(bundle, Profile.V1)) == [
        "full text: its parts do not hold the same files in the same order."
    ]


async def test_a_secret_in_any_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "llms.txt"
    path.write_text("# T\n\nglpat-" + "q7Rt5Zk9Vw2Yp4Lm8Nx3\n")
    assert "no secrets: llms.txt holds 1" in failures(judge(open_file(str(path)), Profile.V2))[0]


async def test_a_run_without_llms_txt_cannot_be_judged(tmp_path: Path) -> None:
    run = await published(tmp_path)
    with pytest.raises(RefusedError, match=r"run 7f3k2a has no llms\.txt"):
        judge(run_bundle(run, {}), Profile.V1)


def test_a_file_has_a_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "llms.txt"
    path.write_bytes(b"x" * FILE_BYTES)
    assert open_file(str(path)).llms
    path.write_bytes(b"x" * (FILE_BYTES + 1))
    with pytest.raises(UsageError, match="larger than 1048576 bytes"):
        open_file(str(path))


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "./nothing", "~nobody-here/x", "a\0b", "/dev/zero"):
        with pytest.raises(UsageError, match="cannot be read"):
            open_file(str(path))


def test_bytes_that_are_no_text_are_judged_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"# T\n\n\xff\n")
    (failure,) = failures(judge(open_file(str(tmp_path / "x")), Profile.V2))
    assert failure == "clean text: Line 3: holds a byte that is not UTF-8."


def test_a_file_is_told_from_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not names_file("7f3k2a")
    Path("7f3k2a").write_text("# T\n")
    assert not names_file("x" * 10_000)
    assert all(map(names_file, ["7f3k2a", "llms.txt", "./x", "a/b", "~/x"]))


def test_external_links_are_listed_once() -> None:
    text = "# T\n## A\n- [a](http://x/)\n- [b](b.md)\n- [c](HTTPS://y/)\n- [d](http://x/)\n"
    bundle = Bundle(subject="x", contents={ArtifactName.LLMS: text.encode()})
    assert addresses(bundle) == ("http://x/", "HTTPS://y/")
