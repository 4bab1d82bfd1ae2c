"""The run process: one attempt, its beats, and an open ear for the cancel."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.engine.messages import (
    LINE_LIMIT,
    AskMessage,
    BeatMessage,
    CallMessage,
    DoneMessage,
    Ending,
    FailedMessage,
    HeldMessage,
    LaneMessage,
    Message,
    NoteMessage,
    PhaseMessage,
    SeenMessage,
    StoppedMessage,
    WarningMessage,
    clip,
    clip_name,
    encode,
)
from llmsdeck.errors import DeckError, HeldError, OverBudgetError, RejectedError, SourceError
from llmsdeck.job import Draft, Job, Report
from llmsdeck.states import ErrorKind, Phase

if TYPE_CHECKING:
    from llmsdeck.lm import Call

PROGRESS_INTERVAL: Final = 0.1
"""Seconds between two reports of progress."""
FLUSH_PATIENCE: Final = 5.0
ORPHAN_GRACE: Final = 10.0
"""Seconds in which the work has to stop once nobody is left to supervise or to kill it."""
MEMORY_LIMIT: Final = 4 * 2**30
"""Bytes of data that a run process may hold, many times what the limits on sources let it need."""
_BACKLOG: Final = 256 * 1024
"""Bytes that may wait for a supervisor that does not read; beats beyond are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a run process is told."""

    job: Job
    folder: Path
    """Where it writes; whoever starts the attempt makes it."""
    heartbeat_interval: float
    silence_limit: float = 60.0
    """Seconds without a beat after which it ends itself, should nobody be left to end it."""

    def make_folder(self) -> None:
        """Make the folder; raises OSError when it is there already.

        A janitor may just be taking the run's own folder away, because nothing was in it.
        """
        with suppress(FileNotFoundError):
            self.folder.mkdir(mode=0o700, parents=True)
            return
        self.folder.mkdir(mode=0o700, parents=True)


Work = Callable[[Job, Path, Report], Coroutine[Any, Any, Draft]]
"""The pipeline, or what a test puts in its place; importable by name."""


def _limit_memory() -> None:
    """What a repository makes grow must end its own run, not the machine; Linux keeps to it."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_LIMIT if most == resource.RLIM_INFINITY else min(MEMORY_LIMIT, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def _die_in(seconds: float) -> None:
    """Have the kernel end this process then, whatever holds the interpreter; replaces the last."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def main(link: socket.socket, attempt: Attempt, work: Work | None) -> None:
    """Entry point of the run process; it leads its own process group, so that all of it can go.

    Without `work` it is the pipeline, which the worker itself has no need to load.
    """
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    _limit_memory()
    _die_in(attempt.silence_limit)
    asyncio.run(_attempt(link, attempt, work or _pipeline(), SystemClock()))


def _pipeline() -> Work:
    from llmsdeck.pipeline import generate

    return generate


class Link:
    """The pipeline's report, sent to the supervisor."""

    def __init__(self, writer: asyncio.StreamWriter, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._done = self._total = 0
        self._moved_ns = self._sent_ns = clock.now().ns

    def send(self, message: Message) -> None:
        """Queue one message."""
        self._writer.write(encode(message))

    def phase(self, phase: Phase) -> None:
        """The attempt entered a phase."""
        self._done = self._total = 0
        self._moved_ns = self._clock.now().ns
        self.send(PhaseMessage(phase=phase))

    def progress(self, done: int, total: int) -> None:
        """So many units of the phase are done; sent along at most ten times a second."""
        now = self._clock.now().ns
        self._done, self._total, self._moved_ns = done, total, now
        if now - self._sent_ns >= PROGRESS_INTERVAL * 1e9:
            self.beat()

    def moved(self) -> None:
        """Something came of the work."""
        self.progress(self._done, self._total)

    def note(self, kind: str, message: str) -> None:
        """Something worth an event."""
        self.send(NoteMessage(kind=kind, message=clip(message)))

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        """Something went less well than asked for."""
        self.send(WarningMessage(kind=clip(kind)[:40], message=clip(message), count=count))

    def lane(
        self, server: str, model: str, context_tokens: int | None, tokens_per_s: float | None
    ) -> None:
        """A model server answered."""
        self.send(
            LaneMessage(
                server=clip_name(server),
                model=clip_name(model),
                context_tokens=context_tokens,
                tokens_per_s=tokens_per_s,
            )
        )

    def call(self, call: Call, text: str | None = None) -> None:
        """A call to a model has ended."""
        told = asdict(replace(call, said=None))
        del told["said"]
        clipped = {
            "purpose": clip_name(call.purpose),
            "model": clip_name(call.model),
            "reason": clip(call.reason),
        }
        self.send(CallMessage.model_validate({**told, **clipped, "text": text}))

    def beat(self) -> None:
        """This loop turns."""
        if self._writer.transport.get_write_buffer_size() > _BACKLOG:
            return
        self._sent_ns = self._clock.now().ns
        self.send(
            BeatMessage(
                ns=self._sent_ns, moved_ns=self._moved_ns, done=self._done, total=self._total
            )
        )

    async def flush(self) -> None:
        """Hand over everything that was queued, unless nobody takes it."""
        self._writer.transport.set_write_buffer_limits(high=0)
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(FLUSH_PATIENCE):
                await self._writer.drain()


async def _attempt(link: socket.socket, attempt: Attempt, work: Work, clock: Clock) -> None:
    reader, writer = await asyncio.open_connection(sock=link, limit=LINE_LIMIT)
    report = Link(writer, clock)
    task = asyncio.create_task(work(attempt.job, attempt.folder, report), name="pipeline")
    beats = asyncio.create_task(_beat(report, clock, attempt), name="beat")
    ear = asyncio.create_task(_obey(reader, report, task, beats), name="ear")
    report.send(await _ending(task))
    beats.cancel()
    ear.cancel()
    await report.flush()
    # A thread that never returns would keep an orderly exit waiting.
    os._exit(0)


async def _beat(report: Link, clock: Clock, attempt: Attempt) -> None:
    while True:
        _die_in(attempt.silence_limit)
        report.beat()
        await clock.sleep(attempt.heartbeat_interval)


async def _obey(
    reader: asyncio.StreamReader,
    report: Link,
    work: asyncio.Task[Draft],
    beats: asyncio.Task[None],
) -> None:
    """Stop the work when told to, or when the supervisor is gone and nobody would publish it."""
    told = b""
    with suppress(OSError, ValueError):
        told = await reader.readline()
    if told:
        report.send(SeenMessage())
    else:
        beats.cancel()
        _die_in(ORPHAN_GRACE)
    work.cancel()


async def _ending(work: asyncio.Task[Draft]) -> Ending:
    try:
        draft = await work
    except asyncio.CancelledError:
        return StoppedMessage()
    except HeldError as error:
        return HeldMessage(server=clip_name(error.server), message=clip(str(error)))
    except OverBudgetError as error:
        return AskMessage(expected_tokens=error.expected_tokens, token_budget=error.token_budget)
    except SourceError as error:
        return FailedMessage(kind=ErrorKind.SOURCE, message=clip(str(error)))
    except RejectedError as error:
        return FailedMessage(kind=ErrorKind.REJECTED, message=clip(str(error)))
    except DeckError as error:
        return FailedMessage(kind=ErrorKind.INTERNAL, message=clip(str(error)))
    except MemoryError:
        said = f"The run needed more than {MEMORY_LIMIT // 2**30} GiB of memory."
        return FailedMessage(kind=ErrorKind.INTERNAL, message=said)
    except Exception as error:
        said = f"The run raised {type(error).__name__}: {error}"
        return FailedMessage(kind=ErrorKind.INTERNAL, message=clip(said))
    return DoneMessage(
        commit=draft.commit,
        outcome=draft.outcome,
        score=draft.score,
        artifacts=draft.artifacts,
    )
