"""A real browser without a window, steered over its debugging protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp

FOUND = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_S = 30.0
LOOK_AGAIN_S = 0.02
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **parameters: object) -> Any:
        """The answer to one command; an empty one when it cannot be done yet."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json(timeout=PATIENCE_S)
            if answer.get("id") == number:
                return answer.get("result", {})

    async def value(self, expression: str) -> Any:
        """What a piece of JavaScript comes to; a promise is waited for."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer.get("result", {}).get("value")

    async def until(self, expression: str) -> None:
        """Wait until a piece of JavaScript is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.value(expression):
                await asyncio.sleep(LOOK_AGAIN_S)

    async def press_until(self, key: str, expression: str) -> None:
        """Press a letter again and again: nothing tells when somebody listens to it."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.value(expression):
                await self.press(key)
                await asyncio.sleep(LOOK_AGAIN_S)

    async def press(self, key: str) -> None:
        """Press a letter."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, **text)


@contextlib.asynccontextmanager
async def opened(address: str, profile: Path) -> AsyncGenerator[Page]:
    """The page at this address."""
    assert FOUND is not None
    child = await asyncio.create_subprocess_exec(
        FOUND,
        *_OPTIONS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with aiohttp.ClientSession() as client:
            port = await _port(child)
            new = f"http://127.0.0.1:{port}/json/new?{address}"
            async with client.put(new) as answer:
                tab = await answer.json(content_type=None)
            async with client.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        child.kill()
        await child.communicate()


async def _port(child: asyncio.subprocess.Process) -> int:
    assert child.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        async for line in child.stderr:
            if b"DevTools listening on" in line:
                return int(line.split(b"/")[2].rpartition(b":")[2])
    raise AssertionError("the browser has ended")
