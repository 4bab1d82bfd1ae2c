from __future__ import annotations

import asyncio
import io
import os
import pty
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast
from unittest import mock

import pytest
from rich.text import Text
from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from llmsdeck_tui import demo
from llmsdeck_tui.terminal import Terminal

PATIENCE = 20.0
"""Real seconds; only a failing test waits that long."""


class Listener:
    """Stands for the application: what it is told, and whether it was told to end."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.last_words = ""
        self.ended = asyncio.Event()
        self._told = asyncio.Event()

    def post_message(self, message: Message) -> bool:
        if isinstance(message, (events.Key, events.Paste)):
            self.heard.append(message.key if isinstance(message, events.Key) else message.text)
            self._told.set()
        return True

    async def _post_message(self, message: Message) -> bool:
        return self.post_message(message)

    def exit(self) -> None:
        self.ended.set()

    def panic(self, said: Text) -> None:
        self.last_words = said.plain
        self.ended.set()

    async def hears(self, *heard: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.heard != [*heard]:
                self._told.clear()
                await self._told.wait()


@asynccontextmanager
async def listening() -> AsyncGenerator[tuple[Any, Listener, int]]:
    """A driver at a terminal, who hears of what is typed, and where to type."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    keyboard, screen = pty.openpty()
    listener = Listener()
    driver: Any = Terminal(cast(App[Any], listener))
    driver.fileno, driver._file = screen, io.StringIO()
    driver.start_application_mode()
    try:
        yield driver, listener, keyboard
    finally:
        driver.disable_input()
        driver.close()
        for number, handler in kept.items():
            signal.signal(number, handler)
        for descriptor in (keyboard, screen):
            with suppress(OSError):  # a test may have closed it
                os.close(descriptor)


async def test_keys_are_heard_in_their_order() -> None:
    async with listening() as (_, listener, keyboard):
        os.write(keyboard, b"jk\x1b[B")
        await listener.hears("j", "k", "down")


async def test_an_escape_that_nothing_follows_is_a_key() -> None:
    async with listening() as (_, listener, keyboard):
        os.write(keyboard, b"\x1b")
        await listener.hears("escape")


async def test_a_key_that_arrives_in_two_parts_is_one_key() -> None:
    async with listening() as (_, listener, keyboard):
        os.write(keyboard, b"\x1b")
        await asyncio.sleep(0)
        os.write(keyboard, b"[A")
        await listener.hears("up")


async def test_a_letter_that_arrives_in_two_parts_is_one_letter() -> None:
    async with listening() as (_, listener, keyboard):
        first, second = "é".encode()[:1], "é".encode()[1:]
        os.write(keyboard, b"j" + first)
        await listener.hears("j")
        os.write(keyboard, second)
        await listener.hears("j", "é")


async def test_bytes_that_are_no_text_do_not_keep_keys_from_being_heard() -> None:
    async with listening() as (_, listener, keyboard):
        os.write(keyboard, b"\xffq")
        await listener.hears("replacement_character", "q")


async def test_when_the_terminal_is_gone_the_application_is_told_to_end() -> None:
    async with listening() as (_, listener, keyboard):
        os.close(keyboard)
        async with asyncio.timeout(PATIENCE):
            await listener.ended.wait()


async def test_keys_that_cannot_be_read_end_the_application_with_the_reason() -> None:
    async with listening() as (driver, listener, keyboard):
        driver.process_message = mock.Mock(side_effect=ValueError("no\x1bkey"))
        os.write(keyboard, b"q")
        async with asyncio.timeout(PATIENCE):
            await listener.ended.wait()
        assert "ValueError: no" in listener.last_words
        assert "\x1b" not in listener.last_words


async def test_a_terminal_that_was_given_back_is_listened_to_again() -> None:
    async with listening() as (driver, listener, keyboard):
        driver.disable_input()
        driver.start_application_mode()
        os.write(keyboard, b"q")
        await listener.hears("q")


async def test_no_thread_waits_for_keys() -> None:
    async with listening() as (driver, _, _):
        driver._key_thread.join(PATIENCE)
        assert not driver._key_thread.is_alive()


def test_a_textual_without_that_parser_listens_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = demo.SceneApp(demo.busy())
    assert dashboard.get_driver_class() is Terminal
    monkeypatch.setitem(sys.modules, Terminal.__module__, None)
    assert dashboard.get_driver_class() is LinuxDriver
