"""What was typed on the command line; loads nothing but argparse, so that help is instant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from llmsdeck.cli.grammar import grammar
from llmsdeck.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


class Options(argparse.Namespace):
    """What was typed; only the attributes of the chosen verb are set."""

    verb: str | None
    json: bool
    store: Path | None
    sources: list[str]
    ref: str | None
    artifacts: str | None
    model: str
    output: str | None
    timeout: float | None
    priority: int
    force: bool
    wait: bool
    run: str
    decision: str
    number: int | None
    runs: list[str]
    artifact: str
    filter: str | None
    sort: str
    changes: list[str]
    fresh: bool
    limit: int
    cursor: str | None
    follow: bool
    older_than: float | None
    keep: int | None
    keep_each: int | None
    dry_run: bool
    yes: bool
    settings: list[str]
    to: Path
    file: Path
    subject: str
    profile: str
    links: bool
    allow_private: bool
    before: str
    after: str
    text: bool
    slots: int | None
    until_idle: bool
    tether: bool
    online: bool
    shell: str
    http: tuple[str, int] | None
    demo: bool
    read_only: bool
    plain: bool
    host: str
    port: int
    allow_actions: bool


PLAIN: Final = "plain"
"""What `--plain` does, as a verb; nobody types it."""


def parse(arguments: Sequence[str], *, dashboard: bool = False) -> Options:
    """Read the command line; raises UsageError, and SystemExit after --help or --version.

    Without a verb it is the dashboard that is meant, which is refused unless it can be opened.
    """
    options = grammar().parse_args(_joined(arguments), namespace=Options())
    if options.plain and not options.verb:
        options.verb = PLAIN
    if options.verb not in (None, PLAIN) and (options.demo or options.read_only or options.plain):
        raise UsageError(
            "--demo, --read-only and --plain go without a verb, as the dashboard does."
        )
    if not options.verb and not dashboard:
        raise UsageError("Say what to do, such as `llmsdeck list`; the dashboard needs a terminal.")
    return options


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--filter -flask` as one word: argparse would take the value for an option."""
    joined: list[str] = []
    for word in arguments:
        negative = word.startswith("-") and not word.startswith("--")
        if joined and joined[-1] in ("--filter", "--sort") and negative and "--" not in joined:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
