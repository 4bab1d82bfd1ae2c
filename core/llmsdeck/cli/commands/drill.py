"""`drill`: break things on purpose, in a store of its own, and say what held."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from llmsdeck.cli.describe import duration
from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.cli.tones import Line, Tone, Toned
from llmsdeck.paths import StorePaths

if TYPE_CHECKING:
    from llmsdeck.drill import Shown

_BROKEN = 1


async def drill(paths: StorePaths, options: Options, output: Output) -> int:
    """Show that the guarantees hold on this machine; 1 when one does not."""
    from llmsdeck.drill import drill as shown_by_drill

    output.message("This takes about half a minute; your store is not touched.")
    seen: list[Shown] = []
    async for shown in shown_by_drill():
        seen.append(shown)
        if not output.as_json:
            output.result({}, [_line(shown)])
    passed = all(shown.passed for shown in seen)
    if output.as_json:
        output.result({"passed": passed, "exercises": [asdict(shown) for shown in seen]}, ())
    elif not passed:
        output.message("A guarantee did not hold here; please report it with these lines.")
    return 0 if passed else _BROKEN


def _line(shown: Shown) -> Line:
    sign = Toned("✓", Tone.GOOD) if shown.passed else Toned("✗", Tone.BAD)
    promises, took = " ".join(shown.guarantees), duration(shown.seconds)
    return sign, f" {shown.name:18}  {promises:6}  {took:>6}  {shown.message}"
