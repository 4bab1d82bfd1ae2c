"""The composition root: the dashboard for a person at a terminal, the command line for the rest."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from llmsdeck.errors import DeckError
from llmsdeck.paths import StorePaths, default_store

if TYPE_CHECKING:
    from llmsdeck_tui.app import DeckApp


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; the value is the process's exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    store = _dashboard_store(arguments)
    if store is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        from llmsdeck.cli import main as command_line

        return command_line(arguments)
    import asyncio  # so that printing help does not load it

    try:
        return asyncio.run(_dashboard(store))
    except DeckError as error:
        print(f"llmsdeck: {error}", file=sys.stderr)  # noqa: T201 - there is no screen yet
        return error.exit_code


def _dashboard_store(arguments: list[str]) -> Path | None:
    """The store to open when the arguments name no more than that, else None."""
    match arguments:
        case []:
            return default_store()
        case ["--store", folder]:
            return Path(folder).expanduser().absolute()
        case [option] if option.startswith("--store="):
            return Path(option.removeprefix("--store=")).expanduser().absolute()
        case _:
            return None


async def _dashboard(store: Path) -> int:
    from llmsdeck.deck import open_deck
    from llmsdeck_tui.app import DeckApp

    async with open_deck(StorePaths(store)) as deck:
        app = DeckApp(deck)
        with _ending_on_signals(app):
            await app.run_async()
        _let_go_of_the_terminal()
        return app.return_code or 0


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

    loop = asyncio.get_running_loop()
    signals = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    for number in signals:
        loop.add_signal_handler(number, app.exit)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
