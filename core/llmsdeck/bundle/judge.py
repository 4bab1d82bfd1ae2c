"""The judge: gates, rubric and score of an llms.txt, whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llmsdeck.bundle.check import bundle_gates
from llmsdeck.bundle.gates import text_gates
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.parse import parse
from llmsdeck.bundle.rubric import live_links, text_measures
from llmsdeck.bundle.score import material_measures, unmeasured
from llmsdeck.bundle.survey import Survey
from llmsdeck.errors import RejectedError
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material
from llmsdeck.verdict import Gate, LinkAnswer, Measure, Profile, Verdict


def judge_text(
    subject: str,
    text: str,
    profile: Profile,
    *,
    gates: Sequence[Gate] = (),
    recorded: Sequence[Measure] = (),
    answers: Sequence[LinkAnswer] | None = None,
) -> Verdict:
    """The verdict on a text alone, beside what else is known of it.

    `gates` are further ones, `recorded` are measures of the material from when it was at hand,
    and `answers` what became of a look at its links.
    """
    parsed = parse(text)
    size = len(text.encode("utf-8", "replace"))
    return Verdict(
        subject=subject,
        profile=profile,
        gates=(*text_gates(text, parsed, profile), *gates),
        rubric=(
            *text_measures(parsed, size, profile),
            *(recorded or unmeasured()),
            live_links(answers),
        ),
        links=tuple(answers or ()),
    )


def judge_bundle(
    outline: Outline, material: Material, survey: Survey, texts: Mapping[ArtifactName, str]
) -> Verdict:
    """The verdict on a bundle of our own, held against what it was made from."""
    return judge_text(
        material.name,
        texts[ArtifactName.LLMS],
        Profile.V1,
        gates=[*bundle_gates(outline, material, texts)],
        recorded=[*material_measures(outline, material, survey)],
    )


def require(verdict: Verdict) -> None:
    """Raise RejectedError with the first gate that is failed, and the place."""
    for gate in verdict.gates:
        if not gate.passed:
            raise RejectedError(f"The bundle fails the gate '{gate.name}': {gate.findings[0]}")
