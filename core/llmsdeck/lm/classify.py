"""What a server's error means, out of its status and whatever shape it has."""

from __future__ import annotations

import re
from typing import Final

from llmsdeck.lm.errors import (
    Fault,
    FormatRefusedError,
    ModelDownError,
    ModelError,
    UsageRefusedError,
)
from llmsdeck.lm.wire import as_fields
from llmsdeck.text import visible

_QUOTED_CHARACTERS: Final = 200
_READ_CHARACTERS: Final = 2000
_OVERFLOW: Final = re.compile(
    r"exceed_context_size|context_length_exceeded|maximum context length|keep the first"
    r"|context (?:length|size|window|overflow)|greater than the context"
    r"|exceeds? the .{0,40}context",
    re.IGNORECASE,
)
_FORMAT: Final = re.compile(r"response_format|schema|grammar|structured output", re.IGNORECASE)
_USAGE: Final = re.compile(r"stream_options|include_usage", re.IGNORECASE)
_NO_MODEL: Final = re.compile(
    r"no models? (?:is )?loaded|model.{0,200}(?:not found|does not exist|not loaded)"
    r"|unknown model|invalid model",
    re.IGNORECASE,
)
_UNAVAILABLE: Final = (502, 503, 504)


def as_error(place: str, model: str, status: int, data: object) -> ModelError | ModelDownError:
    """The error that a server's refusal amounts to.

    `data` is a string, an object with `message`, or an object whose `error` is one of these.
    """
    said = _said(data)
    quoted = visible(said, _QUOTED_CHARACTERS) or f"status {status}"
    if status in _UNAVAILABLE:
        message = f"{place} is not ready ({quoted}); wait until it is, or see its log."
        return ModelDownError(message)
    if _OVERFLOW.search(said):
        message = f"The prompt does not fit into what {place} has loaded ({quoted}); "
        return ModelError(Fault.OVERFLOW, message + "load the model with a larger context.")
    if status in (401, 403):
        message = (
            f"{place} refuses the key ({quoted}); set the variable that model.token_env names."
        )
        return ModelError(Fault.REFUSED, message)
    if status == 429:
        return ModelError(Fault.BUSY, f"{place} takes no more calls now ({quoted}); try later.")
    if _NO_MODEL.search(said):
        message = f"{place} cannot answer as {visible(model, 80)!r} ({quoted}); load that model."
        return ModelError(Fault.UNKNOWN_MODEL, message)
    if status == 404:
        message = (
            f"{place} has no chat completions there ({quoted}); correct model.base_url, which "
        )
        return ModelError(Fault.REFUSED, message + "usually ends in /v1.")
    if status in (400, 422) and _USAGE.search(said):
        return UsageRefusedError(Fault.REFUSED, f"{place} does not count tokens ({quoted}).")
    if status in (400, 422) and _FORMAT.search(said):
        return FormatRefusedError(Fault.REFUSED, f"{place} takes no schema ({quoted}).")
    return ModelError(Fault.REFUSED, f"{place} refused a call ({quoted}); see its log.")


def _said(data: object) -> str:
    """The words of an error of any shape, bounded."""
    found = as_fields(data)
    inner = found.get("error", data)
    if isinstance(inner, str):
        return inner[:_READ_CHARACTERS]
    parts = as_fields(inner)
    words = (parts.get(key) for key in ("type", "code", "message", "detail"))
    return " ".join(str(word)[:_READ_CHARACTERS] for word in words if isinstance(word, str | int))
