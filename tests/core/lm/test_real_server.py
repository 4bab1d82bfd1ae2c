"""Against llama.cpp's own server, with a model whose every answer is garbage of the right shape."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import pytest
import tiny_server
from asking import Ear, lane_to, prompt, until_spoken
from pydantic import BaseModel, Field
from tiny_server import TinyServer
from writing import project

from llmsdeck.bundle.refine import refine
from llmsdeck.lm import Fault, Limits, ModelDownError, ModelError, Prompt, ServerKind, Stopped


class Note(BaseModel):
    number: int = Field(ge=1, le=9)
    note: str = Field(max_length=40)


class Notes(BaseModel):
    summary: str = Field(max_length=60)
    notes: list[Note] = Field(max_length=3)


class Book(BaseModel):
    """At least ten thousand characters, which are that many tokens of this model."""

    lines: list[Annotated[str, Field(min_length=100, max_length=120)]] = Field(
        min_length=100, max_length=110
    )


def long_prompt() -> Prompt[Book]:
    return Prompt(purpose="long", system="", user="x", shape=Book, max_tokens=12_000)


async def test_it_is_recognised_with_the_context_of_one_slot(
    tiny: TinyServer, tmp_path: Path
) -> None:
    async with lane_to(tiny.url, tmp_path) as lane:
        assert (lane.server, lane.model) == (ServerKind.LLAMA_CPP, tiny_server.NAME)
        assert lane.context_tokens == tiny_server.SLOT_TOKENS


async def test_answers_have_the_shape_that_was_asked_for(tiny: TinyServer, tmp_path: Path) -> None:
    ear = Ear()
    async with lane_to(tiny.url, tmp_path, ear=ear) as lane:
        for number in range(5):
            question = Prompt(
                purpose="notes", system="", user=f"{number}", shape=Notes, max_tokens=900
            )
            reply = await lane.ask(question)
            assert Notes.model_validate_json(reply.text) == reply.value
            call = lane.settle(reply, accepted=True)
            assert call.prompt_tokens > 0
            assert call.completion_tokens > 10
    assert ear.tokens


async def test_it_counts_the_tokens_of_text(tiny: TinyServer, tmp_path: Path) -> None:
    text = "every character is one token here"
    async with lane_to(tiny.url, tmp_path) as lane:
        assert lane.estimate(text) < len(text)
        await lane.calibrate(text)
        assert len(text) <= lane.estimate(text) <= len(text) * 1.1


async def test_a_prompt_that_our_guess_lets_pass_is_refused_as_overflow(
    tiny: TinyServer, tmp_path: Path
) -> None:
    async with lane_to(tiny.url, tmp_path) as lane:
        with pytest.raises(ModelError) as caught:
            await lane.ask(prompt("x" * (tiny_server.SLOT_TOKENS * 2)))
    assert caught.value.fault is Fault.OVERFLOW


async def test_an_unknown_model_is_refused(tiny: TinyServer, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no model 'other'; it has tiny") as caught:
        async with lane_to(tiny.url, tmp_path, "other"):
            pass
    assert caught.value.fault is Fault.UNKNOWN_MODEL


async def test_a_cancelled_call_frees_its_slot_within_a_second(
    tiny: TinyServer, tmp_path: Path
) -> None:
    ear = Ear()
    async with lane_to(tiny.url, tmp_path, ear=ear) as lane:
        asking = asyncio.ensure_future(lane.ask(long_prompt()))
        await until_spoken(ear)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert ear.verdicts == [Stopped.CONFIRMED]


async def test_a_frozen_server_runs_into_the_deadline_between_tokens(
    tiny: TinyServer, tmp_path: Path
) -> None:
    ear, limits = Ear(), Limits(token_s=0.5)
    async with lane_to(tiny.url, tmp_path, ear=ear, limits=limits) as lane:
        asking = asyncio.ensure_future(lane.ask(long_prompt()))
        await until_spoken(ear)
        os.kill(tiny.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(ModelError, match="stopped in the middle"):
                await asking
        finally:
            os.kill(tiny.process.pid, signal.SIGCONT)


async def test_a_server_that_is_killed_midway_is_down(own_tiny: TinyServer, tmp_path: Path) -> None:
    ear = Ear()
    async with lane_to(own_tiny.url, tmp_path, ear=ear) as lane:
        asking = asyncio.ensure_future(lane.ask(long_prompt()))
        await until_spoken(ear)
        own_tiny.stop()
        with pytest.raises(ModelDownError):
            await asking


async def test_garbage_never_makes_an_outline_worse(tiny: TinyServer, tmp_path: Path) -> None:
    known, ear = project(), Ear()
    async with lane_to(tiny.url, tmp_path, ear=ear) as lane:
        done = await refine(known.outline, known.material, known.survey, lane, known.judge)
    assert known.judge(done.outline) >= known.judge(known.outline)
    assert {link.url for link in done.outline.links()} == {x.url for x in known.outline.links()}
    assert done.outline.summary == known.outline.summary
    assert done.reasons
    assert tuple(ear.calls) == done.calls
