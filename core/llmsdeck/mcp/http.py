"""Streamable HTTP: one address, a bearer token, and checks of Host and Origin."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import socket
import sys
from collections.abc import Generator, Mapping
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import uvicorn
from mcp.server.lowlevel.server import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from llmsdeck.errors import StoreError, UsageError
from llmsdeck.mcp.signals import ended_by_signals

PATH: Final = "/mcp"
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one request's body."""
MOST_SESSIONS: Final = 256
_LEAST_TOKEN: Final = 16
_TOKEN_BYTES: Final = 32
_CLOSING_S: Final = 5
"""Seconds that open streams have to end before they are cut."""


class _Guarded:
    """Lets only requests through that show the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._shown(scope):
            headers = {"WWW-Authenticate": "Bearer"}
            refused = JSONResponse({"error": "A bearer token is needed."}, 401, headers)
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _shown(self, scope: Scope) -> bool:
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(shown) == 1 and hmac.compare_digest(shown[0], self._wanted)


class _Quiet(uvicorn.Server):
    """Leaves signals to us, so that the deck is closed in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def token(variable: str, kept: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The token of the variable, else the one that the store keeps, which is made when absent.

    Raises UsageError for one that is too short to be safe, StoreError when it cannot be kept.
    """
    chosen = environ.get(variable) or _kept(kept)
    if len(chosen) < _LEAST_TOKEN or not chosen.isascii() or not chosen.isprintable():
        raise UsageError(f"The token in {variable} must have {_LEAST_TOKEN} plain characters.")
    return chosen


def _kept(file: Path) -> str:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with (
            contextlib.suppress(FileExistsError),
            open(os.open(file, flags, 0o600), "w", encoding="ascii") as fresh,
        ):
            fresh.write(secrets.token_urlsafe(_TOKEN_BYTES))
        return file.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        raise StoreError(f"The token in {file} cannot be used: {error}.") from error


async def serve_http(server: Server[Any], address: tuple[str, int], secret: str) -> None:
    """Serve until a signal comes; raises UsageError for an address that cannot be used."""
    listening = _listen(*address)
    host, port = _written(address[0]), listening.getsockname()[1]
    web = _Quiet(
        uvicorn.Config(
            guarded(server, host, port, secret),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_CLOSING_S,
        )
    )
    sys.stderr.write(f"llmsdeck: serving on http://{host}:{port}{PATH}\n")
    sys.stderr.flush()
    with ended_by_signals(partial(setattr, web, "should_exit", True)):
        await web.serve(sockets=[listening])


def guarded(server: Server[Any], host: str, port: int, secret: str) -> ASGIApp:
    """What answers at an address: only who shows the token, and asks for this very address."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=_security(host, port),
        max_request_body_size=MOST_BYTES,
        max_sessions=MOST_SESSIONS,
    )
    return _Guarded(app, secret)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens; not on every interface at once, for then no Host could be checked."""
    with contextlib.suppress(ValueError):
        if ip_address(host).is_unspecified:
            raise UsageError(f"Name the one address to serve on, not {host}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be served on: {error.strerror}.") from error


def _security(host: str, port: int) -> TransportSecuritySettings:
    names = [host, *(["localhost", "127.0.0.1", "[::1]"] if _is_loopback(host) else [])]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[f"{name}:{port}" for name in names],
        allowed_origins=[f"http://{name}:{port}" for name in names],
    )


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
