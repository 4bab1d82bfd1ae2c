"""Archives as hosts make them, and what a hostile one may hold."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping

TOP = "project-0123abc"
"""The folder around everything, as hosts name it."""


def commit_of(files: Mapping[str, str | bytes]) -> str:
    """A commit id that changes whenever the files do."""
    digest = hashlib.sha1(usedforsecurity=False)
    for path, content in sorted(files.items()):
        digest.update(path.encode() + b"\0" + as_bytes(content) + b"\0")
    return digest.hexdigest()


def as_bytes(content: str | bytes) -> bytes:
    """Content as it lies in a file."""
    return content.encode() if isinstance(content, str) else content


def member(name: str, content: str | bytes = b"", kind: bytes = tarfile.REGTYPE) -> bytes:
    """One member, header and padded body, in the dialect that git writes."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "elsewhere" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    body = as_bytes(content)
    info.size = len(body)
    head = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return head + body + bytes(-len(body) % tarfile.BLOCKSIZE)


def global_header(commit: str) -> bytes:
    """The archive's own header, in which git names the commit."""
    return tarfile.TarInfo.create_pax_global_header({"comment": commit})


def end() -> bytes:
    """The mark at the end, with git's padding."""
    return bytes(tarfile.RECORDSIZE)


def packed(parts: Iterable[bytes]) -> bytes:
    """The parts as one gzip file, the same every time."""
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=6, mtime=0) as file:
        for part in parts:
            file.write(part)
    return held.getvalue()


def archive(files: Mapping[str, str | bytes], commit: str | None = None) -> bytes:
    """A `tar.gz` of these files, as a host would send it; a name ending in `/` is a folder."""
    parts = [global_header(commit or commit_of(files)), member(f"{TOP}/", kind=tarfile.DIRTYPE)]
    for path, content in sorted(files.items()):
        kind = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
        parts.append(member(f"{TOP}/{path}", content, kind))
    return packed([*parts, end()])
