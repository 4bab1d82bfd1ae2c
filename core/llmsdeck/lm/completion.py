"""A completion: how it is asked for, and what has come of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from llmsdeck.lm.wire import as_fields, as_items

_THINKING_FIELDS: Final = ("reasoning_content", "reasoning")
_NAME_CHARACTERS: Final = 300
_BELIEVABLE: Final = range(1, 100_000_000)
"""Numbers of tokens."""


@dataclass(slots=True)
class Completion:
    """What has come of an answer so far."""

    spoken: list[str] = field(default_factory=list[str])
    thought: list[str] = field(default_factory=list[str])
    size: int = 0
    """Characters of both."""
    pieces: int = 0
    """Pieces of text that came; about one token each."""
    finish: str | None = None
    done: bool = False
    """The server said that this is all."""
    model: str | None = None
    """Who answered, as the server says."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_s: float | None = None

    @property
    def ended(self) -> bool:
        """The server said, in one way or another, that this is the end."""
        return self.done or self.finish is not None

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.spoken)

    @property
    def thoughts(self) -> str:
        """What the model thought, if the server tells that apart."""
        return "".join(self.thought)

    def take(self, chunk: Mapping[str, object]) -> bool:
        """Add a chunk of the stream, or a whole answer; True when it held text."""
        if isinstance(model := chunk.get("model"), str) and model:
            self.model = model[:_NAME_CHARACTERS]
        self._count(as_fields(chunk.get("usage")))
        before = self.size
        for choice in map(as_fields, as_items(chunk.get("choices"))[:1]):
            self._read(as_fields(choice.get("delta") or choice.get("message")))
            if isinstance(finish := choice.get("finish_reason"), str):
                self.finish = finish
        self.pieces += self.size > before
        return self.size > before

    def _read(self, delta: Mapping[str, object]) -> None:
        if isinstance(text := delta.get("content"), str):
            self.spoken.append(text)
            self.size += len(text)
        for key in _THINKING_FIELDS:
            if isinstance(text := delta.get(key), str) and text:
                self.thought.append(text)
                self.size += len(text)
                break

    def _count(self, usage: Mapping[str, object]) -> None:
        if isinstance(tokens := usage.get("prompt_tokens"), int) and tokens in _BELIEVABLE:
            self.prompt_tokens = tokens
        if isinstance(tokens := usage.get("completion_tokens"), int) and tokens in _BELIEVABLE:
            self.completion_tokens = tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a server, in the words that every one of them knows."""

    model: str
    system: str
    user: str
    max_tokens: int
    temperature: float
    schema: Mapping[str, object] | None
    """None asks for text without a form."""
    counted: bool
    """Whether the server is asked for the number of tokens."""

    def body(self) -> Mapping[str, object]:
        """The request as JSON; a key that a server might not know is left out."""
        body: dict[str, object] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": self.user},
            ],
            "stream": True,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
        }
        if self.counted:
            body["stream_options"] = {"include_usage": True}
        if self.schema is not None:
            form = {"name": "answer", "strict": True, "schema": self.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body
