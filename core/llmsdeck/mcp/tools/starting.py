"""Tools that start runs: llms.txt, llms-full.txt, llms-ctx.txt, and another try."""

from __future__ import annotations

from typing import Final

from llmsdeck.answers import Started
from llmsdeck.errors import QuotaError, UsageError
from llmsdeck.mcp.parameters import Retry, Start, StartContext, StartFull
from llmsdeck.mcp.schemas import RUN
from llmsdeck.mcp.surroundings import Call
from llmsdeck.mcp.tools.following import followed, told
from llmsdeck.mcp.tools.tool import STARTS, Answer, Tool
from llmsdeck.model import ArtifactName, Run, RunRequest
from llmsdeck.request import request_like
from llmsdeck.resuming import sentence
from llmsdeck.snapshot import Window
from llmsdeck.states import LIVE

_AT_ONCE: Final = 100
_SHARE: Final = 4
"""A client may have this part, one in so many, of the room that is left in the queue."""


async def start_llms_txt(call: Call, given: Start) -> Answer:
    """A run for llms.txt."""
    request = RunRequest(
        source=call.at.roots.place_source(given.url),
        ref=given.ref,
        artifacts=(ArtifactName.LLMS,),
        model=given.model,
        output_dir=_output(call, given.output_dir),
        force=given.force,
    )
    wanted = {
        "generate_graph": given.generate_graph,
        "enable_session_memory": given.enable_session_memory,
    }
    notes = tuple(f"{name} has no effect here." for name, value in wanted.items() if value)
    return await _started(call, request, given.wait_s, notes)


async def start_full(call: Call, given: StartFull) -> Answer:
    """A run for llms-full.txt, or an earlier run that has it."""
    if given.run_id is not None:
        return await _more(call, given.run_id, ArtifactName.LLMS_FULL, given.wait_s)
    request = RunRequest(
        source=call.at.roots.place_source(given.repo_url),
        ref=given.ref,
        artifacts=(ArtifactName.LLMS, ArtifactName.LLMS_FULL),
        output_dir=_output(call, given.output_dir),
    )
    return await _started(call, request, given.wait_s)


async def start_context(call: Call, given: StartContext) -> Answer:
    """A run for llms-ctx.txt, or an earlier run that has it."""
    if given.run_id is not None:
        return await _more(call, given.run_id, ArtifactName.LLMS_CTX, given.wait_s)
    if given.repo_url is None:
        raise UsageError("Give a run_id or a repo_url.")
    request = RunRequest(
        source=call.at.roots.place_source(given.repo_url),
        ref=given.ref,
        artifacts=(ArtifactName.LLMS, ArtifactName.LLMS_CTX),
        output_dir=_output(call, given.output_dir),
    )
    return await _started(call, request, given.wait_s)


async def retry(call: Call, given: Retry) -> Answer:
    """Another run like an ended one, and from where it goes on."""
    run = await call.find(given.run_id)
    changes = dict(given.changes)
    if output := changes.get("output", "").strip():
        changes["output"] = call.at.roots.place(output)
    notes: tuple[str, ...] = ()
    if not (changes or given.fresh):
        notes = (sentence(await call.at.deck.kept(run.run_id)),)
    async with call.at.door(call.actor):
        await _keep_quota(call)
        (started,) = await call.at.deck.retry(
            [run.run_id], call.actor, changes, call.at.roots.vet, fresh=given.fresh
        )
    return await _told(call, started, given.wait_s, notes)


async def _more(call: Call, reference: str, name: ArtifactName, wait_s: float) -> Answer:
    """The run itself when it has the artifact or will, else a new one; no ended run changes."""
    run = await call.find(reference)
    if name in run.artifacts_wanted and (run.status in LIVE or run.artifacts):
        return await _seen(call, run, wait_s)
    like = request_like(run)
    request = RunRequest(
        source=like.source,
        ref=like.ref,
        artifacts=(*like.artifacts, name) if name not in like.artifacts else like.artifacts,
        model=like.model,
        output_dir=like.output_dir,
    )
    note = f"A run never changes once it has ended; this is a new one like {run.run_id}."
    return await _started(call, request, wait_s, (note,))


async def _started(
    call: Call, request: RunRequest, wait_s: float, notes: tuple[str, ...] = ()
) -> Answer:
    async with call.at.door(call.actor):
        await _keep_quota(call)
        (started,) = await call.at.deck.start([request], call.actor, call.at.roots.vet)
    return await _told(call, started, wait_s, notes)


async def _told(call: Call, started: Started, wait_s: float, notes: tuple[str, ...] = ()) -> Answer:
    """The run, with these notes if it is a new one."""
    if started.error is not None:
        raise started.error
    assert started.run is not None
    if not started.created:
        notes = ("The same run was live already; `force` starts another.",)
    return await _seen(call, started.run, wait_s, notes)


async def _seen(call: Call, run: Run, wait_s: float, notes: tuple[str, ...] = ()) -> Answer:
    """The run, after waiting for its end when that was asked for."""
    if run.status in LIVE:
        call.at.watch.want_worker()
    if wait_s and not call.handles:
        run = await followed(call, run, wait_s)
    return Answer(document=told(call, run, notes), run=run)


async def _keep_quota(call: Call) -> None:
    """Raise QuotaError when the client has as many live runs as it may."""
    quota, cursor, live = await _quota(call), None, 0
    while True:
        page = await call.at.deck.page(_AT_ONCE, cursor, f'by:"{call.actor}" is:live')
        live += sum(run.requested_by == call.actor for run in page.runs)
        cursor = page.next_cursor
        if live >= quota:
            raise QuotaError(live, quota)
        if cursor is None:
            return


async def _quota(call: Call) -> int:
    """Live runs that one client may have now: fewer, the less room there is in the queue.

    So whoever comes late finds room too, and a client without a live run may always start one.
    """
    snapshot = await call.at.deck.snapshot(Window(size=0))
    room = snapshot.policy.queue_cap - snapshot.counts.pending
    return min(call.at.config.quota, max(1, room // _SHARE))


def _output(call: Call, folder: str | None) -> str | None:
    """Where copies go: as typed, else as it is set up."""
    if folder:
        return call.at.roots.place(folder)
    usual = call.at.config.output_dir
    return None if usual is None else str(usual)


TOOLS: Final = (
    Tool(
        name="lmstxt_generate_llms_txt",
        title="Make llms.txt",
        description="Start a run that makes llms.txt of a repository. Answers at once with the "
        "run, or with its end when wait_s is given; lmstxt_wait_run waits for it later.",
        parameters=Start,
        answer=RUN,
        hints=STARTS,
        call=start_llms_txt,
    ),
    Tool(
        name="lmstxt_generate_llms_full",
        title="Make llms-full.txt",
        description="Start a run that makes llms.txt and llms-full.txt of a repository, or of the "
        "repository of an earlier run.",
        parameters=StartFull,
        answer=RUN,
        hints=STARTS,
        call=start_full,
    ),
    Tool(
        name="lmstxt_generate_llms_ctx",
        title="Make llms-ctx.txt",
        description="Start a run that makes llms.txt and llms-ctx.txt of a repository, or of the "
        "repository of an earlier run.",
        parameters=StartContext,
        answer=RUN,
        hints=STARTS,
        call=start_context,
    ),
    Tool(
        name="lmstxt_retry_run",
        title="Try a run again",
        description="Start a new run like one that has ended, with changes if wanted. What it "
        "had read and been answered is used again, unless fresh is set.",
        parameters=Retry,
        answer=RUN,
        hints=STARTS,
        call=retry,
    ),
)
