"""One attempt, phase by phase: collect, analyse, write, expand, check."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Generic, TypeVar

from llmsdeck import __version__
from llmsdeck.bundle.choose import Choice, choose
from llmsdeck.bundle.expand import Excerpt, context, excerpts, full_text
from llmsdeck.bundle.judge import judge_bundle, require
from llmsdeck.bundle.manifest import (
    FileRecord,
    LedgerRecord,
    Manifest,
    PartRecord,
    SettingsRecord,
    SourceRecord,
    counts_record,
    file_records,
    ledger_record,
    part_records,
    rubric_records,
    settings_record,
    source_record,
    warning_records,
)
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.render import render
from llmsdeck.bundle.reuse import Earlier, earlier, fingerprint, made_alike
from llmsdeck.bundle.secrets import outline_without_secrets
from llmsdeck.bundle.split import split
from llmsdeck.bundle.survey import Survey, survey
from llmsdeck.job import Draft, Job, Report
from llmsdeck.model import OPTIONAL_MODELS, ArtifactName, Progress, RunWarning
from llmsdeck.sources import Material, Steps, collect, is_hosted
from llmsdeck.sources.threads import aside
from llmsdeck.states import Outcome, Phase
from llmsdeck.verdict import Verdict

_SLICE_SECONDS: Final = 0.05

Result = TypeVar("Result")


async def generate(job: Job, folder: Path, report: Report) -> Draft:
    """Make a bundle in an empty private folder; cancel the task to stop it.

    Raises SourceError for a source that cannot be used, RejectedError for a bundle that fails a
    gate, HeldError while the model server that was asked for is away.
    """
    report.phase(Phase.COLLECT)
    if standing := await _standing(job, report):
        return await _again(standing, folder, report)
    material = await _collected(job, report)
    basis = await asyncio.to_thread(_basis, job, material)
    if job.previous and (same := await asyncio.to_thread(earlier, job.previous, basis.fingerprint)):
        return await _again(same, folder, report)
    report.phase(Phase.ANALYSE)
    found = await _in_slices(survey(material), report)
    report.phase(Phase.WRITE)
    choice, hidden = await asyncio.to_thread(_choice, material, found)
    llms = render(choice.outline)
    report.phase(Phase.EXPAND)
    parts = await _in_slices(excerpts(choice.outline, material.by_path), report)
    texts = await asyncio.to_thread(_texts, job, choice.outline, llms, parts)
    full = texts.get(ArtifactName.LLMS_FULL, "")
    split_up = await asyncio.to_thread(split, choice.outline, parts, full)
    texts |= {part.name: part.text for part in split_up}
    report.phase(Phase.CHECK)
    verdict = await asyncio.to_thread(judge_bundle, choice.outline, material, found, texts)
    require(verdict)
    hidden += sum(part.secrets for part in parts)
    warnings = (*material.warnings, *_own_warnings(job, choice, hidden))
    for warning in warnings:
        report.warn(warning.kind, warning.message, warning.count)
    wanted = sorted(name for name in texts if name in job.artifacts or name.is_part)
    contents = {name: texts[name].encode() for name in wanted}
    manifest = _manifest(
        job,
        basis,
        material,
        choice,
        ledger_record(parts),
        file_records(contents),
        part_records(split_up),
        warnings,
        verdict,
    )
    contents[ArtifactName.MANIFEST] = manifest.text().encode()
    await asyncio.to_thread(_write_all, folder, contents)
    return Draft(
        commit=material.commit,
        outcome=_outcome(job),
        score=verdict.score,
        artifacts=tuple(contents),
    )


async def _standing(job: Job, report: Report) -> Earlier | None:
    """The earlier bundle of a hosted source whose commit has not changed; costs one request."""
    if job.previous is None or not is_hosted(job.source):
        return None
    settings = settings_record(job.ref, job.model, job.artifacts)
    same = await asyncio.to_thread(made_alike, job.previous, settings)
    if same is None or same.manifest.source.commit is None:
        return None
    from llmsdeck.config import load_config
    from llmsdeck.sources.hosted import is_unchanged

    commit, hosts = same.manifest.source.commit, load_config().known_hosts
    return same if await is_unchanged(job.source, job.ref, commit, hosts, report) else None


async def _collected(job: Job, report: Report) -> Material:
    """The source's texts: from this machine step by step, from a host as they stream in."""
    if not is_hosted(job.source):
        return await _in_slices(collect(job.source, job.ref), report)
    from llmsdeck.config import load_config  # with the HTTP client, needed by hosted sources only
    from llmsdeck.sources.hosted import fetch

    return await fetch(job.source, job.ref, load_config().known_hosts, report)


