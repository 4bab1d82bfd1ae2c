"""What a host's refusal means, as a sentence that says what to do."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostConfig
from llmsdeck.sources.hosted.tokens import Secret, where_tokens_go
from llmsdeck.text import visible

SECONDARY_SECONDS: Final = 60.0
"""What GitHub asks for when it limits without saying for how long."""
_LONGEST_WAIT: Final = 366 * 86400.0
_MESSAGE_CHARACTERS: Final = 200
_NUMBER: Final = re.compile(r"\d{1,12}")
_NOTICE: Final = re.compile(r"https://[!-~]{1,300}")
_REMAINING: Final = ("x-ratelimit-remaining", "ratelimit-remaining")
_RESET: Final = ("x-ratelimit-reset", "ratelimit-reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host answered, read to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who was asked for what, and with which token."""

    label: str
    host: str
    config: HostConfig
    project: str
    secret: Secret | None


class NotNowError(Exception):
    """The host may well answer later; `seconds` is how long it asks to wait, if it says so."""

    def __init__(self, sentence: str, seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class AbsentError(SourceError):
    """There is no such thing, as far as the host lets us see."""


class EmptyError(SourceError):
    """The repository has no commit."""


def refusal(answer: Answer, asked: Asked, wall_ms: int) -> Exception:
    """The error that an answer without success amounts to."""
    status, label = answer.status, asked.label
    if (seconds := _limited(answer, wall_ms)) is not None:
        return NotNowError(f"{label} takes no more requests for now{_advice(asked)}", seconds)
    if status >= 500 or status == 408:
        return NotNowError(f"{label} answered {status}; try again later.")
    if status == 401:
        return SourceError(_unauthorised(asked))
    if status == 409:
        return EmptyError(f"The repository {asked.project} has no commit yet.")
    if status == 451:
        return SourceError(
            f"{label} has blocked {asked.project} for legal reasons{_notice(answer)}"
        )
    if status in (404, 422):
        return AbsentError(_absent(asked))
    if status == 403:
        return SourceError(_absent(asked) + _said(answer))
    return SourceError(f"{label} answered {status} for {asked.project}.{_said(answer)}")


def _limited(answer: Answer, wall_ms: int) -> float | None:
    """Seconds to wait when the answer is a limit of requests; None when it is none."""
    if answer.status not in (403, 429, 503):
        return None
    headers = answer.headers
    if (after := _number(headers, ("retry-after",))) is not None:
        return min(float(after), _LONGEST_WAIT)
    if answer.status == 503:
        return None
    if _number(headers, _REMAINING) == 0 and (reset := _number(headers, _RESET)) is not None:
        return min(max(reset - wall_ms / 1000, 0.0) + 1, _LONGEST_WAIT)
    if answer.status == 429 or "rate limit" in _message(answer).lower():
        return SECONDARY_SECONDS
    return None


def _number(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    value = next((headers[name] for name in names if name in headers), "")
    return int(value) if _NUMBER.fullmatch(value) else None


def _advice(asked: Asked) -> str:
    if asked.secret is not None:
        return "."
    return "; to have a higher limit, " + where_tokens_go(asked.host, asked.config)


def _unauthorised(asked: Asked) -> str:
    if asked.secret is not None:
        return f"{asked.label} refused the token in {asked.secret.origin}; renew it."
    return f"{asked.label} asks for a token; {where_tokens_go(asked.host, asked.config)}"


def _absent(asked: Asked) -> str:
    """One sentence for both, because a host does not tell them apart."""
    start = f"{asked.label} shows no repository {asked.project}: it is absent, or"
    if asked.secret is not None:
        return f"{start} the token in {asked.secret.origin} may not read it."
    return f"{start} private; for a private one, {where_tokens_go(asked.host, asked.config)}"


def _notice(answer: Answer) -> str:
    block = _document(answer).get("block")
    address = cast("Mapping[str, object]", block).get("html_url") if isinstance(block, dict) else ""
    known = isinstance(address, str) and _NOTICE.fullmatch(address)
    return f"; its notice is at {address}" if known else "."


def _said(answer: Answer) -> str:
    message = visible(" ".join(_message(answer).split()), _MESSAGE_CHARACTERS)
    return f" It says: {message}" if message else ""


def _message(answer: Answer) -> str:
    message = _document(answer).get("message")
    return message if isinstance(message, str) else ""


def _document(answer: Answer) -> Mapping[str, object]:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else {}


def until(seconds: float, wall_ms: int) -> str:
    """When a wait is over, for people: the time of day in UTC and how long it is from now."""
    moment = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(wall_ms / 1000 + seconds))
    minutes = round(seconds / 60)
    return f"{moment} (in {minutes} min)" if seconds >= 120 else f"{moment} (in {seconds:.0f} s)"
