"""What a run process and its supervisor say to each other: one JSON object per line.

The run process reads hostile repositories, so the supervisor validates every line it gets.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from llmsdeck.model import MOST_PARTS, ArtifactName
from llmsdeck.states import ErrorKind, Outcome, Phase

LINE_LIMIT: Final = 64 * 1024
"""Bytes; a longer line ends the attempt."""
_TEXT: Final = 2000
_NAME: Final = 300
_LARGEST: Final = 2**62
"""No number may be larger than a column can hold."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BeatMessage(_Message):
    """The event loop of the run process turned at `ns` of the shared monotonic clock."""

    type: Literal["beat"] = "beat"
    ns: int = Field(ge=0, le=_LARGEST)
    moved_ns: int = Field(ge=0, le=_LARGEST)
    done: int = Field(ge=0, le=_LARGEST)
    total: int = Field(ge=0, le=_LARGEST)


class PhaseMessage(_Message):
    """The attempt entered a phase."""

    type: Literal["phase"] = "phase"
    phase: Phase


class WarningMessage(_Message):
    """Something went less well than asked for."""

    type: Literal["warning"] = "warning"
    kind: str = Field(max_length=40)
    message: str = Field(max_length=_TEXT)
    count: int = Field(ge=1, le=_LARGEST, default=1)


class LaneMessage(_Message):
    """A model server answered."""

    type: Literal["lane"] = "lane"
    server: str = Field(max_length=_NAME)
    model: str = Field(max_length=_NAME)
    context_tokens: int | None = Field(ge=0, le=_LARGEST)
    tokens_per_s: float | None = Field(ge=0, le=1e9)


class CallMessage(_Message):
    """A call to a model has ended; the fields are those of `llmsdeck.lm.Call`."""

    type: Literal["call"] = "call"
    purpose: str = Field(max_length=_NAME)
    model: str = Field(max_length=_NAME)
    server: str = Field(max_length=_NAME, default="")
    prompt_hash: str = Field(max_length=64)
    prompt_tokens: int = Field(ge=0, le=_LARGEST)
    completion_tokens: int = Field(ge=0, le=_LARGEST)
    seconds: float = Field(ge=0, le=1e9)
    first_token_s: float | None = Field(ge=0, le=1e9)
    tokens_per_s: float | None = Field(ge=0, le=1e9)
    accepted: bool
    reason: str = Field(max_length=_TEXT)
    answered: bool = False
    text: str | None = Field(pattern=r"^[0-9a-f]{64}$", default=None)
    """Key of what was said, where that is kept."""


class NoteMessage(_Message):
    """Something worth an event of the run."""

    type: Literal["note"] = "note"
    kind: str = Field(pattern=r"^[a-z_]{1,40}$")
    message: str = Field(max_length=_TEXT)


class HeldMessage(_Message):
    """The attempt stopped because its model server cannot be reached."""

    type: Literal["held"] = "held"
    server: str = Field(max_length=_NAME)
    message: str = Field(max_length=_TEXT)


class AskMessage(_Message):
    """The attempt stopped because it is over its budget and must be answered first."""

    type: Literal["ask"] = "ask"
    expected_tokens: int = Field(ge=0, le=_LARGEST)
    token_budget: int = Field(ge=0, le=_LARGEST)


class SeenMessage(_Message):
    """The loop of the run process has received the cancel."""

    type: Literal["seen"] = "seen"


class DoneMessage(_Message):
    """The bundle lies in the attempt's folder, complete."""

    type: Literal["done"] = "done"
    commit: str | None = Field(max_length=80)
    outcome: Outcome
    score: int | None = Field(ge=0, le=100)
    artifacts: tuple[ArtifactName, ...] = Field(
        min_length=1, max_length=len(ArtifactName) + MOST_PARTS
    )


class FailedMessage(_Message):
    """The attempt raised."""

    type: Literal["failed"] = "failed"
    kind: ErrorKind
    message: str = Field(max_length=_TEXT)


class StoppedMessage(_Message):
    """The attempt stopped because it was cancelled."""

    type: Literal["stopped"] = "stopped"


Message = (
    BeatMessage
    | PhaseMessage
    | WarningMessage
    | LaneMessage
    | CallMessage
    | NoteMessage
    | SeenMessage
    | DoneMessage
    | FailedMessage
    | HeldMessage
    | AskMessage
    | StoppedMessage
)
Ending = DoneMessage | FailedMessage | HeldMessage | AskMessage | StoppedMessage

CANCEL_LINE: Final = b"cancel\n"
"""The only thing a supervisor ever says."""

_ADAPTER: Final = TypeAdapter[Message](Annotated[Message, Field(discriminator="type")])


def decode(line: bytes) -> Message | None:
    """The message of one line; None when it is not one."""
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError:
        return None


def encode(message: Message) -> bytes:
    """The line of one message."""
    return message.model_dump_json().encode() + b"\n"


def clip(text: str, most: int = _TEXT) -> str:
    """Text that fits a message: valid Unicode of bounded length."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:most]


def clip_name(text: str) -> str:
    """The name of a server or model, short enough for a message."""
    return clip(text, _NAME)
