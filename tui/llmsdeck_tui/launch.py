"""The composition root: the dashboard for a person at a terminal, the command line for the rest."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from llmsdeck.errors import DeckError

if TYPE_CHECKING:
    from pathlib import Path

    from llmsdeck.api import DeckApi
    from llmsdeck.cli.options import Options
    from llmsdeck.clock import Clock
    from llmsdeck.paths import StorePaths
    from llmsdeck_tui.app import DeckApp

_SERVED: Final = "TEXTUAL_DRIVER"
"""Set by textual-serve, which takes the place of the terminal."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; the value is the process's exit code."""
    atexit.register(gc.freeze)  # what is left at the end goes all at once, without being searched
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not arguments[0].startswith("-") and arguments[0] != "serve":
        return _command_line(arguments)
    from llmsdeck.cli.options import PLAIN, parse

    try:
        options = parse(arguments, dashboard=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except DeckError:
        return _command_line(arguments)  # which says what is wrong with them
    match options.verb:
        case None if _has_screen():
            import asyncio  # so that printing help does not load it

            return _ended(lambda: asyncio.run(_dashboard(options)))
        case None if os.environ.get("TERM") == "dumb" and sys.stdout.isatty():
            print("This terminal (TERM=dumb) shows lines only; Ctrl+C ends them.", file=sys.stderr)  # noqa: T201
            return _command_line([*arguments, "--plain"], options)
        case "serve":
            from llmsdeck_tui.serve import serve

            return _ended(lambda: serve(options, _store(options)))
        case None:
            return _command_line(arguments)
        case verb:
            return _command_line(arguments, options if verb == PLAIN else None)


def _command_line(arguments: Sequence[str], options: Options | None = None) -> int:
    from llmsdeck.cli import main as command_line

    if options is None or not (options.demo or options.read_only):
        return command_line(arguments)
    return command_line(arguments, partial(_opened, options))


def _ended(work: Callable[[], int]) -> int:
    try:
        return work()
    except DeckError as error:
        print(f"llmsdeck: {error}", file=sys.stderr)  # noqa: T201 - there is no screen yet
        return error.exit_code


def _has_screen() -> bool:
    if _SERVED in os.environ:
        return True
    shown = sys.stdin.isatty() and sys.stdout.isatty()
    return shown and os.environ.get("TERM") != "dumb"


def _store(options: Options) -> Path:
    from llmsdeck.paths import default_store

    return options.store.expanduser().absolute() if options.store else default_store()


@asynccontextmanager
async def _opened(options: Options, paths: StorePaths) -> AsyncGenerator[DeckApi]:
    """The real deck, one that may only be looked at, or one that is made up."""
    if options.demo:
        from llmsdeck_tui.demo.life import living_deck

        async with living_deck(read_only=options.read_only) as deck:
            yield deck
    else:
        from llmsdeck.deck import open_deck

        async with open_deck(paths, read_only=options.read_only) as deck:
            yield deck


async def _dashboard(options: Options) -> int:
    with _nothing_collected():
        from llmsdeck.paths import StorePaths
        from llmsdeck_tui import keymap, preferences, themes
        from llmsdeck_tui.app import DeckApp
        from llmsdeck_tui.host import Surroundings

    liked = preferences.Preferences(preferences.preferences_file())
    chosen, notify_command = _configured()
    keys = keymap.read(chosen, vim=liked.on(preferences.VIM))
    async with _opened(options, StorePaths(_store(options))) as deck:
        around = Surroundings(
            preferences=liked.borrowed() if options.demo else liked,
            keymap=keys,
            notify_command=() if options.demo else notify_command,
            read_only=options.read_only,
            mode="DEMO" if options.demo else "",
            few_colours=themes.has_few_colours(),
            suggestion="" if options.demo or _SERVED in os.environ else _repository_here(),
        )
        app = DeckApp(deck, clock=_clock(deck), around=around)
        with _ending_on_signals(app), _title_restored():
            await app.run_async()
        _let_go_of_the_terminal()
        return app.return_code or 0


def _clock(deck: DeckApi) -> Clock | None:
    """The clock of a made-up deck, whose runs have made-up ages."""
    clock: Clock | None = getattr(deck, "clock", None)
    return clock


def _configured() -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Keys and command that the user has set up; most have nothing, and then nothing is loaded."""
    from llmsdeck.paths import config_file

    variables = ("LLMSDECK_KEYS", "LLMSDECK_NOTIFY_COMMAND")
    if not config_file().exists() and not any(name.startswith(variables) for name in os.environ):
        return {}, ()
    from llmsdeck.config import load_config

    config = load_config()
    return config.keys, config.notify_command


def _repository_here() -> str:
    """The repository around the current folder, as people write it; empty when there is none."""
    from pathlib import Path

    try:
        here = Path.cwd()
        found = next((place for place in (here, *here.parents) if (place / ".git").exists()), None)
        home = Path.home()
    except (OSError, RuntimeError):
        return ""
    if found is None or found == home or not str(found).isprintable():
        return ""
    return f"~/{found.relative_to(home)}" if found.is_relative_to(home) else str(found)


@contextmanager
def _nothing_collected() -> Generator[None]:
    """Load what stays without looking for garbage among it, now or later.

    A tenth of the start would go into that, and most of each whole look from then on.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _title_restored() -> Generator[None]:
    """Let the terminal keep the window's title aside while the dashboard counts runs in it.

    Source of the sequences: xterm's control sequences, window manipulation 22 and 23.
    """
    if _SERVED in os.environ:
        yield
        return
    _write("\x1b[22;2t")
    try:
        yield
    finally:
        _write("\x1b[23;2t")


def _write(sequence: str) -> None:
    with suppress(OSError):
        sys.stdout.write(sequence)
        sys.stdout.flush()


def _let_go_of_the_terminal() -> None:
    """Print what is left, or drop it when the window was closed: that is no failure."""
    from llmsdeck.cli.output import abandon

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            abandon(stream)


@contextmanager
def _ending_on_signals(app: DeckApp) -> Generator[None]:
    """Let a terminated or hung-up dashboard close as if quit, with the terminal restored."""
    import asyncio
    import signal

    loop = asyncio.get_running_loop()
    signals = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    for number in signals:
        loop.add_signal_handler(number, app.exit)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
