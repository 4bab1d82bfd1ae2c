"""How many tokens text takes: as the server counts, else a pessimistic guess."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from llmsdeck.lm.discovery import ServerKind
from llmsdeck.lm.errors import ModelDownError, ModelError
from llmsdeck.lm.wire import Wire, as_items

UNKNOWN_CONTEXT: Final = 4096
"""What is counted on when neither the server nor the user says: Ollama's default."""
_BYTES: Final = 3.0
"""Bytes of UTF-8 per token; most text has four, and one CJK character has three."""
_SAMPLE_CHARACTERS: Final = 8000
_CAUTION: Final = 0.95
_TEMPLATE_TOKENS: Final = 64
"""For what a chat template puts around the messages."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How text turns into tokens."""

    bytes_per_token: float = _BYTES

    def tokens(self, text: str) -> int:
        """Tokens of the text."""
        return math.ceil(len(text.encode("utf-8", "replace")) / self.bytes_per_token)

    def room(self, context_tokens: int, answer_tokens: int) -> int:
        """Tokens for a prompt in this context beside its answer; never negative."""
        usable = int(context_tokens * _CAUTION) - _TEMPLATE_TOKENS
        return max(0, usable - answer_tokens)


GUESS: Final = Measure()
"""What is used until something better is known; no tokeniser is ever fetched."""


async def measured(wire: Wire, kind: ServerKind, model: str, sample: str) -> Measure:
    """The measure for text like the sample; the guess where the server does not count."""
    sample = sample[:_SAMPLE_CHARACTERS]
    size = len(sample.encode("utf-8", "replace"))
    if kind is ServerKind.LLAMA_CPP:
        body: dict[str, object] = {"content": sample}
    elif kind is ServerKind.VLLM:
        body = {"model": model, "prompt": sample}
    else:
        return GUESS
    try:
        answer = await wire.post("/tokenize", body)
    except (ModelError, ModelDownError):
        # A count is a help, not a need; a server that is down is noticed by the next call.
        return GUESS
    tokens = len(as_items(answer.fields.get("tokens")))
    return Measure(size / tokens * _CAUTION) if tokens and size else GUESS
