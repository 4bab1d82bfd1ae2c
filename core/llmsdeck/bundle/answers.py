"""Questions to a model: material that fits, earlier answers, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from llmsdeck.lm import Fault, Lane, ModelError, Prompt, Reply

Shape = TypeVar("Shape", bound=BaseModel)


class Answers(Protocol):
    """Answers of earlier attempts, so that a retry does not ask again."""

    def get(self, prompt_hash: str, model: str) -> str | None:
        """The JSON that this model once answered to this prompt."""
        ...

    def put(self, prompt_hash: str, model: str, text: str) -> None:
        """Keep an answer."""
        ...


class NoAnswers:
    """Remembers nothing."""

    def get(self, prompt_hash: str, model: str) -> str | None:
        """Nothing."""
        return None

    def put(self, prompt_hash: str, model: str, text: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[Shape]):
    """An answer of the right shape, from now or from an earlier attempt."""

    purpose: str
    value: Shape
    reply: Reply[Shape] | None


class Questions:
    """The questions to one model, and what became of them."""

    def __init__(self, lane: Lane, answers: Answers) -> None:
        self.reasons: list[str] = []
        """Why answers are missing or were not used."""
        self.timeouts = 0
        """Calls in a row that ran out of time or got no turn."""
        self.lane = lane
        self.answers = answers

    async def ask(
        self, build: Callable[[int], Prompt[Shape]], tokens: int, least: int
    ) -> Answer[Shape] | None:
        """The answer to a prompt with as much material as fits; None when there is none.

        Material is halved once if the server finds the prompt too long all the same.
        """
        bare = build(0)
        for prompt in self.fitting(build, tokens, least):
            try:
                return await self._answered(prompt)
            except ModelError as error:
                late = error.fault in {Fault.TIMEOUT, Fault.BUSY}
                self.timeouts = self.timeouts + 1 if late else 0
                if error.fault is not Fault.OVERFLOW:
                    self.reasons.append(f"{bare.purpose}: {error}")
                    return None
        context = f"the {self.lane.context_tokens} tokens that are loaded are too few"
        self.reasons.append(f"{bare.purpose}: {context}; load the model with a larger context.")
        return None

    def fitting(
        self, build: Callable[[int], Prompt[Shape]], tokens: int, least: int
    ) -> Iterator[Prompt[Shape]]:
        """The prompt with as much material as fits, then with half of it, unless that is little."""
        bare = build(0)
        fixed = self.lane.estimate(bare.system + bare.user)
        room = min(tokens, self.lane.room(bare.max_tokens) - fixed)
        for size in (room, room // 2):
            if size < least:
                return
            yield build(size)

    async def _answered(self, prompt: Prompt[Shape]) -> Answer[Shape]:
        hash_, model = prompt.fingerprint, self.lane.model
        if (kept := self.answers.get(hash_, model)) is not None:
            try:
                value = prompt.shape.model_validate_json(kept)
            except ValidationError:
                pass  # kept by another version, or damaged: asking again replaces it
            else:
                return Answer(purpose=prompt.purpose, value=value, reply=None)
        reply = await self.lane.ask(prompt)
        self.timeouts = 0
        self.answers.put(hash_, model, reply.text)
        return Answer(purpose=prompt.purpose, value=reply.value, reply=reply)

    def settle(self, answer: Answer[Shape], refused: Counter[str], *, used: bool) -> None:
        """Say what became of an answer: how often something of it was refused, and why."""
        reason = ", ".join(
            f"{count} × {why}" if count > 1 else why for why, count in sorted(refused.items())
        )
        if reason:
            self.reasons.append(f"{answer.purpose}: {reason}.")
        if answer.reply is not None:
            self.lane.settle(answer.reply, reason, accepted=used)


class Tally(Questions):
    """Asks nothing and counts the tokens of the prompts that were not answered before."""

    def __init__(self, lane: Lane, answers: Answers) -> None:
        super().__init__(lane, answers)
        self.tokens = 0

    async def ask(
        self, build: Callable[[int], Prompt[Shape]], tokens: int, least: int
    ) -> Answer[Shape] | None:
        """No answer, but one prompt more."""
        prompt = next(self.fitting(build, tokens, least), None)
        if prompt and self.answers.get(prompt.fingerprint, self.lane.model) is None:
            self.tokens += self.lane.estimate(prompt.system + prompt.user)
        return None
