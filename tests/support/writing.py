"""A model that writes as a test wants, over a fake server, and a project for it to write about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asking import Ear, lane_to
from sample_repositories import PROJECT, finish, source_files

from llmsdeck.bundle.answers import Answers
from llmsdeck.bundle.choose import choose
from llmsdeck.bundle.judge import judge_bundle
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.refine import Judge, Refined, refine
from llmsdeck.bundle.render import render
from llmsdeck.bundle.survey import Survey, survey
from llmsdeck.lm import LIMITS, Limits
from llmsdeck.lm.wire import as_fields, as_items
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material, SourceKind
from llmsdeck.testing.behaviours import Exchange, says
from llmsdeck.testing.model_server import ModelServer

SUMMARY = "Teapot is a small server that brews tea over HTTP and refuses every coffee request."
PARAGRAPH = (
    "It answers coffee requests politely and heats water to a given temperature. The guide explains"
    " how water turns into tea, step by step."
)
NOTES = {
    "README": "Introduces the server that brews tea over HTTP and refuses coffee politely.",
    "Guide": "Walks through boiling the water and waiting three minutes.",
    "Zest of lemon": "Explains how a slice of lemon changes the colour of black tea.",
}


@dataclass(frozen=True)
class Project:
    """What is known before a model is asked."""

    material: Material
    survey: Survey
    outline: Outline

    def judge(self, outline: Outline) -> int:
        """The score, as the pipeline counts it."""
        texts = {ArtifactName.LLMS: render(outline)}
        return judge_bundle(outline, self.material, self.survey, texts).score


def project(files: Mapping[str, str] = PROJECT) -> Project:
    """A small project, read and outlined."""
    material = Material(
        kind=SourceKind.FOLDER,
        name="teapot",
        files=tuple(source_files(files).values()),
        skipped={},
    )
    found = finish(survey(material))
    return Project(material, found, choose(material, found).outline)


@dataclass
class Writer:
    """A model that keeps to the shape; every part of what it says can be changed."""

    summary: str = SUMMARY
    paragraph: str = PARAGRAPH
    notes: Callable[[str], str] = lambda title: NOTES.get(title, "")
    """The note for a title; empty repeats the current one."""
    places: Callable[[list[int]], object] | None = None
    """Where to put the links of these numbers; None leaves them where they are."""
    prompts: list[str] = field(default_factory=list[str])
    """Everything that was asked."""

    async def __call__(self, exchange: Exchange) -> None:
        messages = as_items(exchange.body["messages"])
        user = str(as_fields(messages[-1])["content"])
        self.prompts.append(user)
        if "summary:" in user:
            answer: object = {"summary": self.summary, "paragraph": self.paragraph}
        elif "Write a note" in user:
            answer = {"notes": self._notes(user)}
        else:
            answer = {"places": self._places(user)}
        await says(json.dumps(answer))(exchange)

    def _notes(self, user: str) -> list[object]:
        listed = re.findall(r"^(\d+)\. (.*)\nfile: .*\ncurrent note: (.*)", user, re.MULTILINE)
        return [
            {"number": int(number), "note": self.notes(title) or current}
            for number, title, current in listed
            if self.notes(title) or current != "(none)"
        ]

    def _places(self, user: str) -> object:
        listed = re.findall(r"^(\d+)\. \[(\w+)\]", user, re.MULTILINE)
        if self.places is not None:
            return self.places([int(number) for number, _ in listed])
        sections = dict.fromkeys(section for _, section in listed)
        return [
            {"section": name, "numbers": [int(number) for number, s in listed if s == name]}
            for name in sections
        ]


@dataclass
class Kept:
    """Answers that outlive an attempt."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def get(self, prompt_hash: str, model: str) -> str | None:
        return self.texts.get((prompt_hash, model))

    def put(self, prompt_hash: str, model: str, text: str) -> None:
        self.texts[prompt_hash, model] = text


async def refined(
    known: Project,
    folder: Path,
    server: ModelServer,
    *,
    judge: Judge | None = None,
    answers: Answers | None = None,
    ear: Ear | None = None,
    limits: Limits = LIMITS,
) -> Refined:
    """The outline of the project as the model behind this server improves it."""
    async with server, lane_to(server.url, folder, ear=ear, limits=limits) as lane:
        material, found = known.material, known.survey
        return await refine(
            known.outline, material, found, lane, judge or known.judge, answers=answers
        )
