"""What is asked of a model, what comes back, and the record that is kept of each call."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from llmsdeck.calls import CallText
from llmsdeck.lm.schema import plain_schema

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Generic[Shape]):
    """One question, and the shape that its answer must have."""

    purpose: str
    """A word or two for people: `summary`, `notes 2 of 5`."""
    system: str
    user: str
    shape: type[Shape]
    max_tokens: int
    temperature: float = 0.2

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides the answer, apart from the model."""
        parts = (self.system, self.user, plain_schema(self.shape), self.max_tokens)
        return hashlib.sha256(json.dumps([*parts, self.temperature]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The record of one call; times in seconds."""

    purpose: str
    model: str
    server: str = ""
    """What kind of server it is."""
    prompt_hash: str
    prompt_tokens: int
    """As the server counts them; our estimate where it does not."""
    completion_tokens: int
    """As the server counts them; the pieces of its stream where it does not."""
    seconds: float
    first_token_s: float | None = None
    """None when no text came."""
    tokens_per_s: float | None = None
    """From the first token on; None when there were too few to tell."""
    accepted: bool
    """Something of the answer was used."""
    reason: str = ""
    """Why it was not used, or not all of it."""
    answered: bool = False
    """The answer had the form that was asked for."""
    said: CallText | None = None
    """Every word of it; None when nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[Shape]):
    """An answer in the shape that was asked for; whether it is any good is the asker's to say."""

    value: Shape
    text: str
    """The JSON as the model wrote it."""
    call: Call


class Stopped(StrEnum):
    """Whether the server stopped when a call was cancelled and its stream closed."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    """It was still at work when we last asked."""
    UNKNOWN = "unknown"
    """This server cannot be asked, or did not answer."""


class Observer(Protocol):
    """Hears what happens on a lane; called on the event loop only, and must not block."""

    def waiting(self, seconds: float) -> None:
        """Other calls hold the server; told about once a second."""
        ...

    def speaking(self, purpose: str, tokens: int, seconds: float) -> None:
        """So many tokens of an answer have come since the call began; told twice a second."""
        ...

    def called(self, call: Call) -> None:
        """A call has ended, well or not; told once for each."""
        ...

    def stopped(self, verdict: Stopped) -> None:
        """A call was cancelled."""
        ...


class Unobserved:
    """An observer that hears nothing."""

    def waiting(self, seconds: float) -> None:
        """Nothing."""

    def speaking(self, purpose: str, tokens: int, seconds: float) -> None:
        """Nothing."""

    def called(self, call: Call) -> None:
        """Nothing."""

    def stopped(self, verdict: Stopped) -> None:
        """Nothing."""
