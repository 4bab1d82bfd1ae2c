from __future__ import annotations

import gzip
import subprocess
import sys
import tarfile
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest
from sample_repositories import PROJECT, committed, finish, git

from llmsdeck.errors import SourceError
from llmsdeck.sources import LIMITS, Limits, Skip, collect
from llmsdeck.sources.hosted import archive as archive_module
from llmsdeck.sources.hosted.archive import Archive, Contents
from llmsdeck.testing.archives import (
    TOP,
    archive,
    commit_of,
    end,
    global_header,
    member,
    packed,
)

COMMIT = "c" * 40


def read(
    data: bytes, *, folder: str = "", limits: Limits = LIMITS, piece: int = 64 * 1024
) -> Contents:
    """What an archive comes to that arrives in pieces of this length."""
    reader = Archive(folder, limits)
    for start in range(0, len(data), piece):
        reader.feed(data[start : start + piece])
        while reader.busy:
            reader.feed()
    assert reader.complete
    return reader.finish()


def holding(*parts: bytes) -> bytes:
    """An archive of these members and nothing else."""
    return packed([global_header(COMMIT), *parts, end()])


def texts(contents: Contents) -> dict[str, str]:
    return {file.path: file.text for file in contents.files}


def refusal(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(SourceError) as refused:
        read(data, limits=limits)
    return str(refused.value)


@pytest.mark.parametrize("piece", [1, 7, 512, 100_000])
def test_the_same_texts_whatever_the_pieces(piece: int) -> None:
    contents = read(archive(PROJECT), piece=piece)
    assert texts(contents) == PROJECT
    assert contents.commit == commit_of(PROJECT)


def test_an_archive_by_git_gives_what_the_worktree_gives(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        **PROJECT,
        "docs/ünï côde.md": "# Ünïcode\n",
        "a/" * 60 + "deep.md": "# Deep\n",
        "a.png": b"\x89PNG\0",
        "latin.md": "caf\xe9".encode("latin-1"),
        "crlf.md": "a\r\nb\r\n",
    }
    root = committed(tmp_path / "tea", files)
    git(root, "archive", "--prefix=tea-0123/", "--output", str(tmp_path / "a.tar.gz"), "HEAD")
    contents = read((tmp_path / "a.tar.gz").read_bytes())
    material = finish(collect(str(root), None))
    assert contents.files == material.files
    assert contents.commit == material.commit
    assert +contents.skipped == +material.skipped  # type: ignore[operator]


def test_a_folder_alone_is_read(tmp_path: Path) -> None:
    contents = read(archive(PROJECT), folder="docs")
    assert set(texts(contents)) == {"api/kettle.md", "guide.md", "index.md", "zest.md"}
    assert read(archive(PROJECT), folder="doc").members == 0


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (member(f"{TOP}/x.md", kind=tarfile.SYMTYPE), Skip.LINK),
        (member(f"{TOP}/x.md", kind=tarfile.LNKTYPE), Skip.LINK),
        (member(f"{TOP}/x.md", kind=tarfile.CHRTYPE), Skip.SPECIAL),
        (member(f"{TOP}/x.md", kind=tarfile.BLKTYPE), Skip.SPECIAL),
        (member(f"{TOP}/x.md", kind=tarfile.FIFOTYPE), Skip.SPECIAL),
        (member(f"{TOP}/x.md", "sparse", kind=tarfile.GNUTYPE_SPARSE), Skip.SPECIAL),
        (member("../x.md", "out"), Skip.NAME),
        (member(f"{TOP}/../../x.md", "out"), Skip.NAME),
        (member("/etc/x.md", "out"), Skip.NAME),
        (member(f"{TOP}//x.md", "out"), Skip.NAME),
        (member(f"{TOP}/./x.md", "out"), Skip.NAME),
        (member(f"{TOP}/..\\x.md", "out"), Skip.NAME),
        (member(f"{TOP}/C:x.md", "out"), Skip.NAME),
        (member("other/x.md", "out"), Skip.NAME),
        (member("x.md", "out"), Skip.NAME),
        (member(f"{TOP}/a\x1b[31m.md", "red"), Skip.NAME),
        (member(f"{TOP}/a\u202egnp.md", "turned"), Skip.NAME),
        (member(f"{TOP}/\udcff.md", "no text"), Skip.NAME),
        (member(f"{TOP}/{'a' * 2000}.md", "long"), Skip.NAME),
        (member(f"{TOP}/{'a/' * 70}x.md", "deep"), Skip.DEPTH),
        (member(f"{TOP}/README.MD", "again"), Skip.TWICE),
        (member(f"{TOP}/README.md", "again"), Skip.TWICE),
        (member(f"{TOP}/x.md", b"a\0b"), Skip.BINARY),
        (member(f"{TOP}/x.md", b"caf\xe9"), Skip.ENCODING),
        (member(f"{TOP}/x.md", b"a" * 1_000_001), Skip.TOO_LARGE),
        (member(f"{TOP}/node_modules/x.md", "theirs"), Skip.VENDORED),
        (member(f"{TOP}/lib/", kind=tarfile.DIRTYPE), Skip.SUBMODULE),
        (
            member(f"{TOP}/x.md", "version https://git-lfs.github.com/spec/v1\noid 0\n"),
            Skip.LFS,
        ),
    ],
)
def test_a_member_that_is_not_read_is_counted_with_its_reason(part: bytes, reason: Skip) -> None:
    contents = read(holding(member(f"{TOP}/README.md", "first"), part))
    assert texts(contents) == {"README.md": "first"}
    assert +contents.skipped == {reason: 1}


