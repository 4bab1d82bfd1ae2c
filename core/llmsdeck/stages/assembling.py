"""Expand and check: the files of the bundle from its outline, judged before they are kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmsdeck.bundle.expand import Excerpt, excerpts, full_text
from llmsdeck.bundle.judge import judge_bundle, require
from llmsdeck.bundle.manifest import (
    Manifest,
    counts_record,
    file_records,
    ledger_record,
    part_records,
    rubric_records,
    warning_records,
)
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.program import program
from llmsdeck.bundle.render import render
from llmsdeck.bundle.split import Part, split
from llmsdeck.bundle.survey import Survey
from llmsdeck.job import Job, Report
from llmsdeck.model import ArtifactName, RunWarning
from llmsdeck.sources import Material
from llmsdeck.stages.collecting import Basis
from llmsdeck.stages.slices import in_slices
from llmsdeck.stages.writing import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """The texts of a bundle and what they are made of."""

    texts: Mapping[ArtifactName, str]
    """llms.txt always, because the gates judge the others by it."""
    excerpts: Sequence[Excerpt]
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything that is kept of an attempt."""

    contents: Mapping[ArtifactName, bytes]
    """The manifest included."""
    warnings: tuple[RunWarning, ...]
    score: int


async def expanded(job: Job, outline: Outline, material: Material, report: Report) -> Expanded:
    """Read what is linked and put it together."""
    pieces = await in_slices(excerpts(outline, material.by_path), report.progress)
    return await asyncio.to_thread(_put_together, job, outline, pieces)


def _put_together(job: Job, outline: Outline, pieces: Sequence[Excerpt]) -> Expanded:
    texts = {ArtifactName.LLMS: render(outline)}
    if ArtifactName.LLMS_FULL in job.artifacts:
        texts[ArtifactName.LLMS_FULL] = full_text(outline, pieces)
    if ArtifactName.LLMS_CTX in job.artifacts:
        from llmsdeck.bundle.context import context

        texts[ArtifactName.LLMS_CTX] = context(outline, pieces)
    parts = split(outline, pieces, texts.get(ArtifactName.LLMS_FULL, ""))
    texts |= {part.name: part.text for part in parts}
    return Expanded(texts=texts, excerpts=pieces, parts=parts)


def checked(
    job: Job, basis: Basis, material: Material, found: Survey, written: Written, made: Expanded
) -> Bundle:
    """Judge the bundle and seal it with its manifest; raises RejectedError."""
    verdict = judge_bundle(written.outline, material, found, made.texts)
    require(verdict)
    wanted = sorted(name for name in made.texts if name in job.artifacts or name.is_part)
    contents = {name: made.texts[name].encode() for name in wanted}
    warnings = (*material.warnings, *written.warnings(), *_hidden(written, made))
    manifest = Manifest(
        program=program(),
        fingerprint=basis.fingerprint,
        source=basis.source,
        settings=basis.settings,
        counts=counts_record(material, sum(1 for _ in written.outline.links()), written.left_out),
        ledger=ledger_record(made.excerpts),
        files=file_records(contents),
        parts=part_records(made.parts),
        model=written.model,
        warnings=warning_records(warnings),
        outcome=written.outcome,
        score=verdict.score,
        rubric=rubric_records(verdict.rubric),
    )
    contents[ArtifactName.MANIFEST] = manifest.text().encode()
    return Bundle(contents=contents, warnings=warnings, score=verdict.score)


def _hidden(written: Written, made: Expanded) -> Iterator[RunWarning]:
    if hidden := written.secrets + sum(piece.secrets for piece in made.excerpts):
        message = "Strings that look like secrets were left out; look whether they are real."
        yield RunWarning(kind="secrets", message=message, count=hidden)


def keep(folder: Path, contents: Mapping[ArtifactName, bytes]) -> None:
    """Create each file anew and private; a name that exists already is an error."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name, data in contents.items():
            with open(os.open(name, flags, 0o600, dir_fd=place), "wb") as file:
                file.write(data)
    finally:
        os.close(place)
