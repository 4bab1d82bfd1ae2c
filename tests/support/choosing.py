"""What is chosen of some files, as plain values."""

from __future__ import annotations

from collections.abc import Mapping

from sample_repositories import finish, source_files

from llmsdeck.bundle.choose import Choice, choose
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.survey import survey
from llmsdeck.sources import Material, SourceKind


def material(files: Mapping[str, str], link_base: str | None = None) -> Material:
    return Material(
        kind=SourceKind.FOLDER,
        name="folder-name",
        link_base=link_base,
        files=tuple(source_files(files).values()),
        skipped={},
    )


def choice(files: Mapping[str, str], link_base: str | None = None) -> Choice:
    found = material(files, link_base)
    return choose(found, finish(survey(found)))


def outline(files: Mapping[str, str], link_base: str | None = None) -> Outline:
    return choice(files, link_base).outline


def sections(files: Mapping[str, str]) -> dict[str, list[str]]:
    return {s.name: [link.path for link in s.links] for s in outline(files).sections}


def notes(files: Mapping[str, str]) -> dict[str, str]:
    return {link.path: link.note for link in outline(files).links()}


def titles(files: Mapping[str, str]) -> dict[str, str]:
    return {link.path: link.title for link in outline(files).links()}
