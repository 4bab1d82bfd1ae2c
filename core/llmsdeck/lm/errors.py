"""What can go wrong with a model: its server is away, or one call misbehaved."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from llmsdeck.errors import DeckError


class Fault(StrEnum):
    """How one call to a model misbehaved."""

    OVERFLOW = "overflow"
    """The prompt does not fit into the context that is loaded."""
    EMPTY = "empty"
    """The server said that all is well and sent no text."""
    GARBAGE = "garbage"
    """What came is not what was asked for, or breaks the protocol."""
    CUT = "cut"
    """The answer was not finished when its tokens ran out."""
    TIMEOUT = "timeout"
    """A deadline passed."""
    BROKEN = "broken"
    """The connection broke while the server itself lives on."""
    REFUSED = "refused"
    """The server answered with an error."""
    UNKNOWN_MODEL = "unknown_model"
    """The server has no such model, or none is loaded."""
    WRONG_MODEL = "wrong_model"
    """Another model answered than the one that was asked."""
    BUSY = "busy"
    """Other calls held the server for longer than a call may wait."""


class ModelDownError(DeckError):
    """The model server cannot be reached, or died: no call can succeed until it is back."""

    kind = "model_down"


class ModelError(DeckError):
    """One call misbehaved; the next one may succeed."""

    kind = "model"

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault

    def facts(self) -> Mapping[str, object]:
        """How the call misbehaved."""
        return {"fault": str(self.fault)}


class FormatRefusedError(ModelError):
    """The server does not take a schema for its answers; it can be asked without one."""


class UsageRefusedError(ModelError):
    """The server does not count tokens in a stream; it can be asked without."""
