"""An export is a file that anybody may have written."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from moving import TEXT, completed, export, failed, take_in

from llmsdeck.engine import export_format as form
from llmsdeck.errors import ExportError, UsageError

Member = tuple[str | tarfile.TarInfo, bytes]
Spoil = Callable[[list[Member]], object]


def members(file: Path) -> list[Member]:
    with tarfile.open(file) as archive:
        found: list[Member] = []
        for entry in archive:
            opened = archive.extractfile(entry)
            assert opened is not None
            found.append((entry.name, opened.read()))
        return found


def packed(entries: Sequence[Member], style: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=style) as archive:
        for name, content in entries:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if entry.type == tarfile.REGTYPE and not entry.size:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def special(kind: bytes) -> Spoil:
    """A member of the right name and with the right content that is something else."""

    def spoil(entries: list[Member]) -> None:
        name, content = entries[2]
        entry = tarfile.TarInfo(str(name))
        entry.type, entry.linkname, entry.size = kind, "/etc/passwd", len(content)
        entries[2] = entry, content

    return spoil


def rename(place: int, change: Callable[[str], str]) -> Spoil:
    def spoil(entries: list[Member]) -> None:
        name, content = entries[place]
        entries[place] = change(str(name)), content

    return spoil


def record(change: Callable[[dict[str, Any]], object]) -> Spoil:
    def spoil(entries: list[Member]) -> None:
        name, content = entries[1]
        document = json.loads(content)
        change(document)
        entries[1] = name, json.dumps(document).encode()

    return spoil


def text(place: int, content: bytes) -> Spoil:
    def spoil(entries: list[Member]) -> None:
        entries[place] = entries[place][0], content

    return spoil


SPOILT: dict[str, Spoil] = {
    "a symbolic link": special(tarfile.SYMTYPE),
    "a hard link": special(tarfile.LNKTYPE),
    "a folder": special(tarfile.DIRTYPE),
    "a device": special(tarfile.CHRTYPE),
    "a pipe": special(tarfile.FIFOTYPE),
    "one more file": lambda e: e.insert(2, ("runs/x", b"x")),
    "a file less": lambda e: e.pop(2),
    "two files swapped": lambda e: e.insert(2, e.pop(3)),
    "a name that climbs": rename(2, lambda n: n.replace("llms.txt", "../../llms.txt")),
    "an absolute name": rename(2, lambda n: f"/{n}"),
    "a name with a dot": rename(2, lambda n: f"./{n}"),
    "another run's folder": rename(1, lambda n: n.replace("runs/", "runs/0")),
    "no head": lambda e: e.pop(0),
    "no end": lambda e: e.pop(),
    "a run twice": lambda e: e.__setitem__(slice(4, 4), e[1:4]),
    "too few runs": text(-1, b'{"runs": 2}'),
    "a head that is no JSON": text(0, b"{"),
    "a head that is a list": text(0, b"[]"),
    "a very long head": text(0, b" " * 5000 + b"{}"),
    "a format before the first": text(0, b'{"format": 0, "program": "0"}'),
    "another text": text(2, TEXT[::-1]),
    "a longer text": text(2, TEXT + b"x"),
    "a shorter text": text(2, TEXT[:-1]),
    "a run that is live": record(lambda r: r.update(status="pending")),
    "a completed run without an outcome": record(lambda r: r.update(outcome=None)),
    "a completed run without a bundle": record(lambda r: r.update(files=[])),
    "a failed run with a bundle": record(
        lambda r: r.update(status="failed", outcome=None, error_kind="source")
    ),
    "a run id that climbs": record(lambda r: r.update(run_id="../../../../../tmp/x")),
    "a run id with a line feed": record(lambda r: r.update(run_id=r["run_id"] + "\n")),
    "a token below zero": record(lambda r: r.update(token=-1)),
    "a token that is a path": record(lambda r: r.update(token="../1")),
    "an endless number": record(lambda r: r.update(priority=10**30)),
    "no number": record(lambda r: r["phases"][0].update(seconds=float("nan"))),
    "a date beyond all calendars": record(lambda r: r.update(finished_ms=10**18)),
    "an unknown column": record(lambda r: r.update(output_dir="/etc")),
    "an unknown actor": record(lambda r: r.update(requested_by="god")),
    "an artifact of another name": record(lambda r: r["files"][0].update(name=".bashrc")),
    "a file that would fill the disk": record(lambda r: r["files"][0].update(size_bytes=2**40)),
    "two files of one name": record(lambda r: r["files"].append(r["files"][0])),
    "a digest that is none": record(lambda r: r["files"][0].update(hash_sha256="x")),
    "text that is none": record(lambda r: r.update(source="\udcff")),
    "an event in depth": record(lambda r: r["events"][0].update(data={"x": {"y": [1]}})),
    "a source without end": record(lambda r: r.update(source="x" * 5000)),
}


async def untouched(desk: Desk, file: Path, because: str = "no whole export") -> None:
    """Importing is refused and nothing has come of it."""
    with pytest.raises(ExportError, match=because) as refused:
        await take_in(desk, file)
    assert str(refused.value).endswith("Nothing was imported.")
    assert await desk.sql("SELECT count(*) FROM runs") == [(0,)]
    assert await desk.sql("SELECT count(*) FROM events") == [(0,)]
    assert not list(desk.store.paths.bundles.iterdir())


@pytest.mark.parametrize("harm", SPOILT)
async def test_what_an_export_would_not_hold_is_refused_whole(
    desks: tuple[Desk, Desk], tmp_path: Path, harm: str
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here), await failed(here))
    entries = members(file)
    entries.pop()
    entries.append((form.END, b'{"runs": 2}'))
    if harm == "too few runs":
        entries.pop(4)
    SPOILT[harm](entries)
    file.write_bytes(packed(entries))
    reason = "(no whole export|twice|none that llmsdeck ever wrote)"
    await untouched(there, file, reason)


async def test_names_in_extended_headers_are_not_believed(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    entries = members(file)
    entry = tarfile.TarInfo(str(entries[2][0]))
    entry.pax_headers = {"path": "../../evil"}
    entries[2] = entry, entries[2][1]
    file.write_bytes(packed(entries, tarfile.PAX_FORMAT))
    await untouched(there, file)


async def test_an_export_of_a_newer_program_is_refused_with_what_to_do(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    entries = members(file)
    head = {"format": 2, "program": "9.0", "more": True}
    file.write_bytes(packed([(entries[0][0], json.dumps(head).encode()), *entries[1:]]))
    await untouched(there, file, r"newer llmsdeck \(9.0, format 2\); update")


async def test_an_export_that_is_cut_off_or_damaged_anywhere_is_refused(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    whole = (await export(here, tmp_path / "x", await completed(here))).read_bytes()
    step = max(1, len(whole) // 40)
    for place in range(0, len(whole), step):
        (tmp_path / "y").write_bytes(whole[:place])
        await untouched(there, tmp_path / "y")
    for place in range(10, len(whole), step):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x55
        (tmp_path / "y").write_bytes(spoilt)
        await untouched(there, tmp_path / "y", "(no whole export|none that|newer)")


async def test_what_follows_the_end_is_refused(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    for more in (b"x", bytes(200_000)):
        (tmp_path / "y").write_bytes(file.read_bytes() + gzip.compress(more))
        await untouched(there, tmp_path / "y", "something follows")


async def test_a_small_file_that_unpacks_to_much_is_refused_before_it_is_in_memory(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    here, there = desks
    entries = members(await export(here, tmp_path / "x", await completed(here)))
    bomb = tarfile.TarInfo(str(entries[1][0]))
    bomb.size = 2**33
    head = packed(entries[:1])
    plain = gzip.decompress(head)[: 2 * tarfile.BLOCKSIZE]
    (tmp_path / "y").write_bytes(gzip.compress(plain + bomb.tobuf(tarfile.GNU_FORMAT)))
    await untouched(there, tmp_path / "y", "33554432 are the most")


async def test_all_of_an_export_together_is_bounded(
    desks: tuple[Desk, Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = desks
    file = await export(here, tmp_path / "x", await completed(here))
    monkeypatch.setattr(form, "MOST_BYTES", 3000)
    await untouched(there, file, "more than 3000 bytes")


@pytest.mark.parametrize("what", ["absent", "a folder", "a pipe", "with a null"])
async def test_what_is_no_file_is_refused_without_waiting(
    desks: tuple[Desk, Desk], tmp_path: Path, what: str
) -> None:
    _, there = desks
    path = tmp_path / "x"
    if what == "a folder":
        path.mkdir()
    if what == "a pipe":
        os.mkfifo(path)
    if what == "with a null":
        path = tmp_path / "x\0y"
    with pytest.raises(UsageError):
        await take_in(there, path)
