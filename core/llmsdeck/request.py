"""What is asked for, as people type it, and how a retry differs from the run before."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from llmsdeck.errors import UsageError
from llmsdeck.model import DEFAULT_ARTIFACTS, NO_MODEL, ArtifactName, Run, RunRequest
from llmsdeck.settings import parse_duration, write_duration

_CHOICES: Final = tuple(name for name in ArtifactName if name is not ArtifactName.MANIFEST)
_PRIORITY_DIGITS: Final = 9
"""More than any priority needs, and far from what a store cannot hold."""


def request_like(run: Run) -> RunRequest:
    """What would ask for the same run again."""
    return RunRequest(
        source=run.source,
        ref=run.ref,
        artifacts=run.artifacts_wanted,
        model=run.model,
        output_dir=run.output_dir,
        timeout_s=run.timeout_s,
        priority=run.priority,
    )


def command_line(request: RunRequest) -> str:
    """The command that asks for the same, for a POSIX shell; may hold outside text, quoted."""
    words = ["llmsdeck", "start", request.source]
    if request.ref is not None:
        words += ["--ref", request.ref]
    if request.artifacts != DEFAULT_ARTIFACTS:
        words += ["--artifacts", ",".join(request.artifacts)]
    if request.model != NO_MODEL:
        words += ["--model", request.model]
    if request.output_dir is not None:
        words += ["--output", request.output_dir]
    if request.timeout_s is not None:
        words += ["--timeout", write_duration(request.timeout_s)]
    if request.priority:
        words += ["--priority", str(request.priority)]
    return shlex.join(words)


def read_changes(
    changes: Mapping[str, str], *, fresh: bool = False
) -> Callable[[RunRequest], RunRequest]:
    """What changes requests so: `model`, `ref`, `timeout`, `priority`, `artifacts` or `output`.

    A blank value puts a key back to what `start` does without it; `fresh` is as in the request.
    Raises UsageError.
    """
    values: dict[str, Any] = {"fresh": fresh}
    for key, text in changes.items():
        if key not in _CHANGES:
            from difflib import get_close_matches

            near = get_close_matches(key, _CHANGES, n=1)
            advice = f"did you mean {near[0]}?" if near else f"choose from {', '.join(_CHANGES)}."
            raise UsageError(f"{key!r} cannot be changed; {advice}")
        field, default, read = _CHANGES[key]
        values[field] = read(text.strip()) if text.strip() else default
    return lambda request: replace(request, **values)


def read_artifacts(text: str) -> tuple[ArtifactName, ...]:
    """The artifacts that are named, with commas between them; raises UsageError."""
    wanted = dict.fromkeys(name.strip() for name in text.split(","))
    if unknown := [name for name in wanted if name not in _CHOICES]:
        raise UsageError(f"{unknown[0]!r} is no artifact; choose from {', '.join(_CHOICES)}.")
    return tuple(map(ArtifactName, wanted))


def read_priority(text: str) -> int:
    """A whole number, which may be below 0; raises UsageError."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _PRIORITY_DIGITS:
        raise UsageError(
            f"A priority is a whole number of {_PRIORITY_DIGITS} digits, not {text!r}."
        )
    return int(text)


_CHANGES: Final[Mapping[str, tuple[str, object, Callable[[str], object]]]] = {
    "model": ("model", NO_MODEL, str),
    "ref": ("ref", None, str),
    "timeout": ("timeout_s", None, parse_duration),
    "priority": ("priority", 0, read_priority),
    "artifacts": ("artifacts", DEFAULT_ARTIFACTS, read_artifacts),
    "output": ("output_dir", None, str),
}
"""Field of the request, its default, and how it is read."""
