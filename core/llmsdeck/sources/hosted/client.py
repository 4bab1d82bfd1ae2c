"""Requests to one host: bounded, patient within limits, and never to anybody else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import cache
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

import httpx

from llmsdeck import __version__
from llmsdeck.clock import Clock
from llmsdeck.errors import SourceError
from llmsdeck.sources.hosted.archive import Archive
from llmsdeck.sources.hosted.host import Host, Question, Site, origin, origin_of
from llmsdeck.sources.hosted.refusals import Answer, Asked, NotNowError, refusal, until
from llmsdeck.sources.hosted.tokens import Secret, token_for
from llmsdeck.sources.threads import aside
from llmsdeck.text import visible

TRIES: Final = 3
HOPS: Final = 5
PATIENCE_SECONDS: Final = 120.0
"""Sum of the waits that a host may ask for; with the downloads it stays below the phase's limit."""
_ANSWER_SECONDS: Final = 60.0
_ANSWER_BYTES: Final = 4 * 1024 * 1024
_TIMEOUT: Final = httpx.Timeout(30, connect=10)
_HEADERS: Final = {
    "Accept-Encoding": "identity",
    "User-Agent": f"llmsdeck/{__version__}",
}
_MOVED: Final = frozenset((301, 302, 303, 307, 308))

for _name in ("httpx", "httpcore"):
    # They log addresses, and those of private archives carry a key.
    logging.getLogger(_name).setLevel(logging.WARNING)

Result = TypeVar("Result")


@cache
def _trust() -> ssl.SSLContext:
    """Whom to believe; made once, because reading all the certificates takes a while."""
    return httpx.create_ssl_context()


class Listener(Protocol):
    """Whom the client tells how far it is and why it waits; called on the event loop only."""

    def progress(self, done: int, total: int) -> None:
        """Files kept so far; total 0 means unknown."""
        ...

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        """Something that takes longer than usual."""
        ...


class _Bearer(httpx.Auth):
    """Writes the token into one request, and only there."""

    def __init__(self, scheme: str, secret: Secret) -> None:
        self._scheme = scheme
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header that the host reads the token from."""
        request.headers["Authorization"] = f"{self._scheme} {self._secret.reveal()}"
        yield request


class Client:
    """Asks one host about one repository; an `async with`."""

    def __init__(
        self,
        site: Site,
        host: Host,
        project: str,
        listener: Listener,
        *,
        clock: Clock,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._host = host
        self._listener = listener
        self._clock = clock
        self._patience = patience
        self._api = origin_of(host.api)
        self._origins = site.origins | {self._api}
        secret = token_for(site.name, site.config)
        self._auth = _Bearer(host.scheme, secret) if secret else None
        self._asked = Asked(
            label=host.label, host=site.name, config=site.config, project=project, secret=secret
        )

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT,
            headers=_HEADERS,
            verify=await asyncio.to_thread(_trust),
            follow_redirects=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def ask(self, question: Question) -> Answer:
        """The answer, 200 or 304; raises SourceError for any other, once waiting cannot help."""
        return await self._patiently(lambda: self._ask(question), _ANSWER_SECONDS)

    async def download(self, url: str, start: Callable[[], Archive], seconds: float) -> Archive:
        """The archive at an address, read to its end; raises SourceError."""
        return await self._patiently(lambda: self._download(url, start()), seconds)

    async def _ask(self, question: Question) -> Answer:
        async with self._open(question) as response:
            answer = await self._answer(response)
        if answer.status in (200, 304):
            return answer
        raise refusal(answer, self._asked, self._clock.wall_ms())

    async def _download(self, url: str, archive: Archive) -> Archive:
        async with self._open(Question(url=url, accept="*/*")) as response:
            if response.status_code != 200:
                answer = await self._answer(response)
                raise refusal(answer, self._asked, self._clock.wall_ms())
            async for piece in response.aiter_raw():
                await aside(archive.feed, piece)
                while archive.busy:
                    await aside(archive.feed)
                self._listener.progress(archive.kept, 0)
                if archive.complete:
                    return archive
        raise NotNowError(f"{self._host.label} ended the archive too early; try again later.")

    async def _patiently(self, exchange: Callable[[], Awaitable[Result]], seconds: float) -> Result:
        """What an exchange comes to, repeated while that can help; each may take `seconds`."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await exchange()
            except TimeoutError as error:
                label = self._host.label
                raise SourceError(f"{label} took longer than {seconds:g} s; try again.") from error
            except NotNowError as error:
                failures += error.seconds is None
                if failures == TRIES:
                    raise SourceError(str(error)) from error
                await self._wait(error, failures)

    async def _wait(self, error: NotNowError, failures: int) -> None:
        """Wait as asked, else longer after each failure; raises SourceError when it is too long."""
        if error.seconds is None:
            await self._clock.sleep(2**failures * random.uniform(0.15, 0.25))
            return
        when = until(error.seconds, self._clock.wall_ms())
        self._patience -= max(1.0, error.seconds)
        if self._patience < 0:
            raise SourceError(f"{error} It takes requests again at {when}.") from error
        self._listener.warn("source", f"{self._host.label} asks to wait until {when}.")
        await self._clock.sleep(error.seconds)

    @contextlib.asynccontextmanager
    async def _open(self, question: Question) -> AsyncGenerator[httpx.Response]:
        """The response to a question, after redirects; raises SourceError or NotNowError."""
        headers = {"Accept": question.accept}
        if question.known is not None:
            headers["If-None-Match"] = question.known
        url = httpx.URL(question.url)
        for _ in range(HOPS + 1):
            try:
                async with self._send(url, headers) as response:
                    if response.status_code not in _MOVED:
                        yield response
                        return
                    url = response.url.join(response.headers.get("location", ""))
            except httpx.HTTPError as error:
                raise NotNowError(self._unreachable(error)) from error
        raise SourceError(f"{self._host.label} redirected more than {HOPS} times.")

    @contextlib.asynccontextmanager
    async def _send(
        self, url: httpx.URL, headers: dict[str, str]
    ) -> AsyncGenerator[httpx.Response]:
        """One request to an origin that is allowed; the token goes to the API alone."""
        goal = self._allowed(url)
        auth = self._auth if goal == self._api else None
        request = self._http.build_request("GET", url, headers=headers)
        response = await self._http.send(request, stream=True, auth=auth)
        try:
            yield response
        finally:
            await response.aclose()

    def _allowed(self, url: httpx.URL) -> str:
        """The origin of an address that may be asked; raises SourceError for any other.

        It is read from what the client will connect to, not from the text of the address.
        """
        goal = origin(url.scheme, url.host, url.port)
        if goal not in self._origins:
            raise SourceError(
                f"{self._host.label} sent us to {visible(goal, 100)}, which is not set up; if that "
                "is right, list it as one of the host's archives."
            )
        return goal

    async def _answer(self, response: httpx.Response) -> Answer:
        """A response read to its end, within limits; raises SourceError beyond them."""
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > _ANSWER_BYTES:
                raise SourceError(f"{self._host.label} gave an answer that is far too long.")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            status=response.status_code,
            headers=headers,
            body=_plain(bytes(body), headers.get("content-encoding", "")),
        )

    def _unreachable(self, error: Exception) -> str:
        reason = visible(str(error) or type(error).__name__, 200)
        return f"{self._host.label} cannot be reached ({reason}); check the network and try again."


def _plain(body: bytes, encoding: str) -> bytes:
    """The body without a compression that was not asked for, cut where it grows too long."""
    if encoding.lower() not in {"gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(body, _ANSWER_BYTES)
    except zlib.error:
        return b""
