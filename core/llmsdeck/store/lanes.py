"""Model servers: what attempts found them to be, and the one incident of one that is down.

Runs that need a model are held while a server is down; the others go on. An incident begins with
the first attempt that cannot reach the server, whichever run it belongs to, and ends when the
server answers again.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from llmsdeck.model import OPTIONAL_MODELS, Actor
from llmsdeck.states import Decision
from llmsdeck.store import events, questions
from llmsdeck.store.stamp import Stamp

_NEEDY: Final = (
    f"model NOT IN ({', '.join(repr(str(name)) for name in OPTIONAL_MODELS)})"
    f" AND decision IS NOT '{Decision.WITHOUT_MODEL}'"
)
_DOWN: Final = "EXISTS (SELECT 1 FROM lanes WHERE down_ms IS NOT NULL)"
_STRANDED: Final = f"({_NEEDY} AND {_DOWN})"
HELD: Final = f"({_STRANDED} OR {questions.ASKS})"
"""Condition on a pending run: it waits for a model server to come back, or for an answer."""
KEPT: Final = 8
"""Servers that are remembered; a user has one or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A server that answered an attempt."""

    server: str
    model: str
    context_tokens: int | None
    tokens_per_s: float | None


def see(connection: sqlite3.Connection, stamp: Stamp, actor: Actor, seen: Sighting) -> None:
    """The server works; an incident of it is over."""
    rise(connection, stamp, actor, seen.server)
    connection.execute(
        "INSERT INTO lanes (server, model, context_tokens, tokens_per_s, seen_boot, seen_ns)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (server) DO UPDATE SET model = excluded.model,"
        " context_tokens = coalesce(excluded.context_tokens, context_tokens),"
        " tokens_per_s = coalesce(excluded.tokens_per_s, tokens_per_s),"
        " seen_boot = excluded.seen_boot, seen_ns = excluded.seen_ns",
        (
            seen.server,
            seen.model,
            seen.context_tokens,
            seen.tokens_per_s,
            stamp.now.boot_id,
            stamp.now.ns,
        ),
    )
    _forget_oldest(connection)


def fall(
    connection: sqlite3.Connection, stamp: Stamp, actor: Actor, server: str, reason: str
) -> None:
    """The server cannot be reached; only the first to say so begins an incident."""
    cursor = connection.execute(
        "INSERT INTO lanes (server, seen_boot, seen_ns, down_ms, down_reason)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (server) DO UPDATE SET down_ms = excluded.down_ms,"
        " down_reason = excluded.down_reason WHERE lanes.down_ms IS NULL",
        (server, stamp.now.boot_id, stamp.now.ns, stamp.wall_ms, reason),
    )
    if cursor.rowcount:
        said = f"{reason} Runs that need it are held."
        events.append(connection, stamp, actor, "model_down", said, data={"server": server})
    _forget_oldest(connection)


def rise(connection: sqlite3.Connection, stamp: Stamp, actor: Actor, server: str) -> None:
    """The server answers, or is no longer asked: what was held because of it may go on."""
    row = connection.execute(
        "SELECT down_ms FROM lanes WHERE server = ? AND down_ms IS NOT NULL", (server,)
    ).fetchone()
    if row is None:
        return
    connection.execute(
        "UPDATE lanes SET down_ms = NULL, down_reason = NULL WHERE server = ?", (server,)
    )
    seconds = max(0, stamp.wall_ms - row["down_ms"]) / 1000
    said = f"{server} answers again after {seconds:.0f} s; held runs go on."
    events.append(connection, stamp, actor, "model_up", said, data={"server": server})


def down(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Addresses of the servers that cannot be reached."""
    rows = connection.execute(
        "SELECT server FROM lanes WHERE down_ms IS NOT NULL ORDER BY server"
    ).fetchall()
    return tuple(row["server"] for row in rows)


def obstacle(connection: sqlite3.Connection) -> str | None:
    """Why runs that need a model are held; None when they are not."""
    row = connection.execute(
        "SELECT down_reason FROM lanes WHERE down_ms IS NOT NULL ORDER BY down_ms, server LIMIT 1"
    ).fetchone()
    return None if row is None else row["down_reason"]


def held(connection: sqlite3.Connection) -> int:
    """How many pending runs wait for a server."""
    row = connection.execute(
        f"SELECT count(*) AS n FROM runs WHERE status = 'pending' AND {_STRANDED}"
    ).fetchone()
    return int(row["n"])


def _forget_oldest(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM lanes WHERE server IN (SELECT server FROM lanes WHERE down_ms IS NULL"
        " ORDER BY seen_ns DESC LIMIT -1 OFFSET ?)",
        (KEPT,),
    )
