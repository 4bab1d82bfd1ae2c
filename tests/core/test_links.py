from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from llmsdeck import links
from llmsdeck.links import LinkLimits, look_at
from llmsdeck.verdict import LinkAnswer, LinkState

QUICK = LinkLimits(host_pause_s=0.0, request_s=5.0)


@dataclass
class Site:
    """A web server on this machine that answers as a test says."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict[str, str])
    """By method and path, else by path: a status, with `→` and a target for a redirect."""
    asked: list[str] = field(default_factory=list[str])
    hosts: list[str] = field(default_factory=list[str])
    heads: list[str] = field(default_factory=list[str])
    connections: int = 0
    open: int = 0
    most_open: int = 0
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set, the path /silent is not answered."""

    def url(self, path: str, host: str = "site.example") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                writer.write(await self._answer(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str) -> bytes:
        method, path, _ = head.split("\r\n")[0].split()
        self.heads.append(head)
        self.asked.append(f"{method} {path}")
        self.hosts += [x[6:] for x in head.split("\r\n") if x.lower().startswith("host: ")]
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        if path == "/silent":
            await self.silent.wait()
        await asyncio.sleep(0)
        self.open -= 1
        answer = self.answers.get(f"{method} {path}") or self.answers.get(path) or "404"
        status, _, target = answer.partition("→")
        location = f"Location: {target}\r\n" if target else ""
        return f"HTTP/1.1 {status} x\r\n{location}Content-Length: 0\r\n\r\n".encode()


@pytest.fixture
async def site() -> AsyncGenerator[Site]:
    async with serving() as site:
        yield site


@asynccontextmanager
async def serving() -> AsyncGenerator[Site]:
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        site.silent.set()
        server.close()


async def here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def look(*urls: str, limits: LinkLimits = QUICK) -> list[LinkAnswer]:
    return [*await look_at(urls, private=True, limits=limits, resolve=here)]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("200", LinkState.ALIVE),
        ("204", LinkState.ALIVE),
        ("404", LinkState.DEAD),
        ("410", LinkState.DEAD),
        ("401", LinkState.UNKNOWN),
        ("403", LinkState.UNKNOWN),
        ("429", LinkState.UNKNOWN),
        ("500", LinkState.UNKNOWN),
        ("503", LinkState.UNKNOWN),
    ],
)
async def test_only_what_is_not_found_is_dead(site: Site, status: str, state: LinkState) -> None:
    site.answers["/"] = status
    (answer,) = await look(site.url("/"))
    assert (answer.state, answer.reason, answer.moved_to) == (state, f"HTTP {status}", None)


@pytest.mark.parametrize("status", ["404", "405", "403", "501"])
async def test_a_server_that_does_not_know_head_is_asked_again(site: Site, status: str) -> None:
    site.answers |= {"HEAD /": status, "GET /": "200"}
    (answer,) = await look(site.url("/"))
    assert answer.state is LinkState.ALIVE
    assert site.asked == ["HEAD /", "GET /"]


@pytest.mark.parametrize("status", ["200", "429", "503"])
async def test_no_server_is_asked_more_than_needed(site: Site, status: str) -> None:
    site.answers["/"] = status
    await look(site.url("/"))
    assert site.asked == ["HEAD /"]


async def test_redirects_are_followed_and_shown(site: Site) -> None:
    site.answers |= {"/a": "301→/b", "/b": f"302→{site.url('/c', 'other.example')}", "/c": "200"}
    (answer,) = await look(site.url("/a"))
    assert (answer.state, answer.moved_to) == (LinkState.ALIVE, site.url("/c", "other.example"))
    assert site.hosts[-1] == f"other.example:{site.port}"


async def test_a_circle_of_redirects_ends(site: Site) -> None:
    site.answers["/a"] = "301→/a"
    (answer,) = await look(site.url("/a"))
    assert (answer.state, answer.reason) == (LinkState.UNKNOWN, "more than 5 redirects")
    assert len(site.asked) == 6