def _choice(material: Material, found: Survey) -> tuple[Choice, int]:
    """What is linked, in words without secrets, and how many secrets stood in them."""
    choice = choose(material, found)
    outline, hidden = outline_without_secrets(choice.outline)
    return replace(choice, outline=outline), hidden


def _texts(
    job: Job, outline: Outline, llms: str, parts: Sequence[Excerpt]
) -> dict[ArtifactName, str]:
    """The texts of the bundle; llms.txt always, because the gates judge the others by it."""
    texts = {ArtifactName.LLMS: llms}
    if ArtifactName.LLMS_FULL in job.artifacts:
        texts[ArtifactName.LLMS_FULL] = full_text(outline, parts)
    if ArtifactName.LLMS_CTX in job.artifacts:
        texts[ArtifactName.LLMS_CTX] = context(outline, parts)
    return texts


async def _again(same: Earlier, folder: Path, report: Report) -> Draft:
    """The earlier bundle once more, as a bundle of this attempt's own."""
    for warning in same.manifest.warnings:
        report.warn(warning.kind, warning.message, warning.count)
    await asyncio.to_thread(_write_all, folder, same.contents)
    return Draft(
        commit=same.manifest.source.commit,
        outcome=Outcome.UNCHANGED,
        score=same.manifest.score,
        artifacts=tuple(same.contents),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What a bundle is made from, on record."""

    source: SourceRecord
    settings: SettingsRecord
    fingerprint: str


def _basis(job: Job, material: Material) -> _Basis:
    source = source_record(material)
    settings = settings_record(job.ref, job.model, job.artifacts)
    return _Basis(
        source=source, settings=settings, fingerprint=fingerprint(source, settings, material)
    )


def _manifest(
    job: Job,
    basis: _Basis,
    material: Material,
    choice: Choice,
    ledger: LedgerRecord,
    files: tuple[FileRecord, ...],
    split_up: tuple[PartRecord, ...],
    warnings: Sequence[RunWarning],
    verdict: Verdict,
) -> Manifest:
    links = sum(1 for _ in choice.outline.links())
    return Manifest(
        program=__version__,
        fingerprint=basis.fingerprint,
        source=basis.source,
        settings=basis.settings,
        counts=counts_record(material, links, choice.left_out),
        ledger=ledger,
        files=files,
        parts=split_up,
        warnings=warning_records(warnings),
        outcome=_outcome(job),
        score=verdict.score,
        rubric=rubric_records(verdict.rubric),
    )


def _outcome(job: Job) -> Outcome:
    """Whoever asked for a model by name did not get what they asked for."""
    return Outcome.GOOD if job.model in OPTIONAL_MODELS else Outcome.DEGRADED


def _own_warnings(job: Job, choice: Choice, hidden: int) -> Iterator[RunWarning]:
    if _outcome(job) is Outcome.DEGRADED:
        message = "No model was used; the deterministic text stands."
        yield RunWarning(kind="model", message=message)
    if choice.left_out:
        message = "Pages did not fit into the budget of links and are left out."
        yield RunWarning(kind="links", message=message, count=choice.left_out)
    if hidden:
        message = "Strings that look like secrets were left out; look whether they are real."
        yield RunWarning(kind="secrets", message=message, count=hidden)


def _write_all(folder: Path, contents: Mapping[ArtifactName, bytes]) -> None:
    """Create each file anew and private; a name that exists already is an error."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name, data in contents.items():
            with open(os.open(name, flags, 0o600, dir_fd=place), "wb") as file:
                file.write(data)
    finally:
        os.close(place)


async def _in_slices(steps: Steps[Result], report: Report) -> Result:
    """Drive steps on a thread, a slice at a time, so that the loop turns and a cancel is heard.

    A cancel waits for the running slice, then closes the steps, which frees what they hold.
    """
    try:
        while True:
            piece = await aside(_slice, steps)
            if piece.progress.done:
                report.progress(piece.progress.done, piece.progress.total)
            if piece.result is not None:
                return piece.result[0]
    finally:
        await asyncio.to_thread(steps.close)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice(Generic[Result]):
    """What one slice of steps came to."""

    progress: Progress
    """The last one that told anything."""
    result: tuple[Result] | None = None
    """The result, once the steps are finished."""


def _slice(steps: Steps[Result]) -> _Slice[Result]:
    """Step on until the slice is over or the result is there."""
    end = time.monotonic() + _SLICE_SECONDS
    progress = Progress()
    try:
        while time.monotonic() < end:
            step = next(steps)
            progress = step if step.done else progress
    except StopIteration as finish:
        return _Slice(progress=progress, result=(finish.value,))
    return _Slice(progress=progress)
