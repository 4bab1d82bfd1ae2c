"""The calls to a model that a run made, as its events tell them, and what was said in one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from llmsdeck.model import RunEvent

EVENT: Final = "model_call"
"""Kind of the events that tell of calls."""
MOST_CHARACTERS: Final = 200_000
"""Kept of each part of what was said; prompts and answers are far shorter."""
_LARGEST: Final = 10**12
"""Tokens, seconds or tokens per second; no call comes near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallText:
    """What was said in one call, word by word; all of it may quote strangers."""

    system: str
    user: str
    thoughts: str = ""
    """What the model thought before it answered, where its server tells that apart."""
    answer: str = ""
    """As it came, also when it was not used."""

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Who said what, in its order; what was not said is left out."""
        return tuple((name, text) for name, text in asdict(self).items() if text)

    @property
    def whole(self) -> str:
        """All of it as one text that can be encoded; a model's JSON may hold half a character."""
        said = "\n".join(f"--- {name} ---\n{text.rstrip()}\n" for name, text in self.parts)
        return said.encode("utf-8", "backslashreplace").decode()

    def pack(self) -> bytes:
        """For a file; `unpack` reads it."""
        parts = {name: text[:MOST_CHARACTERS] for name, text in self.parts}
        return json.dumps({"system": "", "user": "", **parts}).encode()

    @classmethod
    def unpack(cls, data: bytes) -> CallText | None:
        """What `pack` wrote; None for anything else."""
        try:
            return cls(**{name: str(text) for name, text in json.loads(data).items()})
        except (AttributeError, TypeError, ValueError):
            return None


def key_of(packed: bytes) -> str:
    """The name under which the text of a call is kept with its run."""
    return hashlib.sha256(packed).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One call as its event tells it; times in seconds."""

    number: int
    """From 1, in the order of the calls of the run."""
    at: datetime
    purpose: str
    model: str
    server: str
    """What kind of server it is."""
    prompt_hash: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    tokens_per_s: float | None
    answered: bool
    """The answer had the form that was asked for, so that a later attempt may use it again."""
    accepted: bool
    """Something of the answer was used."""
    reason: str
    """Why it was not used, or not all of it."""
    text: str | None
    """Key of what was said; None when it was not kept, or a deck that was asked has it no more."""


def model_calls(events: Iterable[RunEvent]) -> list[ModelCall]:
    """The calls among the events of a run, oldest first."""
    told = (event for event in events if event.kind == EVENT)
    return [_call(number, event) for number, event in enumerate(told, start=1)]


def _call(number: int, event: RunEvent) -> ModelCall:
    data = event.data
    text = data.get("text")
    return ModelCall(
        number=number,
        at=event.at,
        purpose=str(data.get("purpose", "")),
        model=str(data.get("model", "")),
        server=str(data.get("server", "")),
        prompt_hash=str(data.get("prompt_hash", "")),
        prompt_tokens=int(_figure(data, "prompt_tokens") or 0),
        completion_tokens=int(_figure(data, "completion_tokens") or 0),
        seconds=_figure(data, "seconds") or 0.0,
        tokens_per_s=_figure(data, "tokens_per_s"),
        answered=data.get("answered") is True,
        accepted=data.get("accepted") is True,
        reason=str(data.get("reason", "")),
        text=text if isinstance(text, str) else None,
    )


def _figure(data: Mapping[str, object], key: str) -> float | None:
    """A figure as far as it can be; an imported event may hold any."""
    value = data.get(key)
    return float(value) if isinstance(value, int | float) and 0 <= value <= _LARGEST else None
