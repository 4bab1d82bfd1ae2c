"""From where a retry goes on, phase by phase, and what need not be done twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmsdeck.answers import Kept
from llmsdeck.snapshot import PhaseSpan
from llmsdeck.states import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One phase of a retry."""

    phase: Phase
    used: str = ""
    """What is used again of it; blank when all of it is done again."""
    took_s: float | None = None
    """Seconds that it took last time; None when it was not reached."""


def begins(kept: Kept) -> Phase:
    """The first phase that a retry does again; a bundle may spare it even that."""
    return Phase.ANALYSE if kept.texts else Phase.COLLECT


def steps(kept: Kept, spans: Iterable[PhaseSpan]) -> tuple[Step, ...]:
    """Every phase of a retry, given how long each took last time."""
    took = {span.phase: span.seconds for span in spans}
    used = {Phase.COLLECT: _texts(kept), Phase.WRITE: _answers(kept)}
    return tuple(
        Step(phase=phase, used=used.get(phase, ""), took_s=took.get(phase)) for phase in Phase
    )


def sentence(kept: Kept) -> str:
    """The same in a sentence or two."""
    parts = [part for part in (_texts(kept), _answers(kept)) if part]
    where = f"It goes on from {begins(kept)}" if kept.texts else f"It begins at {begins(kept)}"
    if parts:
        where += f", with {' and '.join(parts)}"
    if kept.bundle:
        return f"Its bundle is used again if its source is still the same. Else: {where}."
    return f"{where}." if parts else f"{where}; nothing is kept of it."


def _texts(kept: Kept) -> str:
    return "the texts, while the host has none newer" if kept.texts else ""


def _answers(kept: Kept) -> str:
    if not kept.answers:
        return ""
    return f"{kept.answers} of {kept.questions} answers, to the same questions"
