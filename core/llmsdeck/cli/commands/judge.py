"""`check` and `diff`: what a bundle is worth, and how two of them differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from llmsdeck.api import JudgeApi
from llmsdeck.cli.judgement import comparison_lines, verdict_lines
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.contract import comparison_document, verdict_document
from llmsdeck.errors import UsageError
from llmsdeck.verdict import Profile


async def check(deck: JudgeApi, options: Options, output: Output) -> int:
    """The verdict on a file or a run; 1 when a gate is failed."""
    if options.allow_private and not options.links:
        raise UsageError("--allow-private is about --links; give both or neither.")
    if options.links:
        output.message("Looking at external links; this takes five minutes at most.")
    verdict = await deck.check(
        options.subject,
        Profile(options.profile),
        links=options.links,
        private=options.allow_private,
    )
    output.result(verdict_document(verdict), verdict_lines(verdict))
    return 0 if verdict.passed else 1


async def diff(deck: JudgeApi, options: Options, output: Output) -> int:
    """What differs between two bundles; 1 when anything does, as diff(1) has it."""
    comparison = await deck.diff(options.before, options.after)
    document = comparison_document(comparison, with_text=options.text)
    output.result(document, comparison_lines(comparison, with_text=options.text))
    return 0 if comparison.equal else 1


VERBS: Final[Mapping[str, Callable[[JudgeApi, Options, Output], Awaitable[int]]]] = {
    "check": check,
    "diff": diff,
}
SUBJECTS: Final[Mapping[str, Callable[[Options], tuple[str, ...]]]] = {
    "check": lambda options: (options.subject,),
    "diff": lambda options: (options.before, options.after),
}
"""What each verb judges; no store need be there when all of it are files."""
