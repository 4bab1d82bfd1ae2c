"""manifest.json: what a bundle was made from, how, and what is in it; same input, same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from llmsdeck.bundle.expand import FILE_CHARACTERS, TOTAL_CHARACTERS, Excerpt
from llmsdeck.bundle.split import Part
from llmsdeck.model import ArtifactName, RunWarning
from llmsdeck.sources import LIMITS, Limits, Material
from llmsdeck.states import Outcome
from llmsdeck.verdict import Measure

FORMAT: Final = 1
"""Raised whenever a reader of older manifests could misunderstand a newer one."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AboutRecord(_Record):
    """What the host said about the repository."""

    address: str
    description: str
    homepage: str
    topics: tuple[str, ...]
    licence: str
    archived: bool


class SourceRecord(_Record):
    """Where the texts came from; no path of the machine and no time is ever recorded."""

    kind: str
    name: str
    commit: str | None
    link_base: str | None
    differing_on_disk: int | None
    about: AboutRecord | None = None


class SettingsRecord(_Record):
    """What was asked for, and the limits that held."""

    ref: str | None
    model: str
    artifacts: tuple[ArtifactName, ...]
    most_files: int
    most_bytes_per_file: int
    most_bytes: int
    most_characters_per_file: int
    most_characters: int


class CountsRecord(_Record):
    """How much was read, linked and left out."""

    files_read: int
    files_skipped: dict[str, int]
    links: int
    links_left_out: int


class LedgerRecord(_Record):
    """Totals of the full text."""

    files: int
    truncated: int
    characters: int
    characters_kept: int


class FileRecord(_Record):
    """One file of the bundle beside the manifest."""

    name: ArtifactName
    size_bytes: int
    hash_sha256: str


class PieceRecord(_Record):
    """A file, or a stretch of one, in a part of llms-full.txt; characters count from 0."""

    path: str
    start: int
    end: int


class PartRecord(_Record):
    """What one part of llms-full.txt holds."""

    name: ArtifactName
    files: tuple[PieceRecord, ...]


class ModelRecord(_Record):
    """The model that had a hand in it, and how much of its work stands."""

    name: str
    server: str
    """Whose server it was."""
    context_tokens: int | None
    calls: int
    """Made by the attempt that wrote this bundle; answers kept from earlier ones come on top."""
    calls_used: int
    prompt_tokens: int
    completion_tokens: int
    used: dict[str, int]
    """How much of the summary, paragraph, notes and places is the model's."""


class WarningRecord(_Record):
    """One warning of the run."""

    kind: str
    message: str
    count: int


class MeasureRecord(_Record):
    """One item of the rubric, as it was when the material was at hand."""

    name: str
    weight: int = Field(ge=0, le=100)
    points: float | None = Field(ge=0, le=1)
    reason: str


class Manifest(_Record):
    """The whole account of one bundle."""

    format: int = FORMAT
    program: str = ""
    """Version and code of llmsdeck; the same source may read differently to another one."""
    fingerprint: str
    """Equal for bundles made from the same texts by the same program with the same settings."""
    source: SourceRecord
    settings: SettingsRecord
    counts: CountsRecord
    ledger: LedgerRecord
    files: tuple[FileRecord, ...]
    parts: tuple[PartRecord, ...] = ()
    model: ModelRecord | None = None
    """None when the text was written without one."""
    warnings: tuple[WarningRecord, ...]
    outcome: Outcome
    score: int
    rubric: tuple[MeasureRecord, ...] = ()

    def text(self) -> str:
        """The manifest as JSON with sorted keys, ending in a line feed."""
        content = self.model_dump(mode="json")
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def source_record(material: Material) -> SourceRecord:
    """The account of a source."""
    return SourceRecord(
        kind=material.kind,
        name=material.name,
        commit=material.commit,
        link_base=material.link_base,
        differing_on_disk=material.worktree.differing if material.worktree else None,
        about=AboutRecord(**asdict(material.about)) if material.about else None,
    )


def settings_record(
    ref: str | None, model: str, artifacts: Sequence[ArtifactName], limits: Limits = LIMITS
) -> SettingsRecord:
    """The account of a run's settings."""
    return SettingsRecord(
        ref=ref,
        model=model,
        artifacts=tuple(sorted(artifacts)),
        most_files=limits.files,
        most_bytes_per_file=limits.file_bytes,
        most_bytes=limits.total_bytes,
        most_characters_per_file=FILE_CHARACTERS,
        most_characters=TOTAL_CHARACTERS,
    )


def counts_record(material: Material, links: int, left_out: int) -> CountsRecord:
    """The account of what was read and linked."""
    return CountsRecord(
        files_read=len(material.files),
        files_skipped={str(skip): count for skip, count in material.skipped.items() if count},
        links=links,
        links_left_out=left_out,
    )


def ledger_record(parts: Sequence[Excerpt]) -> LedgerRecord:
    """The totals of the full text."""
    return LedgerRecord(
        files=len(parts),
        truncated=sum(part.truncated for part in parts),
        characters=sum(part.characters for part in parts),
        characters_kept=sum(len(part.text) for part in parts),
    )


def file_records(contents: Mapping[ArtifactName, bytes]) -> tuple[FileRecord, ...]:
    """Sizes and hashes, ordered by name."""
    return tuple(
        FileRecord(name=name, size_bytes=len(data), hash_sha256=hashlib.sha256(data).hexdigest())
        for name, data in sorted(contents.items())
    )


def part_records(parts: Sequence[Part]) -> tuple[PartRecord, ...]:
    """Which files are in which part."""
    return tuple(
        PartRecord(
            name=part.name,
            files=tuple(
                PieceRecord(path=piece.excerpt.link.path, start=piece.start, end=piece.end)
                for piece in part.pieces
            ),
        )
        for part in parts
    )


def warning_records(warnings: Sequence[RunWarning]) -> tuple[WarningRecord, ...]:
    """The warnings as they were reported."""
    return tuple(
        WarningRecord(kind=warning.kind, message=warning.message, count=warning.count)
        for warning in warnings
    )


def rubric_records(rubric: Sequence[Measure]) -> tuple[MeasureRecord, ...]:
    """The rubric as it was measured."""
    return tuple(
        MeasureRecord(name=item.name, weight=item.weight, points=item.points, reason=item.reason)
        for item in rubric
    )
