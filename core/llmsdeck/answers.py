"""What the deck answers to a question or a wish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmsdeck.model import Run, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The answer to one requested source: a run, or the refusal."""

    source: str
    """Empty for the retry of a run that was not there."""
    retry_of: RunId | None = None
    """The run that was to be started again; None for a start."""
    run: Run | None = None
    created: bool = False
    """False when an equal run was already pending or processing and is returned instead."""
    error: Exception | None = None
    """A DeckError when the source was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswer:
    """What a cancel did to one run, truthfully."""

    run_id: RunId
    run: Run | None = None
    """As it is now; None when it is not there any more."""
    verdict: str = ""
    """`cancelled`: stopped; `requested`: it will, watch `run.cancel`; `too_late`: it had ended."""
    message: str = ""
    """One sentence, with the figure: `Too late, it had finished 0.4 s before.`"""
    error: Exception | None = None
    """A DeckError when the run was not there to be asked, and there is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityAnswer:
    """The answer to one run whose priority was to change."""

    run_id: RunId
    run: Run | None = None
    """As it is now; None when it was refused."""
    error: Exception | None = None
    """A DeckError when the run is not pending or not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a retry of a run would find of its work, and of the runs that it retries."""

    bundle: bool = False
    """A whole bundle, which is used again if the source is still the same."""
    texts: bool = False
    """What was read of a host, which is used again while that has nothing newer."""
    answers: int = 0
    """Answers of a model, of which each is used again for the same question."""
    questions: int = 0
    """Questions that there were, as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of the answer to one run that was to ask."""

    run_id: RunId
    run: Run | None = None
    """As it is now; None when the answer was refused."""
    error: Exception | None = None
    """A DeckError when the run asks nothing, any more or at all, or is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written for another store."""

    file: str | None
    """None when there was no run to write."""
    size_bytes: int
    run_ids: tuple[RunId, ...]
    errors: Mapping[RunId, Exception]
    """A DeckError for each run that could not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The answer to one run of an export."""

    run_id: RunId
    skipped: str | None = None
    """Why it was passed by: it is known here."""
    error: Exception | None = None
    """A DeckError when there was no room for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a start would find, looked up before it is asked for."""

    ok: bool
    message: str
    """One sentence: what the source is, or why it cannot be used."""
