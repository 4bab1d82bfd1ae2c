"""Everything that can be refused or go wrong, as one tree; each message is a sentence to act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class DeckError(Exception):
    """Base of every error that a front end shows to a person; `str(error)` is the sentence."""

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "error"

    def facts(self) -> Mapping[str, object]:
        """Machine-readable details that go beside the sentence in JSON."""
        return {}


class UsageError(DeckError):
    """The request itself cannot be understood or names something that is not there."""

    exit_code = 2
    kind = "usage"


class FilterError(UsageError):
    """A filter cannot be read."""

    kind = "filter"

    def __init__(self, sentence: str, column: int) -> None:
        super().__init__(f"{sentence} (column {column} of the filter)")
        self.column = column
        """Where the fault begins, counted in characters from 1."""

    def facts(self) -> Mapping[str, object]:
        """Where the fault begins."""
        return {"column": self.column}


class NoSuchRunError(DeckError):
    """No run, or more than one, answers to the given id."""

    exit_code = 3
    kind = "no_such_run"


class RefusedError(DeckError):
    """The request is understood, but granting it now would break a promise."""

    exit_code = 4
    kind = "refused"


class QueueFullError(RefusedError):
    """The queue has reached its cap, so that accepting more would promise what cannot be kept."""

    kind = "queue_full"

    def __init__(
        self,
        queued: int,
        cap: int,
        *,
        full_for_s: float | None = None,
        processing: int = 0,
        workers: int = 0,
    ) -> None:
        since = "" if full_for_s is None else f" for {span(full_for_s)}"
        super().__init__(f"The queue is full ({queued} of {cap}){since}; {_way_out(workers)}")
        self._facts = {
            "queued": queued,
            "queue_cap": cap,
            "full_for_s": None if full_for_s is None else round(full_for_s, 3),
            "processing": processing,
            "workers": workers,
        }

    def facts(self) -> Mapping[str, object]:
        """How full the queue is, for how many seconds (None: unknown), and who empties it."""
        return self._facts


def _way_out(workers: int) -> str:
    if not workers:
        return "no worker is alive to empty it: run `llmsdeck worker` or open the dashboard."
    return "wait for runs to finish, cancel some, start another worker or raise queue_cap."


def span(seconds: float) -> str:
    """Seconds as a sentence says them: `94 s`, `5 min`, `3 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


class QuotaError(RefusedError):
    """One client asks for more runs at once than it may."""

    kind = "quota"

    def __init__(self, live: int, quota: int) -> None:
        super().__init__(
            f"This client has {live} live runs and may have {quota}; wait for some to end, "
            "or cancel some."
        )
        self._facts = {"live": live, "quota": quota}

    def facts(self) -> Mapping[str, object]:
        """How many live runs the client has, and how many it may have."""
        return self._facts


class RealityMovedError(RefusedError):
    """What was planned is no longer what would happen."""

    kind = "reality_moved"


class ExportError(RefusedError):
    """A file is no export of runs that could be imported."""

    kind = "export"


class ReadOnlyError(RefusedError):
    """This deck was opened to look, not to act."""

    kind = "read_only"


class SourceError(UsageError):
    """The source cannot be read as a repository."""

    kind = "source"


class RejectedError(DeckError):
    """A bundle that does not pass its gates is not published."""

    kind = "rejected"


class HeldError(DeckError):
    """A run cannot go on before its model server is back; its attempt has not failed."""

    kind = "held"

    def __init__(self, server: str, message: str) -> None:
        super().__init__(message)
        self.server = server


class OverBudgetError(DeckError):
    """A run would let a model read more than it may without asking; its attempt has not failed."""

    kind = "over_budget"

    def __init__(self, expected_tokens: int, token_budget: int) -> None:
        super().__init__(
            f"The model would read about {expected_tokens} tokens; the budget is {token_budget}."
        )
        self.expected_tokens = expected_tokens
        self.token_budget = token_budget


class StoreError(DeckError):
    """The store cannot be used."""

    exit_code = 5
    kind = "store"


class StoreBusyError(StoreError):
    """Another process held the store's write lock for longer than a write may wait."""

    kind = "store_busy"

    def __init__(
        self, waited_s: float, *, holder: int | None = None, stopped: bool = False
    ) -> None:
        super().__init__(
            f"The store has been locked for {waited_s:.0f} s {_locker(holder, stopped)}"
        )
        self._facts = {"waited_s": round(waited_s, 3), "locked_by": holder, "stopped": stopped}

    def facts(self) -> Mapping[str, object]:
        """For how many seconds, by which process (None: unknown), and whether that is stopped."""
        return self._facts


def _locker(holder: int | None, stopped: bool) -> str:
    if holder is None:
        return "by another process; see `llmsdeck workers`, then try again."
    if not stopped:
        return f"and process {holder} holds it now; wait for that or end it, then try again."
    return (
        f"by process {holder}, which is stopped; continue it with `kill -CONT {holder}` or end it "
        f"with `kill -KILL {holder}`, then try again."
    )


class LostLeaseError(DeckError):
    """The writer's token is no longer the run's token: another party owns the run now."""

    kind = "lost_lease"
