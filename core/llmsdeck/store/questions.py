"""Runs that ask whether to go on over their budget, and wait a bounded time for an answer."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmsdeck.clock import Instant
from llmsdeck.errors import NoSuchRunError, OverBudgetError, RefusedError, span
from llmsdeck.model import SHORT_ID_LENGTH, Actor, ActorKind, RunId
from llmsdeck.settings import Policy
from llmsdeck.states import UNANSWERED, Decision
from llmsdeck.store import events
from llmsdeck.store.stamp import Stamp

ASKS: Final = "(asked_ns IS NOT NULL AND decision IS NULL)"
"""Condition on a pending run: it waits for an answer."""
_SAID: Final = {
    Decision.GO: "It goes on with the model.",
    Decision.WITHOUT_MODEL: "It goes on without the model.",
}


def put(
    connection: sqlite3.Connection,
    stamp: Stamp,
    run_seq: int,
    expected_tokens: int,
    token_budget: int,
) -> str:
    """Let a run ask; the question as a sentence."""
    connection.execute(
        "UPDATE runs SET asked_boot = ?, asked_ns = ?, expected_tokens = ?, token_budget = ?,"
        " decision = NULL WHERE seq = ?",
        (stamp.now.boot_id, stamp.now.ns, expected_tokens, token_budget, run_seq),
    )
    return f"{OverBudgetError(expected_tokens, token_budget)} The run waits for an answer."


def asked(connection: sqlite3.Connection, run_id: RunId) -> int:
    """The number of a run that asks; raises NoSuchRunError, RefusedError when it does not."""
    row = connection.execute(
        f"SELECT seq, status, decision, status = 'pending' AND {ASKS} AS asks FROM runs"
        " WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    if row is None:
        raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.")
    if not row["asks"]:
        known = f"; the answer was {row['decision']} already" if row["decision"] else ""
        raise RefusedError(
            f"Run {run_id[:SHORT_ID_LENGTH]} is {row['status']} and asks nothing{known}."
        )
    return int(row["seq"])


def decide(
    connection: sqlite3.Connection,
    stamp: Stamp,
    run_seq: int,
    decision: Decision,
    actor: Actor,
    why: str = "",
) -> None:
    """Let a run that asks go on, with the model or without."""
    connection.execute(
        "UPDATE runs SET decision = ?, updated_ms = ? WHERE seq = ?",
        (decision, stamp.wall_ms, run_seq),
    )
    said, data = f"{why} {_SAID[decision]}".strip(), {"decision": decision}
    events.append(connection, stamp, actor, "answered", said, run_seq=run_seq, data=data)


def settle(connection: sqlite3.Connection, stamp: Stamp, policy: Policy) -> None:
    """Decide for runs that nobody answered in time, and for those that a new budget lets go on."""
    janitor = Actor(ActorKind.JANITOR)
    rows = connection.execute(
        "SELECT seq, asked_boot, asked_ns, expected_tokens FROM runs"
        f" WHERE status = 'pending' AND {ASKS}"
    ).fetchall()
    for row in rows:
        if not policy.token_budget or row["expected_tokens"] <= policy.token_budget:
            said = "The budget is larger now."
            decide(connection, stamp, row["seq"], Decision.GO, janitor, said)
        elif left_s(stamp.now, Instant(row["asked_boot"], row["asked_ns"]), policy) <= 0:
            said = f"Nobody answered within {span(policy.answer_within)}."
            decide(connection, stamp, row["seq"], UNANSWERED, janitor, said)


def left_s(now: Instant, asked: Instant, policy: Policy) -> float:
    """Seconds that there are left to answer; none for a question from before a restart."""
    waited = now.seconds_since(asked)
    return 0.0 if waited is None else max(0.0, policy.answer_within - waited)


def asking(connection: sqlite3.Connection) -> int:
    """How many runs wait for an answer."""
    row = connection.execute(
        f"SELECT count(*) AS n FROM runs WHERE status = 'pending' AND {ASKS}"
    ).fetchone()
    return int(row["n"])
