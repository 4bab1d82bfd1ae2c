from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from program import Program

from llmsdeck.errors import UsageError
from llmsdeck_tui import serve
from llmsdeck_tui.serve import Place

STAND_IN = ["/bin/sh", "-c", "printf '__GANGLION__\\n'; printf 'D\\000\\000\\000\\003abc'; cat"]
"""Speaks as a served application does: a greeting, then packets."""


@dataclass
class Visit:
    place: Place
    client: aiohttp.ClientSession

    async def status(self, path: str, **headers: str) -> int:
        url = f"http://127.0.0.1:{self.place.port}{path}"
        async with self.client.get(url, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def _served(command: list[str]) -> AsyncGenerator[Visit]:
    listener = serve.listen("127.0.0.1", 0)
    place = Place("127.0.0.1", listener.getsockname()[1], "s3cret")
    runner = web.AppRunner(
        await serve.application(place, command), access_log=None, shutdown_timeout=2
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        async with aiohttp.ClientSession() as client:
            yield Visit(place, client)
    finally:
        await runner.cleanup()


@pytest.fixture
async def visit() -> AsyncGenerator[Visit]:
    async with _served(STAND_IN) as visit:
        yield visit


async def test_the_page_is_below_the_token_and_loads_nothing_from_elsewhere(visit: Visit) -> None:
    async with visit.client.get(visit.place.url) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "http" not in page.replace(f"http://127.0.0.1:{visit.place.port}/s3cret/", "")
    assert f"ws://127.0.0.1:{visit.place.port}/s3cret/ws" in page


@pytest.mark.parametrize("path", ["/s3cret/static/js/textual.js", "/s3cret/static/css/xterm.css"])
async def test_what_the_page_needs_is_there(visit: Visit, path: str) -> None:
    assert await visit.status(path) == 200


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/s3cre/", "/S3CRET/", "/static/js/textual.js", "/x/s3cret/", "/%00"]
)
async def test_without_the_token_there_is_nothing(visit: Visit, path: str) -> None:
    assert await visit.status(path) == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
async def test_another_name_is_refused_although_it_leads_here(visit: Visit, host: str) -> None:
    assert await visit.status("/s3cret/", Host=host) == 403


async def test_localhost_is_the_same_place(visit: Visit) -> None:
    assert await visit.status("/s3cret/", Host=f"localhost:{visit.place.port}") == 200


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1"])
async def test_a_stranger_s_page_gets_no_terminal(visit: Visit, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await visit.client.ws_connect(f"{visit.place.url}ws", headers=headers)
    assert refusal.value.status == 403


async def test_a_stranger_s_page_cannot_read_ours(visit: Visit) -> None:
    assert await visit.status("/s3cret/", Origin="http://evil.example") == 403


async def test_nothing_can_be_posted(visit: Visit) -> None:
    async with visit.client.post(visit.place.url, data=b"x") as answer:
        assert answer.status == 405


def _connect(visit: Visit) -> aiohttp.client._WSRequestContextManager:  # pyright: ignore # no name
    origin = f"http://127.0.0.1:{visit.place.port}"
    return visit.client.ws_connect(f"{visit.place.url}ws", headers={"Origin": origin})


async def test_our_own_page_gets_the_terminal(visit: Visit) -> None:
    async with _connect(visit) as terminal:
        assert await terminal.receive_bytes(timeout=10) == b"abc"


async def test_no_more_browsers_than_there_is_room_for(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "SESSIONS", 1)
    async with _connect(visit) as terminal:
        await terminal.receive_bytes(timeout=10)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await _connect(visit)
        assert refusal.value.status == 503


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("0.0.0.0", "every address at once"),
        ("::", "every address at once"),
        ("localhost", "is not an address"),
        ("203.0.113.9", "Cannot serve at 203.0.113.9"),
    ],
)
def test_only_one_address_of_this_machine_is_served_at(host: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        serve.listen(host, 0)


def test_a_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"Cannot serve at 127.0.0.1 port {port}: "):
            serve.listen("127.0.0.1", port)


def test_an_address_in_brackets_is_one_of_version_6() -> None:
    place = Place("::1", 80, "t")
    assert place.url == "http://[::1]:80/t/"
    assert place.authorities == {"[::1]:80", "localhost:80"}


def test_beyond_this_machine_localhost_is_a_stranger() -> None:
    assert Place("192.168.1.20", 80, "t").authorities == {"192.168.1.20:80"}


async def test_the_installed_program_serves_a_dashboard_that_only_looks(tmp_path: Path) -> None:
    program = Program(tmp_path, tmp_path / "store")
    program.run("list")
    with program.spawn("serve", stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        url = (await asyncio.to_thread(child.stdout.readline)).decode().strip()
        origin = url.split("/")[2]
        async with aiohttp.ClientSession() as client:
            shown = await _talk(client, url, f"http://{origin}", b"n")
        child.terminate()
        assert await asyncio.to_thread(child.wait, 20) == 0
    assert "read-only" in shown
    assert "opened to look, not to act" in shown


async def _talk(client: aiohttp.ClientSession, url: str, origin: str, key: bytes) -> str:
    """What is shown once a key has been pressed on an empty, read-only deck."""
    shown, pressed = "", False
    async with client.ws_connect(f"{url}ws?width=120&height=36", headers={"Origin": origin}) as ws:
        async with asyncio.timeout(30):
            while "opened to look, not to act" not in shown:
                shown += (await ws.receive_bytes()).decode("utf-8", "replace")
                if "No runs yet." in shown and not pressed:
                    await ws.send_json(["stdin", key.decode()])
                    pressed = True
    return shown
