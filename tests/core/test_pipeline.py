from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from time import thread_time

import pytest
from notebook import ALL, Notebook
from offspring import children
from sample_repositories import PROJECT, committed, git, project, write_files

from llmsdeck.errors import RejectedError, SourceError
from llmsdeck.job import Draft, Job
from llmsdeck.model import DEFAULT_ARTIFACTS, NO_MODEL, ArtifactName, RunId
from llmsdeck.pipeline import generate
from llmsdeck.stages import assembling
from llmsdeck.states import Outcome, Phase


def job(
    source: Path,
    *,
    ref: str | None = None,
    artifacts: tuple[ArtifactName, ...] = DEFAULT_ARTIFACTS,
    model: str = NO_MODEL,
) -> Job:
    return Job(run_id=RunId("r"), source=str(source), ref=ref, artifacts=artifacts, model=model)


async def made(work: Job, folder: Path, report: Notebook | None = None) -> Draft:
    await asyncio.to_thread(folder.mkdir, mode=0o700)
    return await generate(work, folder, report or Notebook())


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_folder_becomes_a_bundle(tmp_path: Path) -> None:
    report = Notebook()
    draft = await made(job(project(tmp_path / "tea")), tmp_path / "out", report)
    assert draft.outcome is Outcome.GOOD
    assert draft.commit is None
    assert set(draft.artifacts) == {*DEFAULT_ARTIFACTS, ArtifactName.MANIFEST}
    assert set(contents(tmp_path / "out")) == set(draft.artifacts)
    assert report.phases == list(Phase)
    assert report.steps[0] == (13, 13)
    assert report.warnings == []
    assert (tmp_path / "out" / "llms.txt").read_text().startswith("# Teapot\n\n> A server that")


async def test_a_commit_is_recorded_and_linked(tmp_path: Path) -> None:
    root = committed(tmp_path / "tea", PROJECT)
    git(root, "remote", "add", "origin", "https://github.com/o/tea.git")
    draft = await made(job(root), tmp_path / "out")
    assert draft.commit == git(root, "rev-parse", "HEAD")
    text = (tmp_path / "out" / "llms.txt").read_text()
    assert f"(https://raw.githubusercontent.com/o/tea/{draft.commit}/docs/guide.md)" in text


async def test_only_what_was_asked_for_is_written(tmp_path: Path) -> None:
    draft = await made(
        job(project(tmp_path / "tea"), artifacts=(ArtifactName.LLMS_CTX,)), tmp_path / "out"
    )
    assert set(draft.artifacts) == {ArtifactName.LLMS_CTX, ArtifactName.MANIFEST}


async def test_files_are_private(tmp_path: Path) -> None:
    await made(job(project(tmp_path / "tea"), artifacts=ALL), tmp_path / "out")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "out").iterdir()}
    assert modes == {0o600}


async def test_an_existing_name_is_never_written_through(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "llms.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        await generate(job(project(tmp_path / "tea")), tmp_path / "out", Notebook())
    assert not (tmp_path / "elsewhere").exists()


async def test_the_manifest_tells_sizes_and_hashes(tmp_path: Path) -> None:
    await made(job(project(tmp_path / "tea"), artifacts=ALL), tmp_path / "out")
    found = contents(tmp_path / "out")
    manifest = json.loads(found.pop("manifest.json"))
    assert {f["name"]: (f["size_bytes"], f["hash_sha256"]) for f in manifest["files"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in found.items()
    }
    assert manifest["source"]["name"] == "tea"
    assert manifest["counts"]["links"] == manifest["ledger"]["files"] == 9
    assert str(tmp_path) not in json.dumps(manifest)


async def test_a_changed_worktree_is_a_warning_in_report_and_manifest(tmp_path: Path) -> None:
    root = committed(tmp_path / "tea", PROJECT)
    write_files(root, {"README.md": "changed", "untracked.md": "new"})
    report = Notebook()
    await made(job(root), tmp_path / "out", report)
    assert [(kind, count) for kind, _, count in report.warnings] == [("worktree", 1)]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["source"]["differing_on_disk"] == 1
    assert [w["kind"] for w in manifest["warnings"]] == ["worktree"]


async def test_secrets_reach_no_artifact_and_are_counted(tmp_path: Path) -> None:
    token = "ghp_" + "q7Rk2ZtP9vLw4XcB8nHd5JsF6mGy3TbQ1eUi"
    readme = f"# Tea\n\nCall it with {token} as the key of the kettle.\n"
    report = Notebook()
    source = write_files(tmp_path / "tea", {"README.md": readme})
    await made(job(source, artifacts=ALL), tmp_path / "out", report)
    assert not any(token.encode() in data for data in contents(tmp_path / "out").values())
    assert [(kind, count) for kind, _, count in report.warnings] == [("secrets", 3)]


async def test_an_unusable_source_leaves_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "bin", {"a.png": b"x"})
    with pytest.raises(SourceError):
        await made(job(tmp_path / "bin"), tmp_path / "out")
    assert contents(tmp_path / "out") == {}


async def test_a_rejected_bundle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembling, "render", lambda _outline: "# Something else\n")  # pyright: ignore
    with pytest.raises(RejectedError, match="reference parser"):
        await made(job(project(tmp_path / "tea")), tmp_path / "out")
    assert contents(tmp_path / "out") == {}


