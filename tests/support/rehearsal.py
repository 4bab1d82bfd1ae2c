"""Pipelines that behave in one chosen way; run processes import them by name."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
from pathlib import Path

from llmsdeck.errors import HeldError, OverBudgetError, SourceError
from llmsdeck.job import Draft, Job, Report
from llmsdeck.lm import Call
from llmsdeck.model import NO_MODEL, ArtifactName
from llmsdeck.states import Outcome, Phase

MODEL_SERVER = "http://127.0.0.1:9/v1"


CALL = Call(
    purpose="summary",
    model="tiny",
    prompt_hash="c0ffee",
    prompt_tokens=812,
    completion_tokens=96,
    seconds=4.2,
    first_token_s=0.4,
    tokens_per_s=23.4,
    accepted=False,
    reason="It repeats the title.",
)


def _draft(folder: Path, report: Report) -> Draft:
    report.phase(Phase.WRITE)
    report.progress(1, 2)
    (folder / ArtifactName.LLMS).write_text("# Sample\n")
    return Draft(commit="c0ffee", outcome=Outcome.GOOD, score=90, artifacts=(ArtifactName.LLMS,))


async def succeed(job: Job, folder: Path, report: Report) -> Draft:
    report.phase(Phase.COLLECT)
    report.warn("files", "A file was skipped.", 2)
    return _draft(folder, report)


async def tell_what_may_be_used(job: Job, folder: Path, report: Report) -> Draft:
    """Say what the attempt was told of earlier runs."""
    report.phase(Phase.COLLECT)
    earlier = "a bundle" if job.previous else "no bundle"
    report.note("told", f"{earlier}, {'nothing' if job.fresh else 'what'} is kept")
    return _draft(folder, report)


async def need_the_model(job: Job, folder: Path, report: Report) -> Draft:
    """Go on only while a file named `model-is-up` lies in the store's folder."""
    report.phase(Phase.COLLECT)
    if job.model == NO_MODEL:
        return _draft(folder, report)
    if not (folder.parents[2] / "model-is-up").exists():
        raise HeldError(MODEL_SERVER, f"{MODEL_SERVER} cannot be reached.")
    report.lane(MODEL_SERVER, "tiny", 4096, 12.5)
    report.call(CALL)
    return _draft(folder, report)


MUCH = 5000
"""Tokens that `read_much` would have a model read."""


async def read_much(job: Job, folder: Path, report: Report) -> Draft:
    """Ask first when that is more than the budget."""
    report.phase(Phase.COLLECT)
    if job.without_model:
        report.warn("model", "Without the model.")
    elif job.model != NO_MODEL and 0 < job.token_budget < MUCH:
        raise OverBudgetError(MUCH, job.token_budget)
    return _draft(folder, report)


async def misbehave(job: Job, folder: Path, report: Report) -> Draft:
    """Do what the source says: the name of one of the behaviours below."""
    report.phase(Phase.COLLECT)
    behaviour = job.source.rsplit("/", 1)[-1]
    await BEHAVIOURS[behaviour](folder, report)
    return _draft(folder, report)


async def _wait(folder: Path, report: Report) -> None:
    await asyncio.Event().wait()


async def _refuse_to_stop(folder: Path, report: Report) -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


async def _ignore_sigterm(folder: Path, report: Report) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    await _refuse_to_stop(folder, report)


async def _block_the_loop(folder: Path, report: Report) -> None:
    signal.pause()


async def _hold_the_gil(folder: Path, report: Report) -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


async def _lingering_thread(folder: Path, report: Report) -> None:
    await asyncio.to_thread(threading.Event().wait)


async def _raise(folder: Path, report: Report) -> None:
    raise ValueError("no such luck")


async def _hoard_memory(folder: Path, report: Report) -> None:
    bytearray(8 * 2**30)


async def _bad_source(folder: Path, report: Report) -> None:
    raise SourceError("The folder is empty.")


async def _exit(folder: Path, report: Report) -> None:
    os._exit(3)


async def _kill_itself(folder: Path, report: Report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _die_once(folder: Path, report: Report) -> None:
    if folder.name == "1":
        os.kill(os.getpid(), signal.SIGKILL)


async def _linger_once(folder: Path, report: Report) -> None:
    """The first attempt waits for a file `go` in the store's folder."""
    while folder.name == "1":
        if (folder.parents[2] / "go").exists():
            return
        await asyncio.sleep(0.01)


async def _close_the_link(folder: Path, report: Report) -> None:
    os.closerange(3, 256)
    signal.pause()


async def promise_a_link(job: Job, folder: Path, report: Report) -> Draft:
    (folder / ArtifactName.LLMS).symlink_to("/etc/hostname")
    return Draft(commit=None, outcome=Outcome.GOOD, score=1, artifacts=(ArtifactName.LLMS,))


async def _warn_in_any_script(folder: Path, report: Report) -> None:
    report.warn("files", "Café \U0001f600.md was skipped.")


async def _bad_source_in_any_script(folder: Path, report: Report) -> None:
    raise SourceError("The folder '/tmp/\U0001f600' is empty.")


async def _go_back_and_forth(folder: Path, report: Report) -> None:
    for _ in range(500):
        report.phase(Phase.COLLECT)
        report.phase(Phase.ANALYSE)


async def _leave_a_process(folder: Path, report: Report) -> None:
    sleeper = await asyncio.create_subprocess_exec("sleep", "600")
    (folder.parents[2] / "left").write_text(str(sleeper.pid))
    report.phase(Phase.ANALYSE)


async def _leave_a_process_and_wait(folder: Path, report: Report) -> None:
    await _leave_a_process(folder, report)
    await _wait(folder, report)


async def _leave_a_process_and_die(folder: Path, report: Report) -> None:
    await _leave_a_process(folder, report)
    await _kill_itself(folder, report)


async def leave_nothing(job: Job, folder: Path, report: Report) -> Draft:
    return Draft(commit=None, outcome=Outcome.GOOD, score=1, artifacts=())


async def _succeed(folder: Path, report: Report) -> None:
    return


BEHAVIOURS = {
    "succeed": _succeed,
    "warn-in-any-script": _warn_in_any_script,
    "bad-source-in-any-script": _bad_source_in_any_script,
    "go-back-and-forth": _go_back_and_forth,
    "leave-a-process-and-wait": _leave_a_process_and_wait,
    "leave-a-process-and-die": _leave_a_process_and_die,
    "wait": _wait,
    "refuse-to-stop": _refuse_to_stop,
    "ignore-sigterm": _ignore_sigterm,
    "block-the-loop": _block_the_loop,
    "hold-the-gil": _hold_the_gil,
    "lingering-thread": _lingering_thread,
    "raise": _raise,
    "bad-source": _bad_source,
    "hoard-memory": _hoard_memory,
    "exit": _exit,
    "kill-itself": _kill_itself,
    "die-once": _die_once,
    "linger-once": _linger_once,
    "close-the-link": _close_the_link,
}
