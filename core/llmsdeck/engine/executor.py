"""How an attempt is executed: the seam, and run processes as its implementation."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Final, Protocol

from llmsdeck import processes
from llmsdeck.engine import forking

if TYPE_CHECKING:
    from llmsdeck.engine.child import Attempt, Work
    from llmsdeck.engine.messages import Message

START_PATIENCE: Final = 30.0
"""Seconds a run process may take to come up."""
GONE_INTERVAL: Final = 0.05
"""Seconds between looks for a process whose end nobody announces any more."""


class Execution(Protocol):
    """One attempt under way."""

    @property
    def pid(self) -> int:
        """The number of the process that executes it."""
        ...

    @property
    def began(self) -> str:
        """When that process began, as `processes.started` tells it."""
        ...

    def messages(self) -> AsyncIterator[Message]:
        """What the attempt reports, until it ends or cannot be understood any more."""
        ...

    def cancel(self) -> None:
        """Ask the attempt to stop by itself."""
        ...

    def signal(self, number: signal.Signals) -> None:
        """Signal everything the attempt has started."""
        ...

    async def ended(self) -> str:
        """Wait until the attempt is gone; how it went, as the end of a sentence."""
        ...

    def abandon(self) -> None:
        """Let go of an attempt whose end nobody will wait for."""
        ...


class Executor(Protocol):
    """Starts attempts; nothing above knows where they run."""

    async def start(self, attempt: Attempt) -> Execution:
        """Make the attempt's folder and begin; raises OSError when that cannot be done."""
        ...


class ProcessExecutor:
    """Run processes, forked off a server that has the pipeline imported already."""

    def __init__(self, work: Work | None = None) -> None:
        self._work = work

    async def start(self, attempt: Attempt) -> ProcessExecution:
        """Start a run process."""
        from llmsdeck.engine import child, messages  # which a worker that waits does without

        ours, theirs = socket.socketpair()
        process = forking.context().Process(
            target=child.main,
            args=(theirs, attempt, self._work),
            name=f"llmsdeck run {attempt.job.run_id}",
        )
        try:
            async with asyncio.timeout(START_PATIENCE):
                await asyncio.to_thread(_begin, process, attempt)
        except EOFError as error:
            ours.close()
            raise ConnectionError("the fork server ended") from error
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=messages.LINE_LIMIT)
        return ProcessExecution(process, reader, writer)


def _begin(process: BaseProcess, attempt: Attempt) -> None:
    attempt.make_folder()
    process.start()


class ProcessExecution:
    """One run process."""

    def __init__(
        self,
        process: BaseProcess,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self.began = processes.started(process.pid) or "gone"
        self._process = process
        self._reader = reader
        self._writer = writer
        self._gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._notice_end)

    def _notice_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._gone.set()

    async def messages(self) -> AsyncIterator[Message]:
        """Validated messages; the first line that is none ends them."""
        from llmsdeck.engine.messages import decode

        with suppress(ConnectionError, ValueError):
            while line := await self._reader.readline():
                message = decode(line)
                if message is None:
                    return
                yield message

    def cancel(self) -> None:
        """Tell the run process to stop."""
        from llmsdeck.engine.messages import CANCEL_LINE

        with suppress(ConnectionError):
            self._writer.write(CANCEL_LINE)

    def signal(self, number: signal.Signals) -> None:
        """Signal the run process and whatever it has started, of which something may be left."""
        processes.kill_group(self.pid, self.began, number)

    async def ended(self) -> str:
        """Wait for the end of the process."""
        await self._gone.wait()
        # The fork server's end looks the same from here, and is none of the process.
        while processes.is_same(self.pid, self.began):
            await asyncio.to_thread(time.sleep, GONE_INTERVAL)
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        self._writer.close()
        if code is not None and code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def abandon(self) -> None:
        """Listen to the process no more."""
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._writer.close()
