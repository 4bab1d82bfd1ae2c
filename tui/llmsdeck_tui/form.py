"""What was typed into the start form, as a request or as the sentence that says why not."""

from __future__ import annotations

import os
from dataclasses import dataclass

from llmsdeck.errors import UsageError
from llmsdeck.model import NO_MODEL, ArtifactName, RunRequest
from llmsdeck.settings import parse_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form's fields as they stand."""

    source: str = ""
    ref: str = ""
    artifacts: tuple[ArtifactName, ...] = ()
    model: str = ""
    output_dir: str = ""
    timeout: str = ""


def request(typed: Typed) -> RunRequest:
    """The request that the fields describe; raises UsageError with the first thing to mend."""
    source = typed.source.strip()
    if not source:
        raise UsageError("Type a folder, owner/name or an address.")
    if not typed.artifacts:
        raise UsageError("Choose at least one file to make.")
    return RunRequest(
        source=_home(source),
        ref=typed.ref.strip() or None,
        artifacts=typed.artifacts,
        model=typed.model.strip() or NO_MODEL,
        output_dir=_home(typed.output_dir.strip()) or None,
        timeout_s=_timeout(typed.timeout.strip()),
    )


def _home(path: str) -> str:
    return os.path.expanduser(path) if path.startswith("~") else path


def _timeout(text: str) -> float | None:
    if not text:
        return None
    seconds = parse_duration(text)
    if seconds <= 0:
        raise UsageError("A timeout is longer than zero seconds.")
    return seconds
