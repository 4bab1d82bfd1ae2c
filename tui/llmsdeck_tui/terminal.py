"""What is typed at a terminal, heard by the event loop itself."""

from __future__ import annotations

import asyncio
import os
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Final

from rich.text import Text
from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from llmsdeck_tui import failures

_CHUNK: Final = 4096
"""Bytes that are read at once."""


class Terminal(LinuxDriver):
    """Textual's driver without its thread, which looks for keys ten times a second.

    A terminal at which nobody types costs nothing, and a key is read where it is handled.
    """

    _pause: asyncio.TimerHandle | None = None

    def start_application_mode(self) -> None:
        """Take the terminal over, and listen to it."""
        super().start_application_mode()  # type: ignore[no-untyped-call] # Textual's has no types
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser(self._debug)
        self._loop.add_reader(self.fileno, self._hear)

    def run_input_thread(self) -> None:
        """Leave the thread that Textual starts nothing to do."""

    def disable_input(self) -> None:
        """Listen no more."""
        self._loop.remove_reader(self.fileno)
        self._forget_pause()
        super().disable_input()

    def send_message(self, message: Message) -> None:
        """Give the application a message without a detour through other threads."""
        self._app.post_message(message)

    def _hear(self) -> None:
        self._forget_pause()
        try:
            read = os.read(self.fileno, _CHUNK)
        except OSError:
            read = b""
        if not read:  # the window was closed
            self._loop.remove_reader(self.fileno)
            self._app.exit()
            return
        self._take(self._parser.feed(self._decode(read)))
        # An escape is a key only if nothing follows it soon.
        self._pause = self._loop.call_later(constants.ESCAPE_DELAY, self._see_pause)

    def _see_pause(self) -> None:
        self._take(self._parser.tick())

    def _forget_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()

    def _take(self, messages: Iterable[Message]) -> None:
        try:
            for message in messages:
                self.process_message(message)
        except Exception:  # nobody could type any more, so that it is said and the end
            self._app.panic(Text(failures.trace()))
