from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from notebook import Notebook
from sample_repositories import project
from writing import SUMMARY, Writer

from llmsdeck.bundle.prompts import SYSTEM
from llmsdeck.cache import Cache
from llmsdeck.calls import CallText
from llmsdeck.errors import HeldError, OverBudgetError
from llmsdeck.job import Draft, Job
from llmsdeck.model import DEFAULT_ARTIFACTS, NO_MODEL, RunId
from llmsdeck.pipeline import generate
from llmsdeck.states import Outcome, Phase
from llmsdeck.testing.behaviours import Behaviour, refuses, says, stops_midway
from llmsdeck.testing.model_server import ModelServer

NOBODY = "http://127.0.0.1:9/v1"
"""The port of a service that nobody runs any more."""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("LLMSDECK_CONFIG", str(tmp_path / "absent.toml"))
    monkeypatch.setenv("LLMSDECK_MODEL__BASE_URL", NOBODY)
    return Job(
        run_id=RunId("r"),
        source=str(project(tmp_path / "tea")),
        ref=None,
        artifacts=DEFAULT_ARTIFACTS,
        model="tiny",
        cache=tmp_path / "cache",
        lanes=tmp_path / "lanes",
    )


class Desk:
    """Runs jobs against one model server."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = tmp_path
        self._patch = monkeypatch
        self._made = 0
        self.last = tmp_path

    async def made(
        self, job: Job, behaviour: Behaviour | None = None, report: Notebook | None = None
    ) -> tuple[Draft, Path]:
        """The draft and its folder; without a behaviour no server is there."""
        self._made += 1
        folder = self.last = self._folder / f"out{self._made}"
        await asyncio.to_thread(folder.mkdir, mode=0o700)
        if behaviour is None:
            return await generate(job, folder, report or Notebook()), folder
        async with ModelServer(behaviour) as server:
            self._patch.setenv("LLMSDECK_MODEL__BASE_URL", server.url)
            return await generate(job, folder, report or Notebook()), folder


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def text(folder: Path) -> str:
    return (folder / "llms.txt").read_text()


async def test_the_models_words_are_in_the_bundle_and_on_record(job: Job, desk: Desk) -> None:
    report = Notebook()
    draft, folder = await desk.made(job, Writer(), report)
    plain, _ = await desk.made(replace(job, model=NO_MODEL))
    assert draft.outcome is Outcome.GOOD
    assert (draft.score or 0) >= (plain.score or 0)
    assert f"> {SUMMARY}" in text(folder)
    record = json.loads((folder / "manifest.json").read_text())["model"]
    assert (record["name"], record["used"]["summary"]) == ("tiny", 1)
    assert record["calls"] == len(report.calls) > 1
    assert {name for _, name in report.lanes} == {"tiny"}


@pytest.mark.parametrize(
    ("behaviour", "answer", "answered"),
    [(Writer(), '"summary"', True), (says("no JSON at all"), "no JSON at all", False)],
)
async def test_what_was_said_is_kept_with_the_run(
    job: Job, desk: Desk, tmp_path: Path, behaviour: Behaviour, answer: str, answered: bool
) -> None:
    report = Notebook()
    await desk.made(replace(job, calls=tmp_path / "calls"), behaviour, report)
    key = report.texts[0]
    assert key is not None
    packed = Cache(tmp_path / "calls").peek(job.run_id, key)
    assert packed is not None
    said = CallText.unpack(packed)
    assert said is not None
    assert (said.system, answer in said.answer) == (SYSTEM, True)
    assert "BEGIN DATA" in said.user
    assert report.calls[0].answered is answered


async def test_a_secret_in_an_answer_that_is_quoted_is_in_no_call_and_no_warning(
    job: Job, desk: Desk
) -> None:
    secret, report = "ghp_" + "q7Rk2ZtP9vLw4XcB8nHd5JsF6mGy3TbQ1eUi", Notebook()
    await desk.made(job, says(secret), report)
    assert "(redacted secret)" in report.calls[0].reason
    told = [*(call.reason for call in report.calls), *(said for _, said, _ in report.warnings)]
    assert not [each for each in told if secret in each]
    assert any("(redacted secret)" in said for _, said, _ in report.warnings)


async def test_nothing_that_was_said_is_kept_when_nobody_wants_it(job: Job, desk: Desk) -> None:
    report = Notebook()
    await desk.made(job, Writer(), report)
    assert set(report.texts) == {None}


@pytest.mark.parametrize("behaviour", [says("no JSON at all"), refuses({"error": "no"})])
async def test_a_model_that_delivers_nothing_leaves_the_plain_text_and_says_so(
    job: Job, desk: Desk, behaviour: Behaviour
) -> None:
    report = Notebook()
    draft, folder = await desk.made(job, behaviour, report)
    _, plain = await desk.made(replace(job, model=NO_MODEL))
    assert draft.outcome is Outcome.DEGRADED
    assert text(folder) == text(plain)
    assert {kind for kind, _, _ in report.warnings} == {"model"}


async def test_a_model_that_the_server_does_not_have_degrades_the_run(job: Job, desk: Desk) -> None:
    report = Notebook()
    draft, _ = await desk.made(replace(job, model="huge"), Writer(), report)
    assert draft.outcome is Outcome.DEGRADED
    assert any("'huge'" in message for _, message, _ in report.warnings)


async def test_a_run_that_needs_a_model_is_held_while_its_server_is_away(
    job: Job, desk: Desk
) -> None:
    with pytest.raises(HeldError) as held:
        await desk.made(job)
    assert held.value.server == NOBODY


async def test_a_run_that_takes_any_model_goes_on_without_one(job: Job, desk: Desk) -> None:
    report = Notebook()
    draft, _ = await desk.made(replace(job, model="auto"), None, report)
    assert draft.outcome is Outcome.GOOD
    assert [kind for kind, _, _ in report.warnings] == ["model"]


async def test_a_run_over_its_budget_asks_before_the_model_reads_anything(
    job: Job, desk: Desk
) -> None:
    writer = Writer()
    with pytest.raises(OverBudgetError) as asked:
        await desk.made(replace(job, token_budget=10), writer)
    assert asked.value.token_budget == 10
    assert writer.prompts == []


async def test_what_is_expected_is_about_what_is_read(job: Job, desk: Desk) -> None:
    writer = Writer()
    with pytest.raises(OverBudgetError) as asked:
        await desk.made(replace(job, token_budget=1), writer)
    await desk.made(replace(job, token_budget=asked.value.expected_tokens), writer)
    read = sum(len((SYSTEM + prompt).encode()) for prompt in writer.prompts) / 3
    assert 0.9 * read < asked.value.expected_tokens < 1.1 * read


async def test_answers_that_are_kept_do_not_count_again(job: Job, desk: Desk) -> None:
    tight = replace(job, token_budget=1)
    with pytest.raises(OverBudgetError) as first:
        await desk.made(tight, Writer())
    await desk.made(job, Writer())
    with pytest.raises(OverBudgetError) as second:
        await desk.made(tight, Writer())
    assert second.value.expected_tokens < first.value.expected_tokens / 2


async def test_a_run_that_takes_any_model_takes_none_over_its_budget(job: Job, desk: Desk) -> None:
    writer, report = Writer(), Notebook()
    asked = replace(job, model="auto", token_budget=10)
    draft, folder = await desk.made(asked, writer, report)
    _, plain = await desk.made(replace(job, model=NO_MODEL))
    assert (draft.outcome, text(folder)) == (Outcome.GOOD, text(plain))
    assert writer.prompts == []
    assert any("budget is 10" in message for _, message, _ in report.warnings)


async def test_a_run_that_was_told_to_do_without_is_degraded_and_asks_nobody(
    job: Job, desk: Desk
) -> None:
    report = Notebook()
    draft, folder = await desk.made(replace(job, without_model=True), None, report)
    _, plain = await desk.made(replace(job, model=NO_MODEL))
    assert (draft.outcome, text(folder)) == (Outcome.DEGRADED, text(plain))
    assert any("over its budget" in message for _, message, _ in report.warnings)


async def test_a_second_attempt_asks_no_question_twice(job: Job, desk: Desk) -> None:
    writer = Writer()
    _, first = await desk.made(job, writer)
    asked = len(writer.prompts)
    _, second = await desk.made(job, writer)
    assert len(writer.prompts) == asked
    assert text(second) == text(first)


async def test_without_a_cache_every_question_is_asked_again(job: Job, desk: Desk) -> None:
    writer = Writer()
    await desk.made(replace(job, cache=None), writer)
    asked = len(writer.prompts)
    await desk.made(replace(job, cache=None), writer)
    assert len(writer.prompts) == 2 * asked


async def test_a_fresh_attempt_asks_every_question_again_and_keeps_the_new_answers(
    job: Job, desk: Desk
) -> None:
    first, second = Writer(), Writer()
    await desk.made(job, first)
    report = Notebook()
    await desk.made(replace(job, fresh=True), second, report)
    assert len(second.prompts) == len(first.prompts) > 0
    assert report.notes == []
    report = Notebook()
    await desk.made(job, second, report)
    assert len(second.prompts) == len(first.prompts)
    assert [kind for kind, _ in report.notes] == ["recalled"]


async def test_an_unchanged_source_asks_the_model_nothing(job: Job, desk: Desk) -> None:
    writer = Writer()
    _, first = await desk.made(replace(job, cache=None), writer)
    asked = len(writer.prompts)
    draft, _ = await desk.made(replace(job, cache=None, previous=first), writer)
    assert (draft.outcome, len(writer.prompts)) == (Outcome.UNCHANGED, asked)


async def test_a_text_without_a_model_is_not_enough_once_there_is_one(job: Job, desk: Desk) -> None:
    anything = replace(job, model="auto")
    _, first = await desk.made(anything)
    again = replace(anything, previous=first)
    draft, _ = await desk.made(again, Writer())
    assert draft.outcome is Outcome.GOOD
    assert SUMMARY in text(desk.last)


async def test_a_cancel_closes_the_stream_and_says_whether_the_server_stopped(
    job: Job, desk: Desk
) -> None:
    report = Notebook()
    writing = asyncio.create_task(desk.made(job, stops_midway, report))
    async with asyncio.timeout(30):
        await report.heard.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert report.phases[-1] is Phase.WRITE
    assert [message for _, message, _ in report.warnings] == [
        "Whether the model server stopped is not known; this one cannot be asked."
    ]
