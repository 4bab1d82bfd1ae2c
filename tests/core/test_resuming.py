from __future__ import annotations

import pytest

from llmsdeck.answers import Kept
from llmsdeck.resuming import begins, sentence, steps
from llmsdeck.snapshot import PhaseSpan
from llmsdeck.states import Phase


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (
            Kept(bundle=True),
            "Its bundle is used again if its source is still the same. Else: It begins at collect.",
        ),
        (Kept(), "It begins at collect; nothing is kept of it."),
        (
            Kept(answers=31, questions=48),
            "It begins at collect, with 31 of 48 answers, to the same questions.",
        ),
        (
            Kept(texts=True),
            "It goes on from analyse, with the texts, while the host has none newer.",
        ),
        (
            Kept(texts=True, answers=1, questions=2, bundle=True),
            "Its bundle is used again if its source is still the same. Else: It goes on from "
            "analyse, with the texts, while the host has none newer and 1 of 2 answers, to the "
            "same questions.",
        ),
    ],
)
def test_what_is_kept_is_said_in_a_sentence(kept: Kept, said: str) -> None:
    assert sentence(kept) == said


def test_every_phase_says_what_is_used_again_and_how_long_it_took() -> None:
    found = steps(Kept(texts=True), [PhaseSpan(phase=Phase.COLLECT, seconds=4.2)])
    assert [step.phase for step in found] == list(Phase)
    assert [bool(step.used) for step in found] == [True, False, False, False, False]
    assert [step.took_s for step in found] == [4.2, None, None, None, None]


def test_a_retry_begins_behind_the_texts_that_are_kept() -> None:
    assert (begins(Kept(texts=True)), begins(Kept(answers=3))) == (Phase.ANALYSE, Phase.COLLECT)