def test_a_pax_name_with_a_nul_is_left_out() -> None:
    header = member("pax", pax_record("path", f"{TOP}/a\0.md"), kind=b"x")
    contents = read(holding(member(f"{TOP}/b.md", "b"), header, member(f"{TOP}/x", "x")))
    assert +contents.skipped == {Skip.NAME: 1}


def pax_record(key: str, value: str) -> bytes:
    body = f" {key}={value}\n".encode()
    length = len(body) + len(str(len(body) + 1))
    return str(length).encode() + body


def test_rules_that_keep_files_out_of_the_archive_are_counted() -> None:
    attributes = "docs/** export-ignore\n# x export-ignore\n*.md text\n/tests export-ignore\n"
    files = {".gitattributes": attributes, "a.md": "a"}
    assert read(archive(files)).skipped[Skip.EXPORT] == 2


def test_a_folder_with_files_is_no_submodule() -> None:
    contents = read(archive({"docs/": "", "docs/a.md": "a", "lib/": "", "z.md": "z"}))
    assert contents.skipped[Skip.SUBMODULE] == 1


def test_a_long_name_in_gnu_style_is_read() -> None:
    name = f"{TOP}/{'d' * 90}/{'e' * 90}.md"
    info = tarfile.TarInfo(name)
    contents = read(holding(info.tobuf(tarfile.GNU_FORMAT)))
    assert list(texts(contents)) == [name.removeprefix(f"{TOP}/")]


def test_without_a_commit_none_is_claimed() -> None:
    assert read(packed([member(f"{TOP}/a.md", "a"), end()])).commit is None
    assert read(packed([global_header("HEAD"), member(f"{TOP}/a.md", "a"), end()])).commit is None


def test_the_least_interesting_files_give_way() -> None:
    files = {f"src/{n:02}.py": "x = 1\n" * 10 for n in range(30)} | {"z/README.md": "# Last\n"}
    contents = read(archive(files), limits=replace(LIMITS, files=20))
    assert "z/README.md" in texts(contents)
    assert len(contents.files) <= 20
    assert contents.skipped[Skip.TOO_MANY] == 31 - len(contents.files)


def test_the_sum_of_all_texts_is_bounded() -> None:
    files = {f"{n}.md": "x" * 1000 for n in range(20)}
    contents = read(archive(files), limits=replace(LIMITS, total_bytes=10_000))
    assert sum(len(file.text) for file in contents.files) <= 10_000


def damaged_header() -> bytes:
    part = bytearray(member(f"{TOP}/a.md", "a"))
    part[0] ^= 1
    return holding(bytes(part))