PROGRAM = """
import asyncio, sys
from pathlib import Path
from llmsdeck.model import ArtifactName
from llmsdeck.job import Job
from llmsdeck.pipeline import generate
from notebook import ALL, Notebook
work = Job(run_id="r", source=sys.argv[1], ref=None, artifacts=ALL, model="none")
asyncio.run(generate(work, Path(sys.argv[2]), Notebook()))
"""


@pytest.mark.parametrize("kind", ["folder", "git"])
def test_the_same_input_gives_the_same_bytes_anywhere(kind: str, tmp_path: Path) -> None:
    text = "# Same\n\nSome words of honest text, ünïcode among them.\n"
    files = {**PROJECT, **{f"docs/{name}.md": text for name in "aÄbZzö"}}
    (committed if kind == "git" else write_files)(tmp_path / "one" / "tea", files)
    (committed if kind == "git" else write_files)(
        tmp_path / "two" / "tea", dict(reversed(files.items()))
    )
    bundles: list[dict[str, bytes]] = []
    for place, seed, locale in (("one", "1", "C"), ("two", "2", "C.UTF-8"), ("one", "3", "tr_TR")):
        folder = tmp_path / f"out-{seed}"
        folder.mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONHASHSEED": seed,
            "LC_ALL": locale,
            "TZ": f"UTC{seed}",
        }
        source = str(tmp_path / place / "tea")
        subprocess.run(
            [sys.executable, "-c", PROGRAM, source, str(folder)],
            env=environment,
            cwd=Path(__file__).parents[2],
            check=True,
            timeout=60,
        )
        bundles.append(contents(folder))
    assert bundles[0] == bundles[1] == bundles[2]
    assert len(bundles[0]) == 4


@pytest.mark.parametrize("last", list(Phase))
async def test_a_cancel_in_any_phase_leaves_nothing_behind(last: Phase, tmp_path: Path) -> None:
    root = committed(tmp_path / "tea", PROJECT)
    (root / "README.md").unlink()
    (tmp_path / "out").mkdir()
    before, descriptors = children(), len(os.listdir("/dev/fd"))

    class Cancelling(Notebook):
        def phase(self, phase: Phase) -> None:
            super().phase(phase)
            if phase is last:
                task.cancel()

    task = asyncio.ensure_future(generate(job(root), tmp_path / "out", Cancelling()))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert contents(tmp_path / "out") == {}
    assert len(os.listdir("/dev/fd")) == descriptors
    assert children() == before


async def test_a_cancel_is_heard_while_git_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = committed(tmp_path / "tea", PROJECT)
    write_files(tmp_path, {"bin/git": f"#!/bin/sh\necho $$ > '{tmp_path}/pid'\nexec sleep 600\n"})
    (tmp_path / "bin" / "git").chmod(0o755)
    os.mkfifo(tmp_path / "pid")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    task = asyncio.ensure_future(made(job(root), tmp_path / "out"))
    pid = int(await asyncio.wait_for(asyncio.to_thread((tmp_path / "pid").read_text), 10))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 2)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_loop_turns_while_a_large_source_is_read(tmp_path: Path) -> None:
    text = "# Page\n\nSome words of honest text.\n" * 3000
    write_files(tmp_path / "big", {f"docs/{n}.md": text for n in range(300)})
    held: list[float] = []
    """Seconds of processor that the loop's thread spent between two turns, whatever else runs."""

    async def watch() -> None:
        before = thread_time()
        while True:
            await asyncio.sleep(0)
            held.append(thread_time() - before)
            before = thread_time()

    watcher = asyncio.ensure_future(watch())
    gc.disable()
    try:
        await made(job(tmp_path / "big"), tmp_path / "out")
    finally:
        gc.enable()
        watcher.cancel()
    assert max(held) < 0.02


async def test_a_long_full_text_comes_in_parts_too(tmp_path: Path) -> None:
    source = project(tmp_path / "tea")
    (source / "README.md").write_text("# Tea\n\n" + "A line of tea leaves.\n" * 8000)
    draft = await made(job(source), tmp_path / "out")
    parts = [name for name in draft.artifacts if name.is_part]
    assert parts == [ArtifactName.part(number) for number in range(1, len(parts) + 1)]
    assert len(parts) > 2
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [part["name"] for part in manifest["parts"]] == parts
    assert set(parts) < {file["name"] for file in manifest["files"]}
    long = [x for part in manifest["parts"] for x in part["files"] if x["path"] == "README.md"]
    assert [piece["start"] for piece in long[1:]] == [piece["end"] for piece in long[:-1]]


async def test_the_rubric_is_on_record_with_its_reasons(tmp_path: Path) -> None:
    draft = await made(job(project(tmp_path / "tea")), tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["score"] == draft.score
    by_name = {item["name"]: item for item in manifest["rubric"]}
    assert by_name["coverage"]["points"] == 1
    assert by_name["coverage"]["reason"].endswith("things that readers look for.")
