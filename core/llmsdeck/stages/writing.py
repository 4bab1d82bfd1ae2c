"""Write: the outline as the material gives it, improved by a model where one was asked for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from llmsdeck.bundle.choose import choose
from llmsdeck.bundle.judge import judge_bundle
from llmsdeck.bundle.manifest import ModelRecord
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.render import render
from llmsdeck.bundle.secrets import outline_without_secrets, redacted
from llmsdeck.bundle.survey import Survey
from llmsdeck.cache import Cache
from llmsdeck.errors import HeldError, OverBudgetError
from llmsdeck.job import Job, Report
from llmsdeck.model import ANY_MODEL, NO_MODEL, ArtifactName, RunWarning
from llmsdeck.sources import Material
from llmsdeck.stages.kept import ANSWERS
from llmsdeck.stages.listening import Ear, Texts
from llmsdeck.states import Outcome

if TYPE_CHECKING:
    from llmsdeck.bundle.refine import Refined
    from llmsdeck.lm import Call, Lane

_WITHOUT: Final = "It was over its budget of tokens, and nobody let it ask the model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An outline in its final words."""

    outline: Outline
    left_out: int
    """Pages that the budget of links had no room for."""
    outcome: Outcome
    model: ModelRecord | None = None
    reasons: tuple[str, ...] = ()
    """Why a model's work is missing, or not all of it is used."""
    secrets: int
    """Strings that looked like secrets and were taken out."""

    def warnings(self) -> Iterator[RunWarning]:
        """What went less well than asked for."""
        for reason, count in Counter(self.reasons).items():
            yield RunWarning(kind="model", message=redacted(reason)[0], count=count)
        if self.left_out:
            message = "Pages did not fit into the budget of links and are left out."
            yield RunWarning(kind="links", message=message, count=self.left_out)


async def written(job: Job, material: Material, found: Survey, report: Report) -> Written:
    """Choose the links and find the words; raises HeldError while the model asked for is away.

    Raises OverBudgetError when that model would have to read more than the job allows.
    """
    choice = await asyncio.to_thread(choose, material, found)
    outline, hidden = await asyncio.to_thread(outline_without_secrets, choice.outline)
    plain = Written(outline=outline, left_out=choice.left_out, outcome=Outcome.GOOD, secrets=hidden)
    if job.model == NO_MODEL:
        return plain
    if job.without_model:
        return replace(plain, outcome=Outcome.DEGRADED, reasons=(_WITHOUT,))
    return await _improved(job, material, found, plain, report)


async def _improved(
    job: Job, material: Material, found: Survey, plain: Written, report: Report
) -> Written:
    from llmsdeck.config import load_config
    from llmsdeck.lm import ModelDownError, ModelError, open_lane

    settings = load_config().model
    texts = Texts(Cache(job.calls), job.run_id) if job.calls else None
    ear = Ear(report, settings.base_url, texts)
    try:
        async with open_lane(settings, job.model, job.lanes, ear) as lane:
            ear.lane = lane
            return await _refined(job, material, found, plain, report, lane)
    except ModelDownError as error:
        if job.model == ANY_MODEL:
            return replace(plain, reasons=(f"{error} The text is written without a model.",))
        raise HeldError(settings.base_url, str(error)) from error
    except OverBudgetError as error:
        if job.model == ANY_MODEL:
            return replace(plain, reasons=(f"{error} The text is written without a model.",))
        raise
    except ModelError as error:
        outcome = Outcome.GOOD if job.model == ANY_MODEL else Outcome.DEGRADED
        return replace(plain, outcome=outcome, reasons=(str(error),))


async def _refined(
    job: Job, material: Material, found: Survey, plain: Written, report: Report, lane: Lane
) -> Written:
    from llmsdeck.bundle.refine import expected_tokens, refine

    def points(outline: Outline) -> int:
        return judge_bundle(outline, material, found, {ArtifactName.LLMS: render(outline)}).score

    answers = Answers(Cache(job.cache, job.fresh), lane.server) if job.cache else None
    looked_up = 0
    if job.token_budget:
        expected = await expected_tokens(plain.outline, material, found, lane, answers=answers)
        if expected > job.token_budget:
            raise OverBudgetError(expected, job.token_budget)
        looked_up = 0 if answers is None else answers.recalled
    refined = await refine(
        plain.outline, material, found, lane, points, answers=answers, told=report.progress
    )
    if recalled := (0 if answers is None else answers.recalled - looked_up):
        said = "1 answer" if recalled == 1 else f"{recalled} answers"
        report.note("recalled", f"{said} that the model gave before could be used again.")
    if refined.down is not None and job.model != ANY_MODEL:
        raise refined.down
    outline, hidden = await asyncio.to_thread(outline_without_secrets, refined.outline)
    return replace(
        plain,
        outline=outline,
        secrets=plain.secrets + hidden,
        outcome=Outcome.GOOD if _delivered(refined) else Outcome.DEGRADED,
        reasons=refined.reasons,
        model=_record(lane, refined),
    )


def _delivered(refined: Refined) -> bool:
    """Every question got an answer that was used, or there was nothing to improve.

    A question that was too long at first counts by its shorter form.
    """
    answered = {call.purpose for call in refined.calls if call.accepted}
    missing = {call.purpose for call in refined.calls} - answered
    return refined.down is None and not missing and bool(refined.used or not refined.reasons)


def _record(lane: Lane, refined: Refined) -> ModelRecord:
    calls: Sequence[Call] = refined.calls
    return ModelRecord(
        name=lane.model,
        server=str(lane.server),
        context_tokens=lane.context_tokens,
        calls=len(calls),
        calls_used=sum(call.accepted for call in calls),
        prompt_tokens=sum(call.prompt_tokens for call in calls),
        completion_tokens=sum(call.completion_tokens for call in calls),
        used=dict(refined.used),
    )


@dataclass(slots=True)
class Answers:
    """Answers of earlier attempts; one that cannot be kept is asked for again, no more."""

    cache: Cache
    server: str
    recalled: int = field(default=0, init=False)
    """Answers that were there."""

    def get(self, prompt_hash: str, model: str) -> str | None:
        """The JSON that this model once answered to this prompt."""
        kept = self.cache.get(ANSWERS, self.server, model, prompt_hash)
        if kept is None:
            return None
        self.recalled += 1
        return kept.decode("utf-8", "replace")

    def put(self, prompt_hash: str, model: str, text: str) -> None:
        """Keep an answer, unless the disk does not take it."""
        try:
            self.cache.put(text.encode(), ANSWERS, self.server, model, prompt_hash)
        except OSError:
            self.cache.forget(ANSWERS, self.server, model, prompt_hash)
