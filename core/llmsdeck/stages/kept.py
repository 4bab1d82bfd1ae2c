"""What earlier attempts have left for later ones, and under which names it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llmsdeck.answers import Kept
from llmsdeck.bundle.program import program
from llmsdeck.cache import Cache
from llmsdeck.calls import ModelCall
from llmsdeck.model import Run
from llmsdeck.states import Outcome, Phase

TEXTS: Final = "material"
"""Kind of what was read of a host."""
ANSWERS: Final = "answers"
"""Kind of what a model has answered, by server, model and hash of the prompt."""


def name_of_texts(source: str, ref: str | None) -> tuple[str, ...]:
    """What the texts of a source were made from."""
    return program(), source, ref or ""


def kept_of(folder: Path, run: Run, calls: Sequence[ModelCall]) -> Kept:
    """What a retry would find of a run that made these calls, itself or by those it retries."""
    cache = Cache(folder)
    asked = {(call.server, call.model, call.prompt_hash) for call in calls}
    steps = run.progress.total if run.phase is Phase.WRITE else 0
    bundle = run.outcome in (Outcome.GOOD, Outcome.UNCHANGED) and run.bundle_dir
    return Kept(
        bundle=bool(bundle) and Path(str(bundle)).is_dir(),
        texts=cache.holds(TEXTS, *name_of_texts(run.source, run.ref)),
        answers=sum(cache.holds(ANSWERS, *each) for each in asked),
        questions=max(len(asked), steps),
    )
