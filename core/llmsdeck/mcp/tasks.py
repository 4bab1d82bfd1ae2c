"""Runs as durable tasks (SEP-2663): a handle is made of a run's id, so any server answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value

from llmsdeck.contract import Document
from llmsdeck.errors import NoSuchRunError
from llmsdeck.mcp.expectation import poll_after
from llmsdeck.mcp.record import run_record
from llmsdeck.mcp.surroundings import (
    TASKS,
    Asked,
    Surroundings,
    actor_of,
    declares_tasks,
    is_modern,
    may_be_asked,
)
from llmsdeck.mcp.tools.tool import Answer, outcome
from llmsdeck.model import Question, Run, RunId
from llmsdeck.settings import Policy
from llmsdeck.snapshot import Window
from llmsdeck.states import LIVE, UNANSWERED, Decision, RunStatus
from llmsdeck.why import state_of

_PREFIX: Final = "run-"
_LONGEST: Final = 64
_WORDS: Final = {
    RunStatus.PENDING: "working",
    RunStatus.PROCESSING: "working",
    RunStatus.COMPLETED: "completed",
    # `failed` is kept for errors of the protocol; a run that failed is a result that says so.
    RunStatus.FAILED: "completed",
    RunStatus.CANCELLED: "cancelled",
}


_BUDGET: Final = "budget"
"""The one thing that a run ever asks, and that at most once."""
_FIELD: Final = "decision"


def _elicitation(question: Question) -> Document:
    """What the client's user is to be shown."""
    titles = {
        Decision.GO: "Go on with the model",
        Decision.WITHOUT_MODEL: "Go on without the model",
        Decision.CANCEL: "Cancel the run",
    }
    choice: Document = {
        "type": "string",
        "title": "How to go on",
        "oneOf": [{"const": value, "title": title} for value, title in titles.items()],
        "default": UNANSWERED,
    }
    schema: Document = {"type": "object", "properties": {_FIELD: choice}, "required": [_FIELD]}
    params: Document = {"mode": "form", "message": question.sentence, "requestedSchema": schema}
    return {"method": "elicitation/create", "params": params}


def decided(response: object) -> Decision | None:
    """What an answer comes to; None for one that decides nothing.

    Whoever declines does without the model; whoever only closes the question leaves it open. Raises
    MCPError for an answer that is none.
    """
    if response is None:
        return None
    try:
        answer = types.ElicitResult.model_validate(response)
        if answer.action != "accept":
            return UNANSWERED if answer.action == "decline" else None
        return Decision(str((answer.content or {}).get(_FIELD)))
    except ValueError as error:
        said = f"Answer {_BUDGET!r} with one of {', '.join(Decision)} as {_FIELD!r}."
        raise MCPError(types.INVALID_PARAMS, said) from error


class TaskParams(types.RequestParams):
    """Of tasks/get and tasks/cancel."""

    task_id: str


class UpdateParams(TaskParams):
    """Of tasks/update."""

    input_responses: dict[str, Any]


def handle(run_id: RunId) -> str:
    """The task of a run."""
    return f"{_PREFIX}{run_id}"


def run_of(task_id: str) -> RunId:
    """The run that a task is; raises MCPError for a handle that nobody here gave out."""
    if not task_id.startswith(_PREFIX) or len(task_id) > _LONGEST:
        raise MCPError(types.INVALID_PARAMS, "Task not found; it is none of this server's.")
    return RunId(task_id.removeprefix(_PREFIX))


def demand_tasks(asked: Asked) -> None:
    """Raise unless this request may speak of tasks."""
    if not is_modern(asked):
        raise MCPError(types.METHOD_NOT_FOUND, "Tasks need protocol 2026-07-28.")
    if not declares_tasks(asked):
        needed: Document = {"requiredCapabilities": {"extensions": {TASKS: {}}}}
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY, "Missing required client capability", needed
        )


