"""What was typed into the start form, as a request or as the sentence that says why not."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from llmsdeck.errors import UsageError
from llmsdeck.model import NO_MODEL, ArtifactName, Run, RunRequest
from llmsdeck.request import read_priority
from llmsdeck.settings import parse_duration, write_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form's fields as they stand."""

    source: str = ""
    ref: str = ""
    artifacts: tuple[ArtifactName, ...] = ()
    model: str = ""
    output_dir: str = ""
    timeout: str = ""
    priority: str = ""


def sources(text: str) -> tuple[str, ...]:
    """What several sources are, with commas between them; one with a comma stands in quotes."""
    nothing: list[str] = []
    parts = next(csv.reader([text], skipinitialspace=True), nothing)
    return tuple(dict.fromkeys(filter(None, map(str.strip, parts))))


def last(text: str) -> str:
    """The source that is being typed, the last of several."""
    return text.rpartition(",")[2].lstrip()


def joined(names: Iterable[str]) -> str:
    """What `sources` reads as these."""
    return ", ".join(
        f'"{name.replace(chr(34), chr(34) * 2)}"' if set(name) & {",", '"'} else name
        for name in names
    )


def requests(typed: Typed) -> tuple[RunRequest, ...]:
    """One request for each source; raises UsageError with the first thing to mend."""
    names = sources(typed.source) or ("",)
    return tuple(request(replace(typed, source=name)) for name in names)


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
        priority=read_priority(typed.priority.strip() or "0"),
    )


def typed_like(run: Run) -> Typed:
    """What would have to be typed to ask for this run again."""
    return Typed(
        source=run.source,
        ref=run.ref or "",
        artifacts=run.artifacts_wanted,
        model="" if run.model == NO_MODEL else run.model,
        output_dir=run.output_dir or "",
        timeout="" if run.timeout_s is None else write_duration(run.timeout_s),
        priority=str(run.priority) if run.priority else "",
    )


def changes(before: Typed, after: Typed) -> dict[str, tuple[str, str]]:
    """What differs, by the name that `llmsdeck retry --set` has for it; `source` has none there."""
    olds, news = _values(before), _values(after)
    return {key: (olds[key], news[key]) for key in olds if olds[key] != news[key]}


def _values(typed: Typed) -> dict[str, str]:
    return {
        "source": typed.source.strip(),
        "ref": typed.ref.strip(),
        "artifacts": ",".join(sorted(typed.artifacts)),
        "model": typed.model.strip(),
        "output": _home(typed.output_dir.strip()),
        "timeout": typed.timeout.strip(),
        "priority": typed.priority.strip(),
    }


def _home(path: str) -> str:
    return os.path.expanduser(path) if path.startswith("~") else path


def _timeout(text: str) -> float | None:
    if not text:
        return None
    seconds = parse_duration(text)
    if seconds <= 0:
        raise UsageError("A timeout is longer than zero seconds.")
    return seconds
