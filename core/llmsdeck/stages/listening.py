"""Hearing what happens on the way to a model, and keeping what was said for people to read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from llmsdeck.bundle.secrets import redacted
from llmsdeck.cache import Cache
from llmsdeck.calls import CallText, key_of
from llmsdeck.job import Report
from llmsdeck.model import RunId

if TYPE_CHECKING:
    from llmsdeck.lm import Call, Lane, Stopped

_SPEAKING_S: Final = 1.0
"""Seconds between two reports of a model's speed while it speaks."""
_LONG_WAIT_S: Final = 5.0
"""Seconds of waiting for a turn at the model after which it is worth a word."""
_STOPPED: Final = {
    "confirmed": "The model server has confirmed that it stopped.",
    "not_confirmed": "The model server was still at work on the answer when last asked.",
    "unknown": "Whether the model server stopped is not known; this one cannot be asked.",
}


@dataclass(frozen=True, slots=True)
class Texts:
    """What was said in the calls of one run, without what looks like a secret."""

    cache: Cache
    run_id: RunId

    def keep(self, said: CallText) -> str | None:
        """The key under which it is kept; None when the disk does not take it."""
        clean = CallText(
            system=redacted(said.system)[0],
            user=redacted(said.user)[0],
            thoughts=redacted(said.thoughts)[0],
            answer=redacted(said.answer)[0],
        )
        packed = clean.pack()
        key = key_of(packed)
        try:
            self.cache.put(packed, self.run_id, key)
        except OSError:
            return None
        return key


@dataclass(slots=True)
class Ear:
    """Hears what happens on a lane and passes it on to the report."""

    report: Report
    server: str
    texts: Texts | None = None
    """Keeps what is said; None keeps nothing."""
    lane: Lane | None = None
    _told_s: float = field(default=-_SPEAKING_S, init=False)
    _waited: bool = field(default=False, init=False)

    def waiting(self, seconds: float) -> None:
        """Other calls hold the server; said once for each wait that is long."""
        if seconds >= _LONG_WAIT_S and not self._waited:
            self._waited = True
            self.report.note("model_wait", "Waits for its turn at the model.")

    def speaking(self, purpose: str, tokens: int, seconds: float) -> None:
        """An answer is coming, which moves the run."""
        self.report.moved()
        if seconds < self._told_s:
            self._told_s = -_SPEAKING_S
        if seconds - self._told_s >= _SPEAKING_S:
            self._told_s = seconds
            self._see(tokens / seconds if seconds > 0 else None)

    def called(self, call: Call) -> None:
        """A call has ended."""
        self._waited = False
        call = replace(call, reason=redacted(call.reason)[0])  # which may quote the answer
        self.report.call(call, self.texts.keep(call.said) if self.texts and call.said else None)
        self._see(call.tokens_per_s)

    def stopped(self, verdict: Stopped) -> None:
        """A call was cancelled."""
        self.report.warn("model", _STOPPED[str(verdict)])

    def _see(self, tokens_per_s: float | None) -> None:
        if self.lane is not None:
            self.report.lane(self.server, self.lane.model, self.lane.context_tokens, tokens_per_s)
