"""Run one parsed verb and turn every way it can end into an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from llmsdeck.cli.output import Output, abandon
from llmsdeck.errors import DeckError, UsageError
from llmsdeck.paths import StorePaths, default_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from llmsdeck.api import DeckApi
    from llmsdeck.cli.options import Options

DeckOpener: TypeAlias = "Callable[[StorePaths], AbstractAsyncContextManager[DeckApi]]"

INSTALLATION: Final = ("doctor", "config", "completion", "skill", "drill")
"""Verbs that need no deck: it may be what is broken."""
JUDGING: Final = ("check", "diff")
"""Verbs that need none either where they are given files."""
TRANSFERRING: Final = ("export", "import")
"""Verbs that carry runs from one store to another."""
GLANCES: Final = ("list", "show", "why", "workers")
"""Verbs that look once and wait for nothing, so that they need no event loop."""
_INTERRUPTED: Final = 130
_READER_GONE: Final = 141
"""What a shell reports for a program that a closed pipe ended."""
_LOG_LIMIT_BYTES: Final = 1_000_000


def execute(options: Options, open_deck: DeckOpener | None = None) -> int:
    """The verb's exit code; errors become one sentence, or one document with --json."""
    paths = StorePaths(options.store.expanduser().absolute() if options.store else default_store())
    as_json = options.json and options.verb != "mcp"  # its stdout belongs to the protocol
    output = Output(as_json=as_json, stdout=sys.stdout, stderr=sys.stderr)
    try:
        if options.verb in GLANCES and open_deck is None:
            return _glance(paths, options, output)
        import asyncio

        return asyncio.run(_run(paths, options, output, open_deck))
    except BrokenPipeError:
        abandon(sys.stdout)
        return _READER_GONE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except DeckError as error:
        return _report(error, output)
    except Exception as error:
        return _report(_unexpected(error, paths.logs / "cli.log"), output)


def _glance(paths: StorePaths, options: Options, output: Output) -> int:
    from llmsdeck.cli.commands import looking
    from llmsdeck.lookout import finished, glance

    assert options.verb is not None
    with glance(paths) as seen:
        return finished(looking(options.verb)(seen, options, output))


async def _run(
    paths: StorePaths, options: Options, output: Output, open_deck: DeckOpener | None
) -> int:
    if options.verb == "mcp":
        from llmsdeck.cli.agents import serve_agents

        return await serve_agents(paths, options)
    if options.verb == "worker":
        from llmsdeck.cli.commands.worker import worker

        return await worker(paths, options, output)
    if options.verb == "serve":
        raise UsageError("The dashboard is not part of this program; run `llmsdeck serve`.")
    assert options.verb is not None
    if options.verb in INSTALLATION:
        from llmsdeck.cli.commands.installation import VERBS

        return await VERBS[options.verb](paths, options, output)
    if options.verb in TRANSFERRING:
        from llmsdeck import deck
        from llmsdeck.cli.commands import transfer

        async with deck.open_deck(paths) as between:
            return await transfer.VERBS[options.verb](between, options, output)
    if options.verb in JUDGING:
        from llmsdeck.cli.commands import judge
        from llmsdeck.judging import FileJudge, are_files

        if are_files(judge.SUBJECTS[options.verb](options)):
            return await judge.VERBS[options.verb](FileJudge(), options, output)
    return await _with_deck(paths, options.verb, options, output, open_deck)


async def _with_deck(
    paths: StorePaths, verb: str, options: Options, output: Output, open_deck: DeckOpener | None
) -> int:
    """A verb that only looks is given a deck that can only look, as that loads less."""
    from llmsdeck.cli.commands import LOOKS, acting, looking

    if verb in LOOKS:
        from llmsdeck.lookout import open_lookout

        async with (open_deck or open_lookout)(paths) as seen:
            return await looking(verb)(seen, options, output)
    from llmsdeck import deck

    async with (open_deck or deck.open_deck)(paths) as opened:
        return await acting(verb)(opened, options, output)


def _report(error: DeckError, output: Output) -> int:
    try:
        output.failure(error)
    except BrokenPipeError:
        abandon(sys.stdout)
    return error.exit_code


def _unexpected(error: Exception, log: Path) -> DeckError:
    """A sentence for a fault of the program, whose traceback goes to the log."""
    import traceback

    text = "".join(traceback.format_exception(error))
    what = f"An unexpected {type(error).__name__} ended this command"
    try:
        for folder in (log.parent.parent, log.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = not log.exists() or log.stat().st_size > _LOG_LIMIT_BYTES
        with log.open("w" if fresh else "a", encoding="utf-8", errors="backslashreplace") as file:
            log.chmod(0o600)
            file.write(text)
    except OSError as unwritable:
        return DeckError(f"{what}: {error} (no details: {unwritable})")
    return DeckError(f"{what}; the details are in {log}.")
