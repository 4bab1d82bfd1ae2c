from __future__ import annotations

import asyncio
import gzip
import logging
import random
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from hosting import Nap, fetched, hosts, source
from notebook import Notebook
from sample_repositories import PROJECT

from llmsdeck.errors import SourceError
from llmsdeck.sources import LIMITS
from llmsdeck.sources.hosted import fetch, preflight
from llmsdeck.sources.hosted.client import PATIENCE_SECONDS, TRIES
from llmsdeck.testing.apis import FakeRepository, Reply
from llmsdeck.testing.archives import TOP, archive, global_header, member
from llmsdeck.testing.clock import WALL_START_MS
from llmsdeck.testing.forge import FakeForge

NOW = WALL_START_MS // 1000


@pytest.fixture(autouse=True)
def tea(github: FakeForge) -> FakeRepository:
    return github.add("o/tea", FakeRepository(files=PROJECT))


async def refusal(forge: FakeForge, *replies: Reply, clock: Nap | None = None) -> str:
    """Why the repository cannot be read when the host answers like this."""
    forge.next.extend(replies)
    with pytest.raises(SourceError) as refused:
        await fetched(forge, clock=clock)
    return str(refused.value)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(status=401), "asks for a token"),
        (
            Reply(status=403, body=[b'{"message": "SAML\\u001b enforced"}']),
            "It says: SAML␛ enforced",
        ),
        (Reply(status=418, body=[b'{"message": "short and stout"}']), "answered 418"),
        (Reply(status=451), "blocked o/tea for legal reasons."),
        (
            Reply(status=451, body=[b'{"block": {"html_url": "https://github.com/dmca/x.md"}}']),
            "its notice is at https://github.com/dmca/x.md",
        ),
        (Reply(status=451, body=[b'{"block": {"html_url": "javascript:x"}}']), "legal reasons."),
        (Reply(status=409), "has no commit yet"),
        (Reply(status=200, body=[b" " * 5_000_000]), "far too long"),
    ],
)
async def test_what_a_refusal_means(github: FakeForge, reply: Reply, sentence: str) -> None:
    said = await refusal(github, reply)
    assert sentence in said
    assert len(github.seen) == 1


async def test_a_bad_token_is_named_by_its_place(
    github: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "hunter2")
    github.next.append(Reply(status=401))
    with pytest.raises(SourceError, match="refused the token in OURS; renew it") as refused:
        await fetched(github, token_env="OURS")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_fault_of_the_host_is_passed_over(github: FakeForge, status: int) -> None:
    github.next.extend([Reply(status=status)] * (TRIES - 1))
    clock = Nap()
    await fetched(github, clock=clock)
    assert len(clock.naps) == TRIES - 1
    assert clock.naps[0] < clock.naps[1] < 2


async def test_a_lasting_fault_of_the_host_is_said_after_three_tries(github: FakeForge) -> None:
    assert "answered 502" in await refusal(github, *[Reply(status=502)] * 9)
    assert len(github.seen) == TRIES


async def test_a_download_that_breaks_off_is_begun_anew(
    github: FakeForge, tea: FakeRepository
) -> None:
    whole = archive(PROJECT)
    halves = iter([[whole[: len(whole) // 2]], [whole]])

    class Breaking(list[bytes]):
        def __iter__(self) -> Iterator[bytes]:
            return iter(next(halves))

    tea.packed = Breaking()
    assert len((await fetched(github)).files) == len(PROJECT)


async def test_a_host_that_is_not_there_is_said() -> None:
    with FakeForge() as gone:
        known = hosts(gone)
        address = source(gone, "o/tea")
    with pytest.raises(SourceError, match="cannot be reached"):
        await fetch(address, None, known, Notebook(), clock=Nap())


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 30)}, b"", 31),
        (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(NOW + 30)}, b"", 31),
        (403, {"Retry-After": "7"}, b"", 7),
        (429, {"Retry-After": "7"}, b"", 7),
        (503, {"Retry-After": "7"}, b"", 7),
        (429, {}, b"", 60),
        (403, {}, b'{"message": "You have exceeded a secondary rate limit."}', 60),
        (429, {"Retry-After": "0"}, b"", 0),
    ],
)
async def test_a_short_limit_is_waited_for_and_said(
    github: FakeForge, status: int, headers: dict[str, str], body: bytes, seconds: float
) -> None:
    github.next.append(Reply(status=status, headers=headers, body=[body]))
    clock, notebook = Nap(), Notebook()
    await fetched(github, clock=clock, notebook=notebook)
    assert clock.naps == [seconds]
    ((kind, message, _),) = notebook.warnings
    assert (kind, "asks to wait until" in message) == ("source", True)


async def test_a_long_limit_is_said_with_its_end_and_what_helps(github: FakeForge) -> None:
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 1799)}
    clock = Nap()
    said = await refusal(github, Reply(status=403, headers=limit), clock=clock)
    assert "(in 30 min)" in said
    assert "token" in said
    assert clock.naps == []


async def test_waits_add_up_to_a_bound(github: FakeForge) -> None:
    clock = Nap()
    said = await refusal(
        github, *[Reply(status=429, headers={"Retry-After": "50"})] * 9, clock=clock
    )
    assert "takes requests again" in said
    assert sum(clock.naps) <= PATIENCE_SECONDS


async def test_a_limit_without_a_wait_cannot_keep_us_for_ever(github: FakeForge) -> None:
    github.next.extend([Reply(status=429, headers={"Retry-After": "0"})] * 500)
    with pytest.raises(SourceError, match="takes no more requests"):
        await fetched(github)


