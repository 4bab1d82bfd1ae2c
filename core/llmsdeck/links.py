"""Looking at external links: few at a time, politely, and never inside the own network.

Only a plain "not found" makes a link dead. Whatever else goes wrong says nothing about the page.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

from llmsdeck import __version__
from llmsdeck.verdict import LinkAnswer, LinkState

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host and port; raises OSError."""

_DEAD: Final = frozenset({404, 410})
_ASK_AGAIN_LATER: Final = frozenset({408, 425, 429})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """How much is asked of the network."""

    links: int = 500
    """Further ones are not looked at."""
    at_once: int = 4
    host_pause_s: float = 0.5
    """Between two requests to one host, of which there is only one at a time."""
    request_s: float = 10.0
    total_s: float = 300.0
    redirects: int = 5


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that the system's resolver gives."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


async def look_at(
    urls: Sequence[str],
    *,
    private: bool = False,
    limits: LinkLimits | None = None,
    resolve: Resolve = resolve,
) -> tuple[LinkAnswer, ...]:
    """One answer for each address, in order.

    With `private`, hosts of the own network and of this machine are asked too. Proxies of the
    environment are not used, because addresses are vetted here.
    """
    limits = limits or LinkLimits()
    async with httpx.AsyncClient(
        headers={"User-Agent": f"llmsdeck/{__version__} (link check)"},
        follow_redirects=False,
        # A connection is vetted for one host: others at the same address get their own.
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=limits.request_s,
        trust_env=False,
    ) as client:
        looker = _Looker(client=client, limits=limits, private=private, resolve=resolve)
        tasks = [asyncio.create_task(looker.answer(url)) for url in urls[: limits.links]]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=limits.total_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    answers = [_result(url, task) for url, task in zip(urls, tasks, strict=False)]
    beyond = f"not asked, only {limits.links} are"
    return (*answers, *(_unknown(url, beyond) for url in urls[limits.links :]))


def _result(url: str, task: asyncio.Task[LinkAnswer]) -> LinkAnswer:
    return _unknown(url, "not asked, the time is over") if task.cancelled() else task.result()


def _unknown(url: str, reason: str, moved_to: str | None = None) -> LinkAnswer:
    return LinkAnswer(url=url, state=LinkState.UNKNOWN, reason=reason, moved_to=moved_to)


class _OffLimitsError(Exception):
    """A host that is not asked; the message says why."""


@dataclass(slots=True)
class _Host:
    """One host's turn."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    """On the monotonic clock."""


class _Looker:
    """One round of looking at links."""

    def __init__(
        self, *, client: httpx.AsyncClient, limits: LinkLimits, private: bool, resolve: Resolve
    ) -> None:
        self._client = client
        self._limits = limits
        self._private = private
        self._resolve = resolve
        self._room = asyncio.Semaphore(limits.at_once)
        self._hosts: dict[str, _Host] = {}

    async def answer(self, url: str) -> LinkAnswer:
        """Follow a link to its end."""
        place: httpx.URL | None = None
        try:
            place = start = httpx.URL(url)
            for _ in range(1 + self._limits.redirects):
                status, target = await self._ask(place)
                if target is None:
                    return _judged(url, status, None if place == start else str(place))
                place = target
            return _unknown(url, f"more than {self._limits.redirects} redirects", str(place))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, _OffLimitsError) as error:
            return _unknown(url, self._trouble(error))

    def _trouble(self, error: Exception) -> str:
        match error:
            case TimeoutError() | httpx.TimeoutException():
                return f"no answer within {self._limits.request_s:g} s"
            case socket.gaierror():
                return "the host was not found"
            case httpx.ConnectError():
                return "no connection"
            case httpx.InvalidURL():
                return "is no address that can be asked"
            case _OffLimitsError():
                return str(error)
            case _:
                return f"cannot be asked ({type(error).__name__})"

    async def _ask(self, url: httpx.URL) -> tuple[int, httpx.URL | None]:
        """The status of a page, or where it redirects to; GET where HEAD is not understood."""
        status, target = await self._request("HEAD", url)
        if (400 <= status < 500 and status not in _ASK_AGAIN_LATER) or status == 501:
            status, target = await self._request("GET", url)
        return status, target

    async def _request(self, method: str, url: httpx.URL) -> tuple[int, httpx.URL | None]:
        if url.scheme not in {"http", "https"} or not url.host:
            raise _OffLimitsError("leads to something else than a page of the web")
        if not 0 < (url.port or 80) < 65536:
            raise _OffLimitsError("is no address that can be asked")
        host = self._hosts.setdefault(url.host, _Host())
        async with host.lock:
            await asyncio.sleep(max(0.0, host.free_at - time.monotonic()))
            try:
                async with self._room, asyncio.timeout(self._limits.request_s):
                    return await self._send(method, url)
            finally:
                host.free_at = time.monotonic() + self._limits.host_pause_s

    async def _send(self, method: str, url: httpx.URL) -> tuple[int, httpx.URL | None]:
        """Ask the very address that was vetted, so that no second look-up can name another one."""
        address = await self._vetted(url)
        request = self._client.build_request(
            method,
            url.copy_with(host=address, userinfo=b"", fragment=None),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True)
        await response.aclose()
        self._client.cookies.clear()
        location = response.headers.get("Location")
        if response.status_code in _REDIRECTS and location:
            return response.status_code, url.join(location)
        return response.status_code, None

    async def _vetted(self, url: httpx.URL) -> str:
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await self._resolve(url.raw_host.decode("ascii").strip("[]"), port)
        if not addresses:
            raise _OffLimitsError("the host was not found")
        if not self._private and not all(map(_is_public, addresses)):
            raise _OffLimitsError("not asked, the host is in a private network")
        return addresses[0]


def _is_public(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    return address.is_global and not address.is_multicast


def _judged(url: str, status: int, moved_to: str | None) -> LinkAnswer:
    state = LinkState.UNKNOWN
    if 200 <= status < 300:
        state = LinkState.ALIVE
    elif status in _DEAD:
        state = LinkState.DEAD
    return LinkAnswer(url=url, state=state, reason=f"HTTP {status}", moved_to=moved_to)
