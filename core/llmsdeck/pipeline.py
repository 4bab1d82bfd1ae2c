"""One attempt, phase by phase: collect, analyse, write, expand, check."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from llmsdeck.bundle.manifest import Manifest
from llmsdeck.bundle.reuse import Earlier
from llmsdeck.bundle.survey import survey
from llmsdeck.job import Draft, Job, Report
from llmsdeck.model import RunWarning
from llmsdeck.stages.assembling import checked, expanded, keep
from llmsdeck.stages.collecting import Visit, basis_of, unchanged
from llmsdeck.stages.slices import in_slices
from llmsdeck.stages.writing import written
from llmsdeck.states import Outcome, Phase


async def generate(job: Job, folder: Path, report: Report) -> Draft:
    """Make a bundle in an empty private folder; cancel the task to stop it.

    Raises SourceError for a source that cannot be used, RejectedError for a bundle that fails a
    gate, HeldError while the model server that was asked for is away, OverBudgetError when that
    model would have to read more than it may without asking.
    """
    report.phase(Phase.COLLECT)
    visit = Visit(job, report)
    if same := await visit.standing():
        return await _again(same, folder, report)
    material = await visit.collected()
    basis = await basis_of(job, material)
    if same := await unchanged(job, basis):
        return await _again(same, folder, report)
    report.phase(Phase.ANALYSE)
    found = await in_slices(survey(material), report.progress)
    report.phase(Phase.WRITE)
    words = await written(job, material, found, report)
    report.phase(Phase.EXPAND)
    made = await expanded(job, words.outline, material, report)
    report.phase(Phase.CHECK)
    bundle = await asyncio.to_thread(checked, job, basis, material, found, words, made)
    await asyncio.to_thread(keep, folder, bundle.contents)
    _warn(report, bundle.warnings)
    return Draft(
        commit=material.commit,
        outcome=words.outcome,
        score=bundle.score,
        artifacts=tuple(bundle.contents),
    )


async def _again(same: Earlier, folder: Path, report: Report) -> Draft:
    """The earlier bundle once more, as a bundle of this attempt's own."""
    await asyncio.to_thread(keep, folder, same.contents)
    _warn(report, _warnings_of(same.manifest))
    return Draft(
        commit=same.manifest.source.commit,
        outcome=Outcome.UNCHANGED,
        score=same.manifest.score,
        artifacts=tuple(same.contents),
    )


def _warnings_of(manifest: Manifest) -> Iterable[RunWarning]:
    return (RunWarning(**warning.model_dump()) for warning in manifest.warnings)


def _warn(report: Report, warnings: Iterable[RunWarning]) -> None:
    for warning in warnings:
        report.warn(warning.kind, warning.message, warning.count)
