from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import pytest
import rehearsal
from shift import Shift, collecting

from llmsdeck.model import ArtifactName
from llmsdeck.states import ErrorKind, Outcome, RunStatus


async def test_a_run_is_worked_on_in_its_own_process_and_published(shift: Shift) -> None:
    run_id = await shift.start("succeed")
    await shift.worker(rehearsal.succeed).run()
    run = await shift.run(run_id)
    assert (run.status, run.outcome, run.score) == (RunStatus.COMPLETED, Outcome.GOOD, 90)
    (artifact,) = run.artifacts
    content = Path(artifact.path).read_bytes()
    assert artifact.size_bytes == len(content)
    assert artifact.hash_sha256 == hashlib.sha256(content).hexdigest()
    assert [(w.kind, w.count) for w in run.warnings] == [("files", 2)]


@pytest.mark.parametrize(
    ("behaviour", "kind", "message"),
    [
        ("raise", ErrorKind.INTERNAL, "ValueError: no such luck"),
        ("bad-source", ErrorKind.SOURCE, "The folder is empty."),
        ("hoard-memory", ErrorKind.INTERNAL, "The run needed more than 4 GiB of memory."),
    ],
)
async def test_an_exception_ends_the_run_with_its_reason(
    shift: Shift, behaviour: str, kind: ErrorKind, message: str
) -> None:
    run_id = await shift.start(behaviour)
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind) == (RunStatus.FAILED, kind)
    assert message in (run.error_message or "")


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("exit", "ended with exit code 3"),
        ("kill-itself", "was killed by SIGKILL"),
        ("close-the-link", "fell silent and was killed by SIGKILL"),
    ],
)
async def test_a_process_that_is_lost_is_tried_again_and_then_fails(
    shift: Shift, behaviour: str, message: str
) -> None:
    await shift.set_policy(stale_after=60)
    run_id = await shift.start(behaviour)
    await shift.store.write(lambda db: db.execute("UPDATE runs SET max_attempts = 2"))
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind, run.attempt) == (
        RunStatus.FAILED,
        ErrorKind.WORKER_LOST,
        2,
    )
    assert message in (run.error_message or "")


async def test_a_process_killed_from_outside_is_said_and_retried(shift: Shift) -> None:
    run_id = await shift.start("wait")
    async with shift.working():
        run = await shift.until(run_id, collecting, "collecting")
        assert run.pid is not None
        os.kill(run.pid, signal.SIGKILL)
        run = await shift.until(run_id, lambda run: run.attempt == 2, "in its second attempt")
        said = [event.message for event in await shift.events(run_id)]
        assert "The run process was killed by SIGKILL. Attempt 2 follows in 1 s." in said


async def test_a_second_attempt_can_succeed(shift: Shift) -> None:
    run_id = await shift.start("die-once")
    await shift.worker().run()
    run = await shift.run(run_id)
    assert (run.status, run.attempt, run.error_kind) == (RunStatus.COMPLETED, 2, None)


async def test_an_attempt_that_leaves_a_link_instead_of_a_file_is_rejected(shift: Shift) -> None:
    run_id = await shift.start("link")
    await shift.worker(rehearsal.promise_a_link).run()
    run = await shift.run(run_id)
    assert (run.status, run.error_kind) == (RunStatus.FAILED, ErrorKind.REJECTED)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"force": False}, "a bundle, what is kept"),
        ({"force": False, "fresh": True}, "no bundle, nothing is kept"),
        ({"force": True}, "no bundle, nothing is kept"),
    ],
)
async def test_an_attempt_is_told_whether_earlier_runs_count(
    shift: Shift, asked: dict[str, bool], told: str
) -> None:
    await shift.start("src")
    await shift.worker(rehearsal.succeed).run()
    run_id = await shift.start("src", **asked)
    await shift.worker(rehearsal.tell_what_may_be_used).run()
    said = [event.message for event in await shift.events(run_id) if event.kind == "told"]
    assert said == [told]


async def test_text_in_any_script_reaches_the_row(shift: Shift) -> None:
    warned = await shift.start("warn-in-any-script")
    failed = await shift.start("bad-source-in-any-script")
    await shift.worker().run()
    assert (await shift.run(warned)).warnings[0].message == "Café \U0001f600.md was skipped."
    run = await shift.run(failed)
    assert (run.error_kind, run.error_message) == (
        ErrorKind.SOURCE,
        "The folder '/tmp/\U0001f600' is empty.",
    )


async def test_a_bundle_without_what_was_asked_for_is_not_published(shift: Shift) -> None:
    run_id = await shift.start("nothing")
    await shift.store.write(lambda db: db.execute("UPDATE runs SET max_attempts = 1"))
    await shift.worker(rehearsal.leave_nothing).run()
    assert (await shift.run(run_id)).status is RunStatus.FAILED
    full = await shift.start("succeed", artifacts=(ArtifactName.LLMS, ArtifactName.LLMS_FULL))
    await shift.worker().run()
    run = await shift.run(full)
    assert (run.error_kind, run.error_message) == (
        ErrorKind.REJECTED,
        "The attempt did not leave llms-full.txt.",
    )


async def test_phases_only_go_forward(shift: Shift) -> None:
    run_id = await shift.start("go-back-and-forth")
    await shift.worker().run()
    said = [event.message for event in await shift.events(run_id) if event.kind == "phase"]
    assert said == ["Began to collect.", "Began to analyse.", "Began to write."]
