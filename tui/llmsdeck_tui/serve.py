"""The dashboard in a browser: textual-serve behind checks of address, origin and token.

textual-serve gives whoever reaches its port the program it serves. Here it is mounted below a
random token, the one thing a stranger's page cannot know, and asked only by pages it has sent.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmsdeck.cli.options import Options
from llmsdeck.errors import UsageError

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Middleware

SESSIONS: Final = 8
"""Browsers at once; each is a process of its own."""
_PAGE: Final = Path(__file__).with_name("page")
"""In place of textual-serve's own page, which loads a font from elsewhere and waits for a click."""
_TOKEN_BYTES: Final = 32
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the dashboard is served."""

    host: str
    port: int
    token: str

    @property
    def authority(self) -> str:
        """Host and port as a browser names them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authorities(self) -> frozenset[str]:
        """Every name under which this place may be asked for: a foreign one points here by DNS."""
        names = {self.authority}
        if ipaddress.ip_address(self.host).is_loopback:
            names.add(f"localhost:{self.port}")
        return frozenset(names)

    @property
    def origins(self) -> frozenset[str]:
        """Where a page that asks may come from."""
        return frozenset(f"http://{authority}" for authority in self.authorities)

    @property
    def url(self) -> str:
        """What to open; whoever has it may look."""
        return f"http://{self.authority}/{self.token}/"

    @property
    def policy(self) -> str:
        """What the page may load: from here only, so no font tells anybody that it was opened."""
        return (
            f"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self'"
            f" 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws://{self.authority};"
            f" base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def serve(options: Options, store: Path) -> int:
    """Serve until interrupted or terminated; raises UsageError where that cannot be."""
    try:
        import textual_serve.server  # noqa: F401 # pyright: ignore # only to tell its absence from a fault of ours
    except ImportError as error:
        raise UsageError(
            "The browser needs a part that is not installed: pip install 'llmsdeck[serve]'."
        ) from error
    listener = listen(options.host, options.port)
    port = int(listener.getsockname()[1])
    place = Place(options.host, port, secrets.token_urlsafe(_TOKEN_BYTES))
    command = [sys.executable, "-P", "-m", "llmsdeck_tui", "--store", str(store)]
    if not options.allow_actions:
        command.append("--read-only")
    return asyncio.run(_serve(listener, place, command))


def listen(host: str, port: int) -> socket.socket:
    """A socket at exactly this address; raises UsageError."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise UsageError(f"{host!r} is not an address such as 127.0.0.1 or 192.168.1.20.") from None
    if address.is_unspecified:
        raise UsageError(f"{host} is every address at once; name the one to serve at.")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(f"Cannot serve at {host} port {port}: {error.strerror}.") from error


async def _serve(listener: socket.socket, place: Place, command: list[str]) -> int:
    from aiohttp import web

    logging.getLogger("textual-serve").setLevel(logging.CRITICAL)  # it quotes what browsers send
    runner = web.AppRunner(await application(place, command), access_log=None, shutdown_timeout=2)
    await runner.setup()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        await web.SockSite(runner, listener).start()
        _tell(place, looking="--read-only" in command)
        await ended.wait()
    finally:
        await runner.cleanup()
    return 0


def _tell(place: Place, *, looking: bool) -> None:
    what = "Whoever has the address can look" if looking else "Whoever has the address can ACT"
    print(place.url, flush=True)  # noqa: T201 - the one result
    said = f"{what}; Ctrl+C ends it."
    if not ipaddress.ip_address(place.host).is_loopback:
        said += " The network can read along: this is HTTP; a tunnel by ssh is safer."
    print(said, file=sys.stderr, flush=True)  # noqa: T201


async def application(place: Place, command: list[str]) -> web.Application:
    """Everything that is served: textual-serve below the token, nothing elsewhere."""
    from aiohttp import web
    from textual_serve.server import Server

    class Mounted(Server):
        """Says nothing on stdout, which holds the address."""

        async def on_startup(self, app: web.Application) -> None:
            """Nothing to do."""

    server = Mounted(
        shlex.join(command),
        host=place.host,
        port=place.port,
        title="llmsdeck",
        public_url=f"http://{place.authority}",
        templates_path=_PAGE,
    )
    outer = web.Application(middlewares=[_guard(place)])
    outer.add_subapp(f"/{place.token}/", await server._make_app())  # pyright: ignore # it has no public way
    return outer


def _guard(place: Place) -> Middleware:
    from aiohttp import web

    sessions = 0

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        nonlocal sessions
        _admit(request, place)
        if not request.path.endswith("/ws"):
            response = await handler(request)
            response.headers.update({**_HEADERS, "Content-Security-Policy": place.policy})
            return response
        if sessions >= SESSIONS:
            raise web.HTTPServiceUnavailable(text="Too many browsers are connected.\n")
        sessions += 1
        try:
            return await handler(request)
        finally:
            sessions -= 1

    return guard


def _admit(request: web.Request, place: Place) -> None:
    """Refuse what does not know the token, came by another name, or from another page."""
    from aiohttp import web

    token = request.path.split("/")[1]
    if not hmac.compare_digest(token.encode(), place.token.encode()):
        raise web.HTTPNotFound(text="Not found.\n")
    if request.headers.get("Host", "").lower() not in place.authorities:
        raise web.HTTPForbidden(text="This name is not served here.\n")
    origin = request.headers.get("Origin")
    if origin not in place.origins and (origin is not None or request.path.endswith("/ws")):
        raise web.HTTPForbidden(text="This page may not ask.\n")
    if request.method not in ("GET", "HEAD"):
        raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD"])
