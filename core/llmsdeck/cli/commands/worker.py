"""`worker`: execute runs in this process until stopped."""

from __future__ import annotations

from llmsdeck.cli.options import Options
from llmsdeck.cli.output import Output
from llmsdeck.paths import StorePaths
from llmsdeck.worker import run_worker


async def worker(paths: StorePaths, options: Options, output: Output) -> int:
    """Work until a signal, an empty queue or the end of the process that holds the tether."""
    code = await run_worker(
        paths, slots=options.slots, until_idle=options.until_idle, tether=options.tether
    )
    output.result({"exit_code": code}, ())
    return code
