"""Runs that go from one store to another."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from desk import WORKER, Desk

from llmsdeck.answers import Imported
from llmsdeck.engine.exporting import export_runs
from llmsdeck.engine.importing import import_runs
from llmsdeck.model import Actor, ActorKind, Artifact, ArtifactName, RunId
from llmsdeck.states import ErrorKind, Outcome, Phase
from llmsdeck.store import endings, leases

BEA = Actor(ActorKind.CLI, "bea")
TEXT = b"# Tea\n\n> Brews tea.\n"


async def completed(desk: Desk, source: str = "https://github.com/acme/tea") -> RunId:
    """A run with a real bundle and phases."""
    lease = await desk.claimed(source)
    await desk.store.write(
        partial(
            leases.enter_phase, stamp=desk.stamp, lease=lease, worker=WORKER, phase=Phase.COLLECT
        )
    )
    desk.clock.advance(1.5)
    folder = desk.store.paths.attempt(lease.run_id, lease.token)
    folder.mkdir(parents=True)
    artifacts: list[Artifact] = []
    for name, content in ((ArtifactName.LLMS, TEXT), (ArtifactName.MANIFEST, b"{}")):
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        artifacts.append(Artifact(name=name, path="", size_bytes=len(content), hash_sha256=digest))
    completion = endings.Completion(
        commit="c0ffee", outcome=Outcome.GOOD, score=90, artifacts=tuple(artifacts), warnings=()
    )
    await desk.store.write(
        partial(
            endings.complete,
            stamp=desk.stamp,
            lease=lease,
            worker=WORKER,
            completion=completion,
            copy_to=None,
        )
    )
    return lease.run_id


async def failed(desk: Desk) -> RunId:
    lease = await desk.claimed("/srv/coffee")
    await desk.fail(lease, ErrorKind.SOURCE, "It is empty.")
    return lease.run_id


async def export(desk: Desk, file: Path, *run_ids: RunId) -> Path:
    exported = await export_runs(desk.store, run_ids, file)
    assert not exported.errors
    return file


async def take_in(desk: Desk, file: Path) -> tuple[Imported, ...]:
    return await import_runs(desk.store, desk.clock, file, BEA)


async def counters(desk: Desk) -> dict[object, object]:
    return {row[0]: row[1] for row in await desk.sql("SELECT name, n FROM counters")}


def bundles(desk: Desk) -> dict[str, bytes]:
    root = desk.store.paths.bundles
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
