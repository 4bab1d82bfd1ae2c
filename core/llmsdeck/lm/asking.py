"""One question to a model, asked again in a plainer form where the server needs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import BaseModel

from llmsdeck.calls import CallText
from llmsdeck.clock import Instant
from llmsdeck.lm.chat import complete
from llmsdeck.lm.completion import Completion, Request
from llmsdeck.lm.discovery import Offer
from llmsdeck.lm.errors import (
    Fault,
    FormatRefusedError,
    ModelDownError,
    ModelError,
    UsageRefusedError,
)
from llmsdeck.lm.extract import read, without_thoughts
from llmsdeck.lm.prompt import Call, Observer, Prompt, Reply
from llmsdeck.lm.schema import plain_schema
from llmsdeck.lm.tokens import GUESS, Measure
from llmsdeck.lm.wire import Wire
from llmsdeck.text import visible

Shape = TypeVar("Shape", bound=BaseModel)

_THINKING_TOKENS: Final = 2048
"""What an answer may take longer once a model has been seen to think before it speaks."""
_SILENT_CALLS: Final = 2
"""Calls in a row that a server may leave without a first token before it counts as down."""
_TELL_S: Final = 0.5
_FULL: Final = 0.8
"""Share of the context above which an empty answer means that the prompt did not fit.

Source: lmstudio-ai/lmstudio-bug-tracker#2322.
"""


@dataclass(slots=True, kw_only=True)
class Partner:
    """The model that is asked, and what its server has turned out to understand."""

    wire: Wire
    offer: Offer
    context_tokens: int
    observer: Observer
    measure: Measure = GUESS
    takes_schema: bool = True
    takes_usage: bool = True
    thinking_tokens: int = 0
    silent_calls: int = 0

    def room(self, max_tokens: int) -> int:
        """Tokens for a prompt beside an answer of `max_tokens`."""
        return self.measure.room(self.context_tokens, max_tokens + self.thinking_tokens)

    def is_named(self, name: str) -> bool:
        """Whether a reply that bears this name is the model's own."""
        names = {self.offer.name, self.offer.key, *self.offer.others} - {""}
        return any(_is_version(name, known) or _is_version(known, name) for known in names)


def _is_version(name: str, known: str) -> bool:
    """The same name, or the same with a publisher before it or an instance or date behind it."""
    ending = name.rpartition("/")[2] if "/" not in known else name
    return ending == known or (ending.startswith(known) and ending[len(known)] in ":-@")