def with_size(field: bytes) -> bytes:
    """A member whose size is written like this, under a checksum that fits."""
    part = bytearray(member(f"{TOP}/a.md"))
    part[124:136] = field
    part[148:156] = b" " * 8
    part[148:156] = b"%06o\0 " % sum(part[:512])
    return holding(bytes(part))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<html>Sign in</html>" * 50, "no gzip file"),
        (packed([b"not a tar" * 100]), "damaged"),
        (damaged_header(), "checksum is wrong"),
        (archive(PROJECT)[:-8] + bytes(8), "damaged"),
        (with_size(b"\xff" * 12), "many gigabytes"),
        (with_size(b"\x80" + b"\x7f" * 11), "many gigabytes"),
        (with_size(b"-0000000001\0"), "many gigabytes"),
        (with_size(b"77777777777\0"), "unpacks to more than"),
        (archive(PROJECT) + b"more", "goes on after its end"),
        (packed([member(f"{TOP}/a.md", "a"), bytes(4_000_000)]), "goes on after its end"),
        (holding(member("pax", b"9" * 70_000, kind=b"x")), "far too long"),
        (holding(member("pax", b"a" * 70_000, kind=b"g")), "far too long"),
        (holding(member("name", b"a" * 70_000, kind=b"L")), "far too long"),
        (holding(member("pax", b"999 path=x\n", kind=b"x")), "cannot be read"),
        (holding(member("pax", b"5 xx\n", kind=b"x")), "cannot be read"),
        (holding(member("pax", b"0 path=x\n", kind=b"x")), "cannot be read"),
        (
            holding(member("pax", pax_record("size", "-1"), kind=b"x"), member(f"{TOP}/a.md")),
            "no size",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_what_is_no_honest_archive_is_refused(data: bytes, sentence: str) -> None:
    assert sentence in refusal(data)


def test_feeding_stops_after_a_moment_however_much_it_unpacks_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive_module, "_SLICE_SECONDS", 0.001)
    reader = Archive("", LIMITS)
    reader.feed(archive({f"{n}.md": "" for n in range(15_000)}))
    assert reader.busy
    assert 0 < reader.kept < 15_000


def test_a_cut_archive_is_not_complete() -> None:
    whole = archive(PROJECT)
    reader = Archive("", LIMITS)
    reader.feed(whole[: len(whole) // 2])
    assert not reader.complete


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (replace(LIMITS, wire_bytes=500), "is more than"),
        (replace(LIMITS, inflated_bytes=5000), "unpacks to more than"),
        (replace(LIMITS, entries=5), "more than 5 files"),
    ],
)
def test_a_limit_stops_the_stream(limits: Limits, sentence: str) -> None:
    assert sentence in refusal(archive(PROJECT), limits)


def bomb() -> Iterator[bytes]:
    """One member of zeros without end, a thousand times smaller on the wire."""
    deflate = zlib.compressobj(9, wbits=31)
    info = tarfile.TarInfo(f"{TOP}/zeros.bin")
    info.size = 8**11 - 1
    yield deflate.compress(info.tobuf(tarfile.USTAR_FORMAT))
    while True:
        yield deflate.compress(bytes(1 << 20))


def test_a_bomb_is_refused_when_it_has_grown_to_a_few_megabytes() -> None:
    reader = Archive("", replace(LIMITS, inflated_bytes=1 << 40))
    pieces = takewhile(lambda _: reader.wire < 200_000, bomb())
    with pytest.raises(SourceError, match="200 times its length"):
        deque(map(reader.feed, pieces), maxlen=0)


MEMORY = """
import resource, sys, zlib
from llmsdeck.errors import SourceError
from llmsdeck.sources import LIMITS
from llmsdeck.sources.hosted.archive import Archive
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reader = Archive("", LIMITS)
try:
    with open(sys.argv[1], "rb") as file:
        while piece := file.read(65536):
            reader.feed(piece)
except SourceError as error:
    print(error, file=sys.stderr)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, b"x", b"g", b"L"])
def test_memory_stays_small_whatever_a_member_of_100_mb_claims_to_be(
    kind: bytes, tmp_path: Path
) -> None:
    info = tarfile.TarInfo(f"{TOP}/zeros.md")
    info.type, info.size = kind, 100_000_000
    with gzip.open(tmp_path / "bomb.tar.gz", "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(100):
            file.write(bytes(1_000_000))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "bomb.tar.gz")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert int(done.stdout) < 30
