"""The verbs about the installation rather than about runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from llmsdeck.cli.commands.drill import drill
from llmsdeck.cli.grammar import grammar
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.cli.tones import Line, Tone, Toned
from llmsdeck.paths import StorePaths, config_file

if TYPE_CHECKING:
    from llmsdeck.configured import Setting
    from llmsdeck.doctor import Finding

_SIGNS: Final = {"good": "✓", "note": "·", "bad": "✗"}
_TONES: Final = {"good": Tone.GOOD, "note": Tone.QUIET, "bad": Tone.BAD}
_SICK: Final = 1


async def doctor(paths: StorePaths, options: Options, output: Output) -> int:
    """Examine the installation; 1 when something does not work."""
    from llmsdeck.doctor import Health, examine

    findings = await examine(paths, online=options.online)
    output.result({"findings": [asdict(finding) for finding in findings]}, _report(findings))
    return _SICK if any(finding.health is Health.BAD for finding in findings) else 0


def _report(findings: Sequence[Finding]) -> Iterator[Line]:
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        sign = Toned(_SIGNS[finding.health], _TONES[finding.health])
        yield sign, f" {finding.subject:{width}}  {finding.message}"
        if finding.advice:
            yield f"  {'':{width}}  → {finding.advice}"


async def config(paths: StorePaths, options: Options, output: Output) -> int:
    """Show every setting, its value and where it came from."""
    from llmsdeck.configured import settings

    found = settings()
    document = {"file": str(config_file()), "settings": [asdict(each) for each in found]}
    output.result(document, _table(found))
    return 0


def _table(found: Sequence[Setting]) -> Iterator[str]:
    key, value = max(len(each.key) for each in found), max(len(each.value) for each in found)
    for each in found:
        yield f"{each.key:{key}}  {each.value:{value}}  {each.origin}".rstrip()


async def completion(paths: StorePaths, options: Options, output: Output) -> int:
    """Print a completion script."""
    import shtab

    script: str = shtab.complete(grammar(), options.shell)
    output.result({"shell": options.shell, "script": script}, script.splitlines(), exact=True)
    return 0


async def skill(paths: StorePaths, options: Options, output: Output) -> int:
    """Print the skill."""
    from llmsdeck.skill import text

    output.result({"skill": text()}, text().splitlines(), exact=True)
    return 0


VERBS: Final[Mapping[str, Callable[[StorePaths, Options, Output], Awaitable[int]]]] = {
    "doctor": doctor,
    "config": config,
    "completion": completion,
    "skill": skill,
    "drill": drill,
}
