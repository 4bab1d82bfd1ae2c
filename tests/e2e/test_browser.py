"""The dashboard in a real browser."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

import browser
import pytest
from program import Program

pytestmark = pytest.mark.skipif(browser.FOUND is None, reason="no chromium is installed")


@pytest.fixture
async def address(program: Program) -> AsyncGenerator[str]:
    """Where a dashboard over an empty deck is served."""
    program.run("list")
    with program.spawn("serve", stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        yield (await asyncio.to_thread(server.stdout.readline)).decode().strip()
        server.terminate()
        assert await asyncio.to_thread(server.wait, 20) == 0


async def test_the_browser_shows_the_dashboard_and_its_keys_reach_it(
    address: str, tmp_path: Path
) -> None:
    async with browser.opened(address, tmp_path / "profile") as page:
        await page.until("document.body.classList.contains('-first-byte')")
        await page.until("document.activeElement.tagName == 'TEXTAREA'")
        await page.press_until("q", "document.body.classList.contains('-closed')")


async def test_a_page_from_elsewhere_gets_no_terminal(address: str, tmp_path: Path) -> None:
    socket = address.replace("http:", "ws:") + "ws"
    async with browser.opened("about:blank", tmp_path / "profile") as page:
        heard = await page.value(
            f"new Promise(r => {{ const s = new WebSocket('{socket}');"
            " s.onopen = () => r('open'); s.onerror = () => r('refused') })"
        )
    assert heard == "refused"
