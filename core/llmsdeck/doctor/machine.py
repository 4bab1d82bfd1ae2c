"""What the machine offers: Python, SQLite, git, the terminal, the disk."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from llmsdeck.doctor.finding import Finding, bad, good, note
from llmsdeck.engine import sockets
from llmsdeck.errors import DeckError

GIT_SECONDS: Final = 5.0
SCARCE_BYTES: Final = 500_000_000
"""Free space below which a few large runs may fill the disk."""
EXHAUSTED_BYTES: Final = 50_000_000
_Version = tuple[int, int, int]
MENDED: Final[tuple[_Version, ...]] = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""First versions of their series without the race that can damage a write-ahead log.

Source: sqlite.org, release notes of 3.51.3; older than 3.7.0 have no such log.
"""
_REMOTE: Final = frozenset(
    [
        "9p",
        "afs",
        "ceph",
        "cifs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "gfs2",
        "glusterfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    ]
)
"""File systems on which processes of several machines may not share SQLite's memory."""
_MOUNTS: Final = Path("/proc/self/mountinfo")


def look_at_machine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Everything that does not depend on the store."""
    yield good("python", f"Python {platform.python_version()}, {platform.system()}.")
    yield sqlite(sqlite3.sqlite_version_info)
    yield _git()
    yield temporary_files()
    yield terminal(environ, isatty=sys.stdout.isatty(), encoding=locale.getpreferredencoding())


def sqlite(version: tuple[int, ...]) -> Finding:
    """Which SQLite Python was built with, and what is known against it."""
    said = "SQLite " + ".".join(map(str, version))
    if not is_racy(version):
        return good("sqlite", f"{said}.")
    return note(
        "sqlite",
        f"{said} has a rare race that can damage the write-ahead log.",
        "Take a Python built with SQLite 3.51.3, 3.50.7 or 3.44.6, or newer, when you can.",
    )


def is_racy(version: tuple[int, ...]) -> bool:
    """Whether this version has the race of the write-ahead log."""
    if version >= MENDED[-1]:
        return False
    return not any(version[:2] == mended[:2] and version >= mended for mended in MENDED)


def _git() -> Finding:
    advice = "Install git; without it only plain folders and hosted repositories can be read."
    path = shutil.which("git")
    if path is None:
        return bad("git", "git is not installed.", advice)
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return bad("git", f"git does not answer: {error}.", advice)
    return good("git", f"{done.stdout.strip()}.")


def temporary_files() -> Finding:
    """Whether run processes can be started: that takes a socket, whose path must be short."""
    try:
        usual, place = sockets.temporary_folder(), sockets.folder()
    except DeckError as error:
        return bad("temporary files", str(error), "Set TMPDIR to /tmp, or to another short path.")
    if place == usual:
        return good("temporary files", f"Temporary files go into {usual}.")
    said = f"The path of {usual} is too long for sockets, which go into {place} instead."
    return note("temporary files", said)


def terminal(environ: Mapping[str, str], *, isatty: bool, encoding: str) -> Finding:
    """Whether the dashboard can be shown here."""
    if not isatty:
        return note("terminal", "Output goes to no terminal, so that colours are not used.")
    kind = environ.get("TERM", "")
    if kind in {"", "dumb"}:
        said = f"The terminal is {kind or 'unknown'!r} and cannot show the dashboard."
        return bad("terminal", said, "Use another terminal, or `llmsdeck --plain`.")
    if encoding.upper().replace("-", "") != "UTF8":
        said = f"The terminal's encoding is {encoding}, which lacks the dashboard's signs."
        return note("terminal", said, "Set LANG to a UTF-8 locale, such as C.UTF-8.")
    colours = "colours are off (NO_COLOR)" if environ.get("NO_COLOR") else "colours are on"
    return good("terminal", f"{kind}, {encoding}, {colours}.")


def space(folder: Path) -> Finding:
    """How much more the disk of a folder can take."""
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB are free where the store is."
    if free < EXHAUSTED_BYTES:
        return bad("disk", said, "Free some space; until then nothing can be accepted.")
    if free < SCARCE_BYTES:
        return note("disk", said, "Prune runs, or lower cache_mb, before it is full.")
    return good("disk", said)


def file_system(folder: Path, mounts: Path = _MOUNTS) -> Finding:
    """Whether SQLite's shared memory works on the file system of a folder."""
    kind = _kind_of(folder.resolve(), mounts)
    if kind is None:
        return note("file system", "Which file system holds the store cannot be told here.")
    if kind in _REMOTE:
        said = f"The store lies on a network file system ({kind})."
        return bad("file system", said, "Move it to a local disk with LLMSDECK_HOME or --store.")
    return good("file system", f"The store lies on a local file system ({kind}).")


def _kind_of(folder: Path, mounts: Path) -> str | None:
    """Type of the mount that is nearest above the folder; source: proc(5), mountinfo."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    nearest: tuple[int, str] = (-1, "")
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) > 4 and after:
            point = Path(fields[4].replace("\\040", " "))
            if folder.is_relative_to(point) and len(point.parts) >= nearest[0]:
                nearest = (len(point.parts), after.split()[0])
    return nearest[1] or None
