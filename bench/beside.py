"""Runs end to end beside other task queues, each on the store that it is usually given."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench import servers
from bench.figures import Row, at_least, in_turns
from bench.marks import Marks
from bench.peers import Peers
from bench.programs import running
from bench.queue import AT_ONCE, errands_per_second
from bench.setting import PATIENCE, Setting, answer, environment

_REDIS: Final = "redis-server"
_POSTGRES: Final = "postgres"
_UNSYNCED: Final = "ours is synced to disk, theirs is in memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A task queue and what it needs."""

    name: str
    """As it is installed and imported."""
    title: str
    server: str = ""
    """The program of its store; empty for one that has a file of its own."""
    drivers: tuple[tuple[str, str], ...] = ()
    """What its store takes besides: as it is imported, and as it is installed."""
    share: int = 1
    """Part of the errands that it gets, one in so many: slow ones need not take minutes."""


PEERS: Final = (
    Peer(
        name="saq",
        title="SAQ, Redis",
        server=_REDIS,
        drivers=(("redis", "redis"), ("typing_extensions", "typing_extensions")),
    ),
    Peer(name="arq", title="arq, Redis", server=_REDIS, drivers=(("redis", "redis"),)),
    Peer(
        name="celery",
        title="Celery, Redis, 10 threads",
        server=_REDIS,
        drivers=(("redis", "redis"), ("packaging", "packaging")),
    ),
    Peer(
        name="procrastinate",
        title="procrastinate, PostgreSQL",
        server=_POSTGRES,
        drivers=(("psycopg", "psycopg[binary]"),),
    ),
    Peer(
        name="pgqueuer",
        title="pgqueuer, PostgreSQL",
        server=_POSTGRES,
        drivers=(("asyncpg", "asyncpg"),),
    ),
    Peer(name="dbos", title="DBOS, SQLite", share=5),
)


def queues(setting: Setting) -> Iterator[Row]:
    """Errands per second, ours synced to disk, theirs as durable as they usually are."""
    count = setting.pick(300, 600)
    missing = {peer.name: _missing(setting, peer) for peer in PEERS}
    measures: dict[str, Callable[[], float]] = {"ours": partial(errands_per_second, setting, count)}
    for peer in PEERS:
        if not missing[peer.name]:
            measures[peer.name] = partial(_theirs, setting, peer, count // peer.share)
    taken = in_turns(setting.pick(1, 3), measures)
    for peer in PEERS:
        yield Row(
            name=f"runs/s end to end beside {peer.name}",
            unit="/s",
            ours=taken["ours"],
            peer=peer.title,
            theirs=taken.get(peer.name, ()),
            target=at_least(1),
            note=missing[peer.name] or (_UNSYNCED if peer.server == _REDIS else ""),
        )


def _home(setting: Setting, peer: Peer) -> Peers:
    """An environment of the peer's own: they disagree about the versions of their drivers."""
    return Peers(setting.peers.folder / peer.name)


def _missing(setting: Setting, peer: Peer) -> str:
    """Why the peer cannot be measured here; empty when it can."""
    if peer.server and setting.peers.command(peer.server) is None:
        return f"{peer.server} is not installed"
    home = _home(setting, peer)
    for name, requirement in (*peer.drivers, (peer.name, peer.name)):
        if home.package(name, requirement) is None:
            return f"{requirement} cannot be installed"
    return ""


def _theirs(setting: Setting, peer: Peer, count: int) -> float:
    with setting.folder() as folder, _store(setting, peer, folder) as server:
        variables = {
            **environment(),
            "BENCH_FOLDER": str(folder),
            "BENCH_COUNT": str(count + 1),
            "BENCH_SERVER": server,
        }
        marks = Marks(folder / "marks", count + 1)
        program = [str(_home(setting, peer).python), "-m", "bench.queue_peers", peer.name]
        subprocess.run(
            [*program, "prepare"], env=variables, check=True, capture_output=True, timeout=PATIENCE
        )
        with running([*program, "work", str(AT_ONCE)], variables):
            answer([*program, "feed", "0", "1"], variables)
            marks.wait_for(0)
            told = answer([*program, "feed", "1", str(count + 1)], variables)
            began = float(told["began"]) / 1e9
            return count / (marks.last() - began)


@contextlib.contextmanager
def _store(setting: Setting, peer: Peer, folder: Path) -> Generator[str]:
    """The address of the peer's server while it is up; empty without one."""
    program = setting.peers.command(peer.server) if peer.server else None
    if program is None:
        yield ""
    elif peer.server == _REDIS:
        with servers.redis(program, folder) as address:
            yield address
    else:
        with servers.postgres(program) as address:
            yield address
