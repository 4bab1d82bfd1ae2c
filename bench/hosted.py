"""A repository at a host: its archive as it streams in, and a run from question to bundle."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.bundling import Silence, job
from bench.figures import Row, at_most, in_turns
from bench.setting import Setting
from bench.trees import files
from llmsdeck.pipeline import generate
from llmsdeck.sources.hosted.archive import Archive
from llmsdeck.sources.material import LIMITS
from llmsdeck.states import Outcome
from llmsdeck.testing.apis import FakeRepository
from llmsdeck.testing.archives import archive
from llmsdeck.testing.forge import FakeForge

LATENCY: Final = 0.1
"""Seconds before each answer of the host."""
_FILES: Final = 500
_PIECE: Final = 64 * 1024
"""Bytes in which an archive comes over the wire."""
_GZIP: Final = 16 + zlib.MAX_WBITS


def archives(setting: Setting) -> Iterator[Row]:
    """Seconds from an archive's bytes to its texts, against inflating alone and tarfile."""
    packed = archive(files(setting.pick(1000, 4000)))
    measures: dict[str, Callable[[], float]] = {
        name: partial(_timed, read, packed)
        for name, read in (("ours", _texts), ("zlib", _inflated), ("tarfile", _unpacked))
    }
    taken = in_turns(setting.rounds, measures)
    size = f"archive of {len(packed) / 1e6:.0f} MB → texts"
    for name, peer, key, most in (
        (size, "zlib alone", "zlib", 1.3),
        ("  beside tarfile", "tarfile, r:gz", "tarfile", 1 / 1.8),
    ):
        yield Row(
            name=name,
            unit="s",
            ours=taken["ours"],
            peer=peer,
            theirs=taken[key],
            target=at_most(most),
        )


def _timed(read: Callable[[bytes], None], packed: bytes) -> float:
    began = time.perf_counter()
    read(packed)
    return time.perf_counter() - began


def _texts(packed: bytes) -> None:
    reader = Archive("", LIMITS)
    for start in range(0, len(packed), _PIECE):
        reader.feed(packed[start : start + _PIECE])
        while reader.busy:
            reader.feed()
    reader.finish()


def _inflated(packed: bytes) -> None:
    inflate = zlib.decompressobj(_GZIP)
    for start in range(0, len(packed), _PIECE):
        inflate.decompress(packed[start : start + _PIECE])


def _unpacked(packed: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        for member in tar:
            if (file := tar.extractfile(member)) is not None:
                file.read().decode("utf-8", "replace")


def runs(setting: Setting) -> Iterator[Row]:
    """Requests and seconds of a first run, and of one that finds the repository as it was."""
    first: list[tuple[float, int]] = []
    again: list[tuple[float, int]] = []
    with setting.folder() as home, FakeForge(latency=LATENCY) as forge:
        _only_host(forge, home)
        forge.add("acme/widgets", FakeRepository(files=files(_FILES)))
        for number in range(setting.rounds):
            made, more = home / f"{number}", home / f"{number}-again"
            first.append(_run(forge, made))
            again.append(_run(forge, more, made))
    named = f"hosted, {_FILES} files, {LATENCY * 1000:.0f} ms latency"
    for name, taken, requests, seconds in (
        (named, first, 3, 1.5),
        ("  again, unchanged", again, 1, 0.3),
    ):
        yield Row(
            name=f"{name}: requests",
            unit="",
            ours=[count for _, count in taken],
            target=at_most(requests, absolute=True),
        )
        yield Row(
            name=f"{name}: time",
            unit="s",
            ours=[took for took, _ in taken],
            target=at_most(seconds, absolute=True),
        )


def _only_host(forge: FakeForge, home: Path) -> None:
    """Let the program know the made-up host, and nothing of this machine's user."""
    settings = {forge.name: forge.config.model_dump(mode="json", exclude_none=True)}
    os.environ["LLMSDECK_HOSTS"] = json.dumps(settings)
    os.environ["LLMSDECK_CONFIG"] = str(home / "absent.toml")


def _run(forge: FakeForge, folder: Path, previous: Path | None = None) -> tuple[float, int]:
    """Seconds, and requests that the host has seen."""
    folder.mkdir()
    before, began = len(forge.seen), time.perf_counter()
    source = f"https://{forge.name}/acme/widgets"
    draft = asyncio.run(generate(job(source, previous), folder, Silence()))
    if (draft.outcome is Outcome.UNCHANGED) is (previous is None):
        raise RuntimeError(f"the run ended as {draft.outcome}")
    return time.perf_counter() - began, len(forge.seen) - before