class Asking(Generic[Shape]):
    """The course of one call."""

    def __init__(self, partner: Partner, prompt: Prompt[Shape]) -> None:
        self._partner = partner
        self._prompt = prompt
        self._completion = Completion()
        self._sent: Request | None = None
        self._began = self._told = partner.wire.clock.now()
        self._estimate = partner.measure.tokens(prompt.system + prompt.user)

    async def reply(self) -> Reply[Shape]:
        """The answer in its shape; raises ModelError, ModelDownError."""
        partner = self._partner
        self._check_that_it_fits()
        while True:
            self._completion = Completion()
            try:
                await self._complete()
            except FormatRefusedError:
                if not partner.takes_schema:
                    raise
                partner.takes_schema = False
            except UsageRefusedError:
                if not partner.takes_usage:
                    raise
                partner.takes_usage = False
            else:
                if not self._grants_time_to_think():
                    return await self._read()

    def record(self, reason: str, *, answered: bool = False) -> Call:
        """The call as it went so far; one that was answered counts as used until it is settled."""
        done = self._completion
        seconds = self._seconds(self._began)
        tokens = done.completion_tokens or done.pieces
        speaking = seconds - (done.first_token_s or 0.0)
        return Call(
            purpose=self._prompt.purpose,
            model=self._partner.offer.name,
            prompt_hash=self._prompt.fingerprint,
            prompt_tokens=done.prompt_tokens or self._estimate,
            completion_tokens=tokens,
            seconds=seconds,
            first_token_s=done.first_token_s,
            tokens_per_s=(tokens - 1) / speaking if tokens > 1 and speaking > 0 else None,
            accepted=answered,
            reason=reason,
            answered=answered,
            said=self._said(),
        )

    def _said(self) -> CallText | None:
        sent, done = self._sent, self._completion
        if sent is None:
            return None
        return CallText(
            system=sent.system, user=sent.user, thoughts=done.thoughts, answer=done.text
        )

    def _check_that_it_fits(self) -> None:
        """Before it is sent, because some servers cut a prompt in silence."""
        if self._estimate <= self._partner.room(self._prompt.max_tokens):
            return
        message = (
            f"The prompt takes about {self._estimate} tokens, too many for the "
            f"{self._partner.context_tokens} that {self._partner.wire.place} has loaded; "
        )
        raise ModelError(Fault.OVERFLOW, message + "load the model with a larger context.")

    async def _complete(self) -> None:
        partner = self._partner
        self._sent = self._request()
        try:
            await complete(partner.wire, self._sent, self._heard, self._completion)
        except ConnectionError as error:
            raise await self._broken(error) from error
        except ModelError as error:
            if error.fault is Fault.TIMEOUT and not self._completion.pieces:
                partner.silent_calls += 1
                if partner.silent_calls >= _SILENT_CALLS:
                    raise ModelDownError(str(error)) from error
            raise

    def _request(self) -> Request:
        prompt, partner = self._prompt, self._partner
        schema = plain_schema(prompt.shape)
        told = "\n\nAnswer with one JSON object of this schema and nothing else:\n"
        return Request(
            model=partner.offer.name,
            system=prompt.system,
            user=prompt.user if partner.takes_schema else prompt.user + told + json.dumps(schema),
            max_tokens=prompt.max_tokens + partner.thinking_tokens,
            temperature=prompt.temperature,
            schema=schema if partner.takes_schema else None,
            counted=partner.takes_usage,
        )

    def _heard(self, completion: Completion) -> None:
        self._partner.silent_calls = 0
        if completion.pieces == 1 or self._seconds(self._told) >= _TELL_S:
            self._told = self._partner.wire.clock.now()
            seconds = self._seconds(self._began)
            self._partner.observer.speaking(self._prompt.purpose, completion.pieces, seconds)

    def _seconds(self, since: Instant) -> float:
        return self._partner.wire.clock.now().seconds_since(since) or 0.0

    async def _broken(self, error: ConnectionError) -> ModelError | ModelDownError:
        """Whether only the call broke, or the server with it."""
        wire = self._partner.wire
        try:
            await wire.get(f"{wire.api}/models")
        except ModelDownError as down:
            return ModelDownError(f"{wire.place} died during an answer ({error}). {down}")
        message = f"{wire.place} broke off an answer ({error}); see its log."
        return ModelError(Fault.BROKEN, message)

    def _grants_time_to_think(self) -> bool:
        """Whether the tokens went into thoughts, and more of them can be given, once."""
        done, partner = self._completion, self._partner
        spent = done.finish == "length" and done.size > 0 and not without_thoughts(done.text)
        if not spent or partner.thinking_tokens:
            return False
        partner.thinking_tokens = _THINKING_TOKENS
        if self._estimate > partner.room(self._prompt.max_tokens):
            partner.thinking_tokens = 0
            return False
        return True

    async def _read(self) -> Reply[Shape]:
        done, wire = self._completion, self._partner.wire
        if done.model and not self._partner.is_named(done.model):
            message = f"{wire.place} answered as {visible(done.model, 80)!r} instead of "
            message += f"{self._partner.offer.name!r}; load that model, or name the other one."
            raise ModelError(Fault.WRONG_MODEL, message)
        if done.finish == "length":
            allowed = self._prompt.max_tokens + self._partner.thinking_tokens
            message = f"{self._partner.offer.name} was not done after {allowed} tokens."
            raise ModelError(Fault.CUT, message)
        if not done.size:
            raise self._empty()
        found = read(self._prompt.shape, done.text) or read(self._prompt.shape, done.thoughts)
        if found is None and not done.ended:
            raise await self._broken(ConnectionError("it ended without notice"))
        if found is None:
            quoted = visible((done.text or done.thoughts).strip(), 60)
            message = f"{self._partner.offer.name} did not answer in the form asked for: {quoted}"
            raise ModelError(Fault.GARBAGE, message)
        value, text = found
        return Reply(value=value, text=text, call=self.record("", answered=True))

    def _empty(self) -> ModelError:
        partner, place = self._partner, self._partner.wire.place
        if self._estimate > _FULL * partner.context_tokens:
            message = f"{place} sent no text, as servers do when a prompt does not fit; "
            return ModelError(Fault.OVERFLOW, message + "load the model with a larger context.")
        message = f"{place} reported success and sent no text; reload the model there."
        return ModelError(Fault.EMPTY, message)
