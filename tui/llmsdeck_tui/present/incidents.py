"""What keeps runs from going on: one banner for each trouble, with the next safe action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

SWEEPS_MISSED: Final = 3
"""Intervals without a sweep after which maintenance counts as neglected."""
LEAST_FREE: Final = 200 * 2**20
"""Bytes of room for the store below which there is trouble soon: bundles are up to tens of MB."""
_REASON_CELLS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One trouble."""

    name: str
    what: str
    """May quote outside text."""
    action: str
    """What may be done now without harm."""


def incidents(snapshot: DeckSnapshot, *, starting_worker: bool = False) -> list[Incident]:
    """Every trouble of a picture, the worst first."""
    found = [
        *_store(snapshot),
        *_model(snapshot),
        *_questions(snapshot),
        *_maintenance(snapshot),
    ]
    return found if starting_worker else [*found, *_workers(snapshot)]


def banner(found: Sequence[Incident], width: int) -> Content:
    """The incidents as lines; a single one may take several, one of many is cut to one."""
    if len(found) == 1:
        return _line(found[0])
    return Content("\n").join(words.fit(_line(each), width) for each in found)


def _line(incident: Incident) -> Content:
    return Content.assemble(
        (f"{incident.name}  ", words.STRONG),
        safe(incident.what, _REASON_CELLS),
        (f"  → {plain(incident.action, _REASON_CELLS)}", words.STRONG),
    )


def _store(snapshot: DeckSnapshot) -> Iterator[Incident]:
    if not snapshot.writable and not snapshot.read_only:
        yield Incident(
            name="STORE READ-ONLY",
            what=f"{snapshot.store_dir} cannot be written to.",
            action="Make it writable again; until then nothing can be started or recorded.",
        )
    elif snapshot.free_bytes is not None and snapshot.free_bytes < LEAST_FREE:
        yield Incident(
            name="DISK FULL",
            what=f"{words.size(snapshot.free_bytes)} are left for the store.",
            action="Free some space on its disk; nothing is lost meanwhile.",
        )


def _model(snapshot: DeckSnapshot) -> Iterator[Incident]:
    for lane in snapshot.lanes:
        if lane.down_since is not None:
            held = words.counted(snapshot.held, "run")
            since = words.clock(lane.down_since)
            yield Incident(
                name="MODEL DOWN",
                what=f"since {since} UTC, {held} held: {lane.down_reason}",
                action="Start the server; they go on by themselves.",
            )
            return


def _questions(snapshot: DeckSnapshot) -> Iterator[Incident]:
    if snapshot.asking:
        many = snapshot.asking > 1
        yield Incident(
            name="ANSWER NEEDED",
            what=f"{words.counted(snapshot.asking, 'run')} {'are' if many else 'is'} over the "
            "budget of tokens; without an answer in time they go on without the model.",
            action="Find them with is:asking, mark them and press a."
            if many
            else "Find it with is:asking and press a.",
        )


def _maintenance(snapshot: DeckSnapshot) -> Iterator[Incident]:
    """The first worker whose janitor does not sweep in time, if there is one."""
    late = SWEEPS_MISSED * max(1.0, snapshot.policy.sweep_interval)
    for worker in (worker for worker in snapshot.workers if worker.alive):
        since_start = (snapshot.taken_at - worker.started_at).total_seconds()
        age = since_start if worker.sweep_age_s is None else worker.sweep_age_s
        what = ""
        if worker.sweep_error:
            what = f"failed {words.duration(age)} ago: {worker.sweep_error}"
        elif age > late:
            what = f"has not been done for {words.duration(age)}"
        if what:
            yield Incident(
                name="MAINTENANCE",
                what=f"by worker {worker.worker_id} {what}",
                action=f"Look at {snapshot.store_dir}/logs; runs go on.",
            )
            return


def _workers(snapshot: DeckSnapshot) -> Iterator[Incident]:
    waiting = snapshot.counts.pending + snapshot.counts.processing
    if waiting and not any(worker.alive for worker in snapshot.workers):
        yield Incident(
            name="NO WORKER",
            what=f"{words.counted(waiting, 'run')} cannot go on.",
            action="Run `llmsdeck worker` in another terminal.",
        )
