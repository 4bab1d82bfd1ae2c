"""JSON Schemas of the documents in `llmsdeck.contract`; readers check against them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from llmsdeck.comparison import Change
from llmsdeck.states import CancelState, Decision, ErrorKind, Outcome, Phase, RunStatus

Schema: TypeAlias = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
NUMBER: Final[Schema] = {"type": "number"}
FLAG: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}


def one_of(names: type[StrEnum]) -> Schema:
    """One of an enumeration's words."""
    return {"type": "string", "enum": [str(name) for name in names]}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """A list of the same."""
    return {"type": "array", "items": schema}


def document(**properties: Schema) -> Schema:
    """An object with exactly these keys, all of them there."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def partly(schema: Schema, *optional: str) -> Schema:
    """The same object, with keys that may be missing."""
    return {**schema, "required": [key for key in schema["required"] if key not in optional]}


ARTIFACT: Final = document(name=TEXT, path=TEXT, size_bytes=WHOLE, hash_sha256=TEXT)
RUN: Final = document(
    run_id=TEXT,
    short_id=TEXT,
    source=TEXT,
    ref=maybe(TEXT),
    commit=maybe(TEXT),
    artifacts_wanted=many(TEXT),
    model=TEXT,
    priority=WHOLE,
    parent_run=maybe(TEXT),
    requested_by=TEXT,
    output_dir=maybe(TEXT),
    status=one_of(RunStatus),
    outcome=maybe(one_of(Outcome)),
    score=maybe(WHOLE),
    phase=maybe(one_of(Phase)),
    progress=document(done=WHOLE, total=WHOLE),
    attempt=WHOLE,
    max_attempts=WHOLE,
    worker=maybe(TEXT),
    heartbeat_age_s=maybe(NUMBER),
    moved_age_s=maybe(NUMBER),
    stale=FLAG,
    stale_reason=maybe(TEXT),
    cancel=maybe(
        document(state=one_of(CancelState), by=TEXT, requested_at=TIME, verdict=maybe(TEXT))
    ),
    queue_position=maybe(WHOLE),
    held=maybe(TEXT),
    question=maybe(
        document(
            expected_tokens=WHOLE,
            token_budget=WHOLE,
            left_s=NUMBER,
            answers=many(one_of(Decision)),
            unanswered=one_of(Decision),
        )
    ),
    error_kind=maybe(one_of(ErrorKind)),
    error_message=maybe(TEXT),
    warnings=many(document(kind=TEXT, message=TEXT, count=WHOLE)),
    artifacts=many(ARTIFACT),
    created_at=TIME,
    started_at=maybe(TIME),
    updated_at=TIME,
    finished_at=maybe(TIME),
)
EXPLANATION: Final = document(
    run_id=TEXT,
    state=TEXT,
    headline=TEXT,
    evidence=many(document(fact=TEXT, value=TEXT, limit=maybe(TEXT))),
    next_steps=many(document(sentence=TEXT, command=maybe(TEXT))),
)
PRUNE: Final = document(
    plan=document(
        runs=many(
            document(
                run_id=TEXT,
                source=TEXT,
                status=one_of(RunStatus),
                finished_at=TIME,
                size_bytes=WHOLE,
                reason=TEXT,
            )
        ),
        total_bytes=WHOLE,
        fingerprint={"type": "string", "description": "Give it back to apply this very plan."},
    ),
    pruned=maybe(document(runs=WHOLE, total_bytes=WHOLE)),
)
VERDICT: Final = document(
    subject=TEXT,
    profile=TEXT,
    passed=FLAG,
    score=WHOLE,
    points=WHOLE,
    gates=many(
        document(name=TEXT, passed=FLAG, findings=many(document(line=maybe(WHOLE), message=TEXT)))
    ),
    rubric=many(document(name=TEXT, weight=WHOLE, points=maybe(NUMBER), reason=TEXT)),
    links=many(document(url=TEXT, state=TEXT, reason=TEXT, moved_to=maybe(TEXT))),
)
_CHANGE: Final = one_of(Change)
COMPARISON: Final = document(
    before=TEXT,
    after=TEXT,
    equal=FLAG,
    scores=document(before=WHOLE, after=WHOLE),
    texts=many(document(what=TEXT, before=TEXT, after=TEXT)),
    sections=many(document(change=_CHANGE, name=TEXT, links=WHOLE)),
    links=many(document(change=_CHANGE, title=TEXT, url=TEXT, before=TEXT, after=TEXT)),
    kept=WHOLE,
    files=many(document(change=_CHANGE, path=TEXT, before=maybe(WHOLE), after=maybe(WHOLE))),
    sizes=many(document(name=TEXT, before=maybe(WHOLE), after=maybe(WHOLE), same=FLAG)),
    text=many(TEXT),
)

ERROR: Final[Schema] = {
    "type": "object",
    "properties": {"kind": TEXT, "message": TEXT},
    "required": ["kind", "message"],
    "description": "Facts of its kind come on top.",
}
_NAMED_ERROR: Final[Schema] = {**ERROR, "properties": {**ERROR["properties"], "source": TEXT}}
_RUN_ERROR: Final[Schema] = {**ERROR, "properties": {**ERROR["properties"], "run_id": TEXT}}
_STARTED: Final = partly(document(runs=many(RUN), errors=many(_NAMED_ERROR)), "errors")
_EVENT: Final = document(
    seq=WHOLE,
    run_id=maybe(TEXT),
    at=TIME,
    actor=TEXT,
    kind=TEXT,
    message=TEXT,
    data={"type": "object"},
)
_WORKER: Final = document(
    worker_id=TEXT,
    pid=WHOLE,
    slots=WHOLE,
    busy=WHOLE,
    state={"type": "string", "enum": ["running", "draining"]},
    alive=FLAG,
    heartbeat_age_s=maybe(NUMBER),
    started_at=TIME,
    sweep_age_s=maybe(NUMBER),
    sweep_error=maybe(TEXT),
)
_CALL: Final = document(
    number=WHOLE,
    at=TIME,
    purpose=TEXT,
    model=TEXT,
    prompt_tokens=WHOLE,
    completion_tokens=WHOLE,
    seconds=NUMBER,
    tokens_per_s=maybe(NUMBER),
    answered=FLAG,
    accepted=FLAG,
    reason=TEXT,
    kept=FLAG,
)
_CALLS: Final = document(run_id=TEXT, calls=many(_CALL))
_CALL_TEXT: Final = document(
    run_id=TEXT, call=_CALL, system=TEXT, user=TEXT, thoughts=TEXT, answer=TEXT
)
_TRASH: Final = document(
    run_id=TEXT,
    source=TEXT,
    status=one_of(RunStatus),
    finished_at=TIME,
    size_bytes=WHOLE,
    pruned_at=TIME,
    pruned_by=TEXT,
    left_s=NUMBER,
)
_CANCELLED: Final = document(run_id=TEXT, verdict=TEXT, message=TEXT, run=maybe(RUN))
_LIMIT: Final = document(value=NUMBER, default=NUMBER)
VERBS: Final[Mapping[str, Schema]] = {
    "start": _STARTED,
    "retry": _STARTED,
    "list": document(runs=many(RUN), next_cursor=maybe(TEXT)),
    "show": RUN,
    "answer": partly(document(runs=many(RUN), errors=many(_RUN_ERROR)), "errors"),
    "why": EXPLANATION,
    "events": document(events=many(_EVENT)),
    "calls": {"anyOf": [_CALLS, _CALL_TEXT]},
    "read": document(run_id=TEXT, name=TEXT, offset=WHOLE, total_chars=WHOLE, content=TEXT),
    "workers": document(workers=many(_WORKER)),
    "cancel": partly(document(answers=many(_CANCELLED), errors=many(ERROR)), "errors"),
    "prune": PRUNE,
    "restore": partly(
        document(restored=many(TEXT), errors=many(ERROR), trash=many(_TRASH)),
        *("restored", "errors", "trash"),
    ),
    "export": partly(
        document(file=maybe(TEXT), size_bytes=WHOLE, runs=many(TEXT), errors=many(_RUN_ERROR)),
        "errors",
    ),
    "import": partly(
        document(
            imported=many(TEXT),
            skipped=many(document(run_id=TEXT, reason=TEXT)),
            errors=many(_RUN_ERROR),
        ),
        "errors",
    ),
    "check": VERDICT,
    "diff": partly(COMPARISON, "text"),
    "policy": document(policy={"type": "object", "additionalProperties": _LIMIT}),
    "doctor": document(
        findings=many(
            document(
                subject=TEXT,
                health={"type": "string", "enum": ["good", "note", "bad"]},
                message=TEXT,
                advice=TEXT,
            )
        )
    ),
    "config": document(file=TEXT, settings=many(document(key=TEXT, value=TEXT, origin=TEXT))),
    "skill": document(skill=TEXT),
    "drill": document(
        passed=FLAG,
        exercises=many(
            document(name=TEXT, guarantees=many(TEXT), passed=FLAG, seconds=NUMBER, message=TEXT)
        ),
    ),
    "error": document(error=ERROR),
}
"""What each verb prints with --json, and what all print instead when they fail."""
