"""Which runs have ended that somebody waits for, and the program that is told of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.errors import DeckError
from llmsdeck.model import ActorKind, Run, RunId
from llmsdeck.snapshot import Counts, DeckSnapshot
from llmsdeck.states import RunStatus
from llmsdeck.text import short_source
from llmsdeck_tui.safe import plain

AT_ONCE: Final = 3
"""Endings that are told one by one; more become one sum."""
LOOKED_AT: Final = 100
"""Newest endings that are looked at between two pictures."""
PATIENCE: Final = 10.0
"""Seconds that the user's own program may take."""
COMMANDS_AT_ONCE: Final = 4
_OWN: Final = frozenset({ActorKind.OPERATOR, ActorKind.CLI})
_SENTENCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence about runs that have ended, safe for a terminal."""

    sentence: str
    bad: bool
    """A run has failed, or its bundle is not what was asked for."""
    facts: Mapping[str, str]
    """Variables for the user's program."""


class Endings:
    """Finds the runs that have ended since the last picture and that somebody here waits for."""

    def __init__(self, deck: DeckApi, marked: Callable[[], frozenset[RunId]]) -> None:
        self._deck, self._marked = deck, marked
        self._ended: int | None = None
        self._known: frozenset[RunId] = frozenset()

    def look(self, snapshot: DeckSnapshot) -> bool:
        """Take note of a picture; True when `news` is due."""
        ended, before = _ended(snapshot.counts), self._ended
        self._ended = ended
        return ended != before

    async def news(self) -> tuple[Notice, ...]:
        """What has ended since the last call; the first call only finds out what had before."""
        page = await self._deck.page(LOOKED_AT, filter="is:ended", sort="finished")
        ended = frozenset(run.run_id for run in page.runs)
        first, known = not self._known, self._known
        self._known = ended or known or frozenset({RunId("")})
        fresh = () if first else [run for run in page.runs if run.run_id not in known]
        return notices([run for run in reversed(fresh) if self._is_awaited(run)])

    def _is_awaited(self, run: Run) -> bool:
        if run.cancel is not None and run.cancel.by.kind in _OWN:
            return False
        return run.requested_by.kind in _OWN or run.run_id in self._marked()


def _ended(counts: Counts) -> int:
    return counts.submitted - counts.pending - counts.processing


def notices(ended: Sequence[Run]) -> tuple[Notice, ...]:
    """One for each of a few runs, or one for all of many."""
    if len(ended) <= AT_ONCE:
        return tuple(map(_notice, ended))
    bad = sum(map(_is_bad, ended))
    sentence = f"{len(ended)} runs have ended" + (f", {bad} of them not well." if bad else ".")
    ids = " ".join(run.run_id for run in ended)
    return (Notice(sentence=sentence, bad=bool(bad), facts={"LLMSDECK_RUNS": ids}),)


def _is_bad(run: Run) -> bool:
    return run.status is not RunStatus.COMPLETED or run.outcome == "degraded"


def _notice(run: Run) -> Notice:
    score = "" if run.score is None else f" {run.score}"
    how = {
        RunStatus.COMPLETED: f"completed, {run.outcome}{score}",
        RunStatus.FAILED: f"failed, {run.error_kind}: {run.error_message}",
    }.get(run.status, str(run.status))
    source = plain(short_source(run.source), 80)
    return Notice(
        sentence=plain(f"Run {run.short_id} {source}: {how}", _SENTENCE),
        bad=_is_bad(run),
        facts={
            "LLMSDECK_RUNS": run.run_id,
            "LLMSDECK_SOURCE": plain(run.source),
            "LLMSDECK_STATUS": run.status,
            "LLMSDECK_OUTCOME": run.outcome or "",
        },
    )


class Hook:
    """The user's own program, run for each notice with the sentence as its last argument.

    No shell is involved, it gets no input, its output is dropped, and it is ended after PATIENCE.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._free = asyncio.Semaphore(COMMANDS_AT_ONCE)

    async def run(self, notice: Notice) -> None:
        """Tell the program; raises DeckError when it cannot be run, fails, or takes too long."""
        if not self._command:
            return
        async with self._free:
            try:
                code = await _run([*self._command, notice.sentence], notice.facts)
            except TimeoutError as error:
                raise DeckError(f"notify_command took longer than {PATIENCE:g} s.") from error
            except (OSError, ValueError) as error:
                raise DeckError(f"notify_command cannot be run: {error}.") from error
        if code:
            raise DeckError(f"notify_command ended with {code}.")


async def _run(command: Sequence[str], facts: Mapping[str, str]) -> int:
    nothing = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **facts},
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return await child.wait()
    finally:
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
