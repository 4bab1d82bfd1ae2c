"""The two lines at the top: what this deck is, and how its runs stand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.snapshot import Counts, DeckSnapshot, Lane, WorkerInfo
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain, safe

LANE_SECONDS: Final = 600
"""After so long without an answer the speed of a model says nothing any more."""
_MODEL_CELLS: Final = 32
_GAP = Content("   ")


def header(
    snapshot: DeckSnapshot, now: datetime, starting_worker: bool, width: int, mode: str = ""
) -> Content:
    """Store, workers and queue at the left, the time at the right; the store gives way first."""
    time = words.time(now, live=bool(snapshot.counts.live))
    right = Content.assemble((time, words.QUIET))
    brand = Content.assemble(("llmsdeck", words.STRONG), (f" {mode}" if mode else "", words.ALARM))
    facts = [workers(snapshot.workers, starting_worker), queue(snapshot)]
    if snapshot.read_only:
        facts.append(Content.assemble(("read-only", words.WARN)))
    needed = sum(part.cell_length + len(_GAP) for part in (brand, *facts, right))
    if snapshot.lanes and (said := lane(snapshot.lanes[0], width - needed)).plain:
        facts.append(said)
    room = width - sum(part.cell_length + len(_GAP) for part in (brand, *facts, right))
    if room >= 8:
        home = Content.assemble((plain(_homely(snapshot.store_dir)), words.QUIET))
        facts.insert(0, words.fit_tail(home, min(room, home.cell_length)))
    left = _GAP.join([brand, *facts])
    return Content.assemble(words.fit(left, max(0, width - right.cell_length)), right)


def workers(registered: Iterable[WorkerInfo], starting: bool) -> Content:
    """How many workers are alive and how busy; the truth when none is."""
    alive = [worker for worker in registered if worker.alive]
    if not alive:
        word = "starting a worker…" if starting else "! no worker"
        return Content.assemble((word, words.ALARM))
    busy, slots = sum(w.busy for w in alive), sum(w.slots for w in alive)
    draining = sum(worker.state == "draining" for worker in alive)
    note = f" ({draining} draining)" if draining else ""
    return Content.assemble(
        words.counted(len(alive), "worker"), (note, words.WARN), f" {busy}/{slots} slots"
    )


def queue(snapshot: DeckSnapshot) -> Content:
    """How full the queue is; a full one stands out."""
    queued, cap = snapshot.counts.pending, snapshot.policy.queue_cap
    text = f"queue {words.number(queued)}/{words.number(cap)}"
    return Content.assemble((text, words.ALARM if queued >= cap else ""))


def lane(last: Lane, room: int) -> Content:
    """The model that answered last and how fast, as far as there is room."""
    if last.down_since is not None:
        return Content.assemble(("model DOWN", words.ALARM))
    if not last.model or last.seen_age_s > LANE_SECONDS:
        return Content("")
    speed = "" if last.tokens_per_s is None else f" {last.tokens_per_s:.0f} tok/s"
    name = safe(last.model, _MODEL_CELLS)
    full = Content.assemble("model ", name, (speed, words.LIVE))
    return full if full.cell_length + len(_GAP) <= room else Content("")


def counters(snapshot: DeckSnapshot, width: int) -> Content:
    """How many runs there are of each status, and the rate of endings where it fits."""
    rate = _rate(snapshot.finished_per_minute)
    line = Content("")
    for line in _variants(snapshot.counts):
        if line.cell_length <= width:
            break
    room = width - line.cell_length - rate.cell_length
    return Content.assemble(line, " " * room, rate) if room >= 2 else words.fit(line, width)


def _variants(counts: Counts) -> Iterator[Content]:
    """The counters, each time shorter: without cancelled runs, then with glyphs for words."""
    yield Content(" · ").join(_tallies(counts))
    yield Content(" · ").join(_tallies(counts, brief=True))
    yield Content("  ").join(_tallies(counts, brief=True))
    yield Content("  ").join(_tallies(counts, brief=True)[:-1])
    yield Content("  ").join(_tallies(counts, brief=True, glyphs=True))


def _tallies(counts: Counts, *, brief: bool = False, glyphs: bool = False) -> list[Content]:
    figure = words.number(counts.degraded)
    degraded = f" (~{figure})" if brief else f" ({figure} degraded)"
    degraded = degraded if counts.degraded else ""
    tallies = (
        ("●", "processing", counts.processing, words.LIVE, ""),
        ("!", "stale", counts.stale, words.ALARM, ""),
        ("○", "pending", counts.pending, "", ""),
        ("✓", "completed", counts.completed, words.GOOD, degraded),
        ("✗", "failed", counts.failed, words.BAD, ""),
        ("⊘", "cancelled", counts.cancelled, "", ""),
    )
    return [
        Content.assemble(
            (f"{glyph if glyphs else word} {words.number(count)}", style if count else words.QUIET),
            (note, words.WARN),
        )
        for glyph, word, count, style, note in tallies
    ]


def _rate(per_minute: tuple[int, ...]) -> Content:
    if not any(per_minute):
        return Content("")
    mean = sum(per_minute) / len(per_minute)
    return Content.assemble((words.sparkline(per_minute), words.LIVE), f" {mean:.1f}/min ended")


def _homely(path: str) -> str:
    home = os.path.expanduser("~")
    return "~" + path.removeprefix(home) if path.startswith(home + os.sep) else path