@pytest.mark.parametrize(
    "goal",
    [
        "http://169.254.169.254/latest",
        "http://localhost:1/",
        "http://127.0.0.1:1/",
        "https://evil.example/x",
        "file:///etc/passwd",
        "//evil.example/x",
        "http://[::1]/",
        "http://2130706433/",
        "http://evil.example:99999999/",
        "http://127.0.0.1\\@evil.example/",
        "http://127.0.0.1@evil.example/",
    ],
)
async def test_a_redirect_to_any_other_host_is_refused(github: FakeForge, goal: str) -> None:
    said = await refusal(github, Reply(status=302, headers={"Location": goal}))
    assert "which is not set up" in said
    assert len(github.seen) == 1


async def test_a_redirect_to_nowhere_is_a_fault_of_the_host(github: FakeForge) -> None:
    nowhere = Reply(status=302, headers={"Location": "http://[zz]/"})
    assert "cannot be reached (Invalid URL" in await refusal(github, *[nowhere] * TRIES)


async def test_redirects_are_counted(github: FakeForge) -> None:
    again = Reply(status=302, headers={"Location": "/api/again"})
    assert "redirected more than 5 times" in await refusal(github, *[again] * 20)


async def test_the_token_goes_to_the_api_and_not_to_the_host_of_archives(
    github: FakeForge, tea: FakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea.token = "hunter2"
    monkeypatch.setenv("OURS", "hunter2")
    await fetched(github, token_env="OURS")
    sent = {seen.host: seen.authorization for seen in github.seen}
    assert sent == {github.name: "Bearer hunter2", github.archives: None}


async def test_no_address_with_a_key_is_logged(
    github: FakeForge,
    tea: FakeRepository,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tea.token = "hunter2"
    monkeypatch.setenv("OURS", "hunter2")
    with caplog.at_level(logging.INFO):
        await fetched(github, token_env="OURS")
    assert "short-lived" not in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_compressed_answer_is_unpacked_within_limits(github: FakeForge) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    github.next.append(Reply(headers={"Content-Encoding": "gzip"}, body=[bomb]))
    with pytest.raises(SourceError, match="makes no sense"):
        await fetched(github)


def endless() -> Iterator[bytes]:
    """An archive of honest texts that never ends."""
    deflate = zlib.compressobj(1, wbits=31)
    yield deflate.compress(global_header("c" * 40))
    for number in count():
        text = random.Random(number).randbytes(20_000).hex()
        yield deflate.compress(member(f"{TOP}/{number}.md", text))


async def test_an_endless_archive_is_left_at_the_limit(
    github: FakeForge, tea: FakeRepository
) -> None:
    tea.packed = endless()
    with pytest.raises(SourceError, match="is more than 2 MB"):
        await fetched(github, limits=replace(LIMITS, wire_bytes=2_000_000))
    assert await asyncio.to_thread(github.hung_up.wait, 10)


def drip() -> Iterator[bytes]:
    """A byte now and then, so that no pause between two of them is long."""
    for byte in archive({"a.md": "a" * 100_000}):
        time.sleep(0.02)
        yield bytes([byte])


async def test_an_archive_that_drips_in_ends_on_time(
    github: FakeForge, tea: FakeRepository
) -> None:
    tea.packed = drip()
    with pytest.raises(SourceError, match=r"took longer than 0\.3 s"):
        await fetched(github, limits=replace(LIMITS, download_seconds=0.3))
    assert await asyncio.to_thread(github.hung_up.wait, 10)


class Watching(Notebook):
    """A report that knows when the first text has been kept."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def progress(self, done: int, total: int) -> None:
        if done:
            self.begun.set()


async def test_a_cancel_is_heard_at_once_and_closes_the_stream(
    github: FakeForge, tea: FakeRepository
) -> None:
    tea.packed = endless()
    notebook = Watching()
    reading = asyncio.ensure_future(fetched(github, notebook=notebook))
    await asyncio.wait_for(notebook.begun.wait(), 10)
    reading.cancel()
    begun = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert time.perf_counter() - begun < 2
    assert await asyncio.to_thread(github.hung_up.wait, 10)


async def test_the_loop_turns_while_an_archive_is_read(
    github: FakeForge, tea: FakeRepository
) -> None:
    tea.packed = endless()
    notebook = Watching()
    limits = replace(LIMITS, wire_bytes=5_000_000)
    reading = asyncio.ensure_future(fetched(github, notebook=notebook, limits=limits))
    await asyncio.wait_for(notebook.begun.wait(), 10)
    pauses: list[float] = []
    while not reading.done():
        before = time.perf_counter()
        await asyncio.sleep(0)
        pauses.append(time.perf_counter() - before)
    assert reading.exception() is not None
    assert max(pauses) < 0.5


async def test_a_look_says_at_once_that_the_host_wants_us_to_wait(github: FakeForge) -> None:
    github.next.append(Reply(status=429, headers={"Retry-After": "5"}))
    found = await preflight.look(source(github, "o/tea"), None, hosts(github))
    assert (found.ok, "takes requests again at" in found.message) == (False, True)


async def test_a_look_keeps_nobody_waiting(
    github: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "LOOK_SECONDS", 0.1)
    github.latency = 10
    found = await preflight.look(source(github, "o/tea"), None, hosts(github))
    assert (found.ok, "did not answer" in found.message) == (False, True)
