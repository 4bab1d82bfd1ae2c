"""What one attempt is told, what it reports on the way, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from llmsdeck.model import ArtifactName, RunId
from llmsdeck.states import Outcome, Phase

if TYPE_CHECKING:
    from llmsdeck.lm import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one attempt is to make."""

    run_id: RunId
    source: str
    """Canonical, as `locate` returns it."""
    ref: str | None
    artifacts: tuple[ArtifactName, ...]
    model: str
    previous: Path | None = None
    """Folder of the newest bundle that an equal run has made, to be used again if it can be."""
    cache: Path | None = None
    """Folder of results that later attempts may use again; None keeps none."""
    fresh: bool = False
    """What is kept there is replaced, not used."""
    token_budget: int = 0
    """Tokens that the model may read; 0 when that is not limited."""
    without_model: bool = False
    """It was decided to go on without the model that was asked for."""
    calls: Path | None = None
    """Folder of what was said in calls to a model; None keeps none."""
    lanes: Path = Path()
    """Folder of the locks by which all processes share a model server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an attempt left in its folder."""

    commit: str | None
    outcome: Outcome
    score: int | None
    artifacts: tuple[ArtifactName, ...]
    """Files written, the manifest included."""


class Report(Protocol):
    """Where an attempt says how far it is; called on the event loop only."""

    def phase(self, phase: Phase) -> None:
        """A phase begins."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Units of the phase done so far; total 0 means unknown."""
        ...

    def moved(self) -> None:
        """Something came of the work, although no unit of the phase is done."""
        ...

    def note(self, kind: str, message: str) -> None:
        """Something worth an event of the run."""
        ...

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        """Something went less well than asked for."""
        ...

    def lane(
        self, server: str, model: str, context_tokens: int | None, tokens_per_s: float | None
    ) -> None:
        """A model server answered, at this speed, with so much context loaded."""
        ...

    def call(self, call: Call, text: str | None = None) -> None:
        """A call to a model has ended, well or not; what was said is kept under this key."""
        ...