def _named(asked: Asked, params: TaskParams) -> RunId:
    """The run that is asked about; raises MCPError when that may not be, or headers disagree."""
    demand_tasks(asked)
    headers: Mapping[str, str] = getattr(asked.request, "headers", None) or {}
    header = headers.get(MCP_NAME_HEADER)
    if header is not None and decode_header_value(header) != params.task_id:
        raise MCPError(types.HEADER_MISMATCH, "The header Mcp-Name does not name this task.")
    return run_of(params.task_id)


class Tasks:
    """Answers what clients ask about the tasks that runs are."""

    def __init__(self, at: Surroundings) -> None:
        self._at = at

    async def created(self, run: Run) -> Document:
        """The handle in place of a tool's result; the run is in the store already."""
        return {"resultType": "task", **await self.state(run.run_id)}

    async def get(self, asked: Asked, params: TaskParams) -> Document:
        """A task as it is now, with the result of one that has ended."""
        return await self.state(_named(asked, params), asks=may_be_asked(asked))

    async def update(self, asked: Asked, params: UpdateParams) -> Document:
        """Take the answer to what the run asks; others are acknowledged and ignored."""
        run_id = _named(asked, params)
        await self.state(run_id)
        if (await self._at.deck.find(run_id)).question is None:
            return {}
        decision = decided(params.input_responses.get(_BUDGET))
        if decision is not None:
            # A refusal is passed over: somebody else answered first, which ends the question too.
            await self._at.deck.answer([run_id], decision, actor_of(asked))
        return {}

    async def cancel(self, asked: Asked, params: TaskParams) -> Document:
        """Ask the run to stop; one that has ended is left as it is."""
        run_id = _named(asked, params)
        await self.state(run_id)
        await self._at.deck.cancel([run_id], actor_of(asked))
        return {}

    async def state(self, run_id: RunId, *, asks: bool = False) -> Document:
        """The task of a run, in full; raises MCPError when there is none.

        With `asks`, what the run asks is put to the client; else its task goes on working, since
        the operator may answer too.
        """
        snapshot = await self._at.deck.snapshot(Window(size=0), focus=run_id)
        if snapshot.detail is None:
            raise MCPError(types.INVALID_PARAMS, "Task not found; its run may have been pruned.")
        run = snapshot.detail.run
        if run.status in LIVE:
            self._at.watch.want_worker()
        task: Document = {
            "taskId": handle(run.run_id),
            "status": _WORDS[run.status],
            "statusMessage": self._at.roots.veiled(state_of(run)),
            "createdAt": run.created_at.isoformat(timespec="milliseconds"),
            "lastUpdatedAt": run.updated_at.isoformat(timespec="milliseconds"),
            "ttlMs": _ttl_ms(run, snapshot.policy),
            "pollIntervalMs": round(1000 * poll_after(snapshot)),
        }
        if run.question is not None and asks:
            task["status"] = "input_required"
            task["inputRequests"] = {_BUDGET: _elicitation(run.question)}
        if task["status"] == "completed":
            task["result"] = self._result(run)
        return task

    def _result(self, run: Run) -> Document:
        """What the tool would have answered had it waited."""
        answer = Answer(document=run_record(run, self._at.roots), run=run)
        sent = outcome(answer, self._at.roots)
        return sent.model_dump(by_alias=True, mode="json", exclude_none=True)

    async def known(self, task_ids: list[str]) -> list[str]:
        """Those for which there is a run."""
        found: list[str] = []
        for task_id in task_ids:
            try:
                run_id = run_of(task_id)
                if (await self._at.deck.find(run_id)).run_id == run_id:
                    found.append(task_id)
            except (MCPError, NoSuchRunError):
                continue
        return found


def _ttl_ms(run: Run, policy: Policy) -> int | None:
    """Milliseconds from acceptance until the run may be pruned; None while it is live."""
    if run.finished_at is None:
        return None
    completed = run.status is RunStatus.COMPLETED
    kept_s = policy.ttl_completed if completed else policy.ttl_failed
    took_s = (run.finished_at - run.created_at).total_seconds()
    return round(1000 * max(0.0, took_s + kept_s))
