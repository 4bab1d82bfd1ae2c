"""Runs from start to end through the installed program, with real workers and run processes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from program import PATIENCE_S, Program, until
from sample_repositories import write_files

from llmsdeck import processes
from llmsdeck.api import DeckApi
from llmsdeck.deck import open_deck
from llmsdeck.model import Run, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.states import TERMINAL, RunStatus


async def run_when(
    deck: DeckApi, run_id: RunId, condition: Callable[[Run], bool], what: str
) -> Run:
    """The run as soon as the condition holds."""
    for _ in range(int(PATIENCE_S * 10)):
        run = await deck.find(run_id)
        if condition(run):
            return run
        await deck.changed(within=0.1)
    raise AssertionError(f"not in time: {what}")


async def held_at_work(deck: DeckApi, run_id: RunId) -> int:
    """The run process of the first attempt, stopped so that it cannot finish."""
    run = await run_when(deck, run_id, lambda run: run.pid is not None, "a run process")
    assert run.pid is not None
    os.kill(run.pid, signal.SIGSTOP)
    assert (await deck.find(run_id)).status is RunStatus.PROCESSING
    return run.pid


async def test_a_killed_run_process_is_noticed_and_the_run_completes(
    program: Program, large: Path
) -> None:
    run_id = RunId(program.json("start", large)["runs"][0]["run_id"])
    async with open_deck(StorePaths(program.store)) as deck:
        with program.spawn("worker"):
            os.kill(await held_at_work(deck, run_id), signal.SIGKILL)
            run = await run_when(deck, run_id, ended, "the end of the run")
        told = " ".join(event.message for event in await deck.events(run_id))
    assert (run.status, run.attempt) == (RunStatus.COMPLETED, 2)
    assert "SIGKILL" in told


async def test_the_runs_of_a_killed_worker_are_taken_over(program: Program, large: Path) -> None:
    run_id = RunId(program.json("start", large)["runs"][0]["run_id"])
    async with open_deck(StorePaths(program.store)) as deck:
        with program.spawn("worker") as first:
            left_behind = await held_at_work(deck, run_id)
            first.kill()
            first.wait(PATIENCE_S)
        orphan = await deck.find(run_id)
        with program.spawn("worker"):
            run = await run_when(deck, run_id, ended, "the end of the run")
    assert orphan.orphan
    assert orphan.stale_reason == "its worker is gone"
    assert (run.status, run.attempt) == (RunStatus.COMPLETED, 2)
    assert run.bundle_dir is not None
    assert Path(run.bundle_dir).name == str(run.token)
    assert processes.started(left_behind) is None


async def test_a_cancel_from_another_process_ends_a_waiting_start(
    program: Program, large: Path
) -> None:
    with program.spawn("start", large, "--wait") as waiting:
        async with open_deck(StorePaths(program.store)) as deck:
            run_id = await newest(deck)
            run_process = await held_at_work(deck, run_id)
            verdict = program.json("cancel", run_id)["answers"][0]["verdict"]
            os.kill(run_process, signal.SIGCONT)
            code = waiting.wait(PATIENCE_S)
            run = await deck.find(run_id)
    assert (verdict, code) == ("requested", 130)
    assert (run.status, run.artifacts) == (RunStatus.CANCELLED, ())


async def newest(deck: DeckApi) -> RunId:
    for _ in range(int(PATIENCE_S * 10)):
        if runs := (await deck.page(1)).runs:
            return runs[0].run_id
        await deck.changed(within=0.1)
    raise AssertionError("not in time: a run")


def ended(run: Run) -> bool:
    return run.status in TERMINAL


def test_a_run_completes_and_its_hashes_match_its_files(program: Program, small: Path) -> None:
    done = program.run("start", small, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["status"] == "completed"
    assert {artifact["name"] for artifact in run["artifacts"]} >= {"llms.txt", "llms-full.txt"}
    for artifact in run["artifacts"]:
        content = Path(artifact["path"]).read_bytes()
        assert artifact["size_bytes"] == len(content)
        assert artifact["hash_sha256"] == hashlib.sha256(content).hexdigest()


def test_a_relative_source_is_one_of_the_current_folder(program: Program, small: Path) -> None:
    (program.home / "here").symlink_to(small)
    done = program.run("start", "here", "--wait")
    assert done.returncode == 0, done.stderr
    assert (Path(done.stdout.rstrip("\n")) / "llms.txt").read_text().startswith("# Birdsong\n")


def test_copies_are_kept_in_the_output_folder(program: Program, small: Path) -> None:
    done = program.run("start", small, "--wait", "--output", program.home / "out")
    (copy,) = (program.home / "out").rglob("llms.txt")
    assert copy.read_bytes() == (Path(done.stdout.rstrip("\n")) / "llms.txt").read_bytes()


def test_a_copy_that_cannot_be_made_is_told_beside_the_bundle(
    program: Program, small: Path
) -> None:
    (program.home / "out" / "small").mkdir(parents=True)
    (program.home / "out" / "small" / "llms.txt").mkdir()
    done = program.run("start", small, "--wait", "--output", program.home / "out")
    assert done.returncode == 1
    assert (Path(done.stdout.rstrip("\n")) / "llms.txt").is_file()
    assert "could not be copied" in done.stderr


def test_a_pruned_run_comes_back_with_its_files(program: Program, small: Path) -> None:
    folder = Path(program.run("start", small, "--wait").stdout.rstrip("\n"))
    (run,) = program.json("list")["runs"]
    assert program.json("prune", "--older-than", "0s", "--yes")["pruned"]["runs"] == 1
    assert program.json("list")["runs"] == []
    assert program.run("restore", run["short_id"]).returncode == 0
    assert program.json("show", run["short_id"]) == run
    assert program.run("read", run["short_id"], "llms.txt").stdout == (
        folder / "llms.txt"
    ).read_text("utf-8")


def swept(program: Program) -> bool:
    found = program.json("workers")["workers"]
    return any(worker["sweep_age_s"] is not None for worker in found)


def test_a_running_worker_obeys_the_policy_within_a_second(program: Program, small: Path) -> None:
    """Without a grace, what was pruned goes at once, although the next sweep would be far off."""
    folder = Path(program.run("start", small, "--wait").stdout.rstrip("\n"))
    program.run("policy", "sweep_interval=1h")
    with program.spawn("worker"):
        until(lambda: swept(program), "the first sweep")
        program.run("prune", "--older-than", "0s", "--yes")
        assert folder.exists()
        assert program.run("policy", "prune_grace=0").returncode == 0
        until(lambda: not folder.exists(), "the end of the folder", within=1)
    assert program.run("restore").stdout == "The trash is empty.\n"
    assert "prune_grace: 7d → 0s." in program.run("events").stdout


def write_nothing(folder: Path) -> Path:
    return folder / "absent"


def write_file(folder: Path) -> Path:
    (folder / "notes.md").write_text("# Notes\n")
    return folder / "notes.md"


def write_empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def write_images_only(folder: Path) -> Path:
    (folder / "images").mkdir()
    (folder / "images" / "bird.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    return folder / "images"


@pytest.mark.parametrize(
    "write", [write_nothing, write_file, write_empty_folder, write_images_only]
)
def test_a_source_that_cannot_be_used_is_one_sentence(
    program: Program, write: Callable[[Path], Path]
) -> None:
    told = program.run("start", write(program.home))
    assert told.returncode in {2, 4}
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1
    assert program.json("list")["runs"] == []


def test_modules_that_lie_in_the_current_folder_are_never_run(program: Program) -> None:
    """`program` runs in its home folder, as somebody does who is inside the repository."""
    trap = f"open({str(program.home / 'sprung')!r}, 'w').close()\nraise SystemExit('trapped')\n"
    write_files(
        program.home,
        {
            "README.md": "# Trap\n\nA repository that carries modules with well-known names.\n",
            **{f"{name}.py": trap for name in ("asyncio", "multiprocessing", "sqlite3", "json")},
            "llmsdeck/__init__.py": trap,
            "llmsdeck/__main__.py": trap,
        },
    )
    (document,) = program.json("start", ".", "--wait")["runs"]
    assert document["status"] == "completed"
    assert not (program.home / "sprung").exists()