@pytest.mark.parametrize("target", ["ftp://x/", "file:///etc/passwd", "javascript:1"])
async def test_a_redirect_to_something_else_is_not_followed(site: Site, target: str) -> None:
    site.answers["/"] = f"301→{target}"
    (answer,) = await look(site.url("/"))
    assert answer.state is LinkState.UNKNOWN
    assert answer.reason.startswith(("leads to", "is no address"))
    assert site.asked == ["HEAD /"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "fd00::1",
     "::ffff:127.0.0.1", "0.0.0.0", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
async def test_the_own_network_is_not_asked(site: Site, address: str) -> None:
    async def found(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", address]

    (answer,) = await look_at([site.url("/")], limits=QUICK, resolve=found)
    assert answer.state is LinkState.UNKNOWN
    assert answer.reason == "not asked, the host is in a private network"
    assert site.asked == []


async def test_a_redirect_into_the_own_network_is_not_followed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1" if host == "site.example" else "10.0.0.1"]

    monkeypatch.setattr(links, "_is_public", "127.0.0.1".__eq__)
    site.answers["/"] = f"301→{site.url('/', 'inside.example')}"
    (answer,) = await look_at([site.url("/")], limits=QUICK, resolve=found)
    assert answer.reason == "not asked, the host is in a private network"
    assert site.asked == ["HEAD /"]


async def test_the_address_that_was_vetted_is_the_one_that_is_asked(site: Site) -> None:
    site.answers["/"] = "200"
    (answer,) = await look(site.url("/", "no-such-host.invalid"))
    assert answer.state is LinkState.ALIVE
    assert site.hosts == [f"no-such-host.invalid:{site.port}"]


async def test_a_host_that_does_not_answer_in_time_is_unknown(site: Site) -> None:
    limits = LinkLimits(host_pause_s=0.0, request_s=0.05)
    (answer,) = await look(site.url("/silent"), limits=limits)
    assert (answer.state, answer.reason) == (LinkState.UNKNOWN, "no answer within 0.05 s")


async def test_all_of_it_ends_in_time(site: Site) -> None:
    site.answers["/"] = "200"
    limits = LinkLimits(host_pause_s=0.0, request_s=60, total_s=0.3)
    first, second = await look(site.url("/", "a.example"), site.url("/silent"), limits=limits)
    assert first.state is LinkState.ALIVE
    assert (second.state, second.reason) == (LinkState.UNKNOWN, "not asked, the time is over")


async def test_one_host_is_asked_one_thing_at_a_time(site: Site) -> None:
    site.answers |= {f"/{n}": "200" for n in range(10)}
    await look(*(site.url(f"/{n}") for n in range(10)))
    assert site.most_open == 1


async def test_few_hosts_are_asked_at_once(site: Site) -> None:
    site.answers["/"] = "200"
    urls = [site.url("/", f"h{n}.example") for n in range(30)]
    answers = await look(*urls)
    assert Counter(answer.state for answer in answers) == {LinkState.ALIVE: 30}
    assert [answer.url for answer in answers] == urls
    assert site.most_open <= QUICK.at_once


async def test_hosts_at_one_address_never_share_a_connection(site: Site) -> None:
    await look(site.url("/", "a.example"), site.url("/", "b.example"))
    assert site.connections == len(site.asked) == 4


async def test_links_beyond_the_limit_are_not_asked(site: Site) -> None:
    limits = LinkLimits(links=1, host_pause_s=0.0)
    answers = await look(site.url("/a"), site.url("/b"), limits=limits)
    assert [answer.state for answer in answers] == [LinkState.DEAD, LinkState.UNKNOWN]
    assert set(site.asked) == {"HEAD /a", "GET /a"}


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a b/", "http://x:99999/", "x"])
async def test_what_is_no_address_is_unknown(url: str) -> None:
    (answer,) = await look(url)
    assert answer.state is LinkState.UNKNOWN


async def test_no_password_in_a_link_is_sent(site: Site) -> None:
    site.answers["/"] = "200"
    await look(site.url("/", "ada:secret@site.example"))
    assert len(site.heads) == 1
    assert "authorization" not in site.heads[0].lower()
