"""Asking git about a repository without running anything that the repository configures."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shutil
import subprocess
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from llmsdeck.errors import SourceError
from llmsdeck.model import Progress
from llmsdeck.sources.material import Steps

_NEUTRAL_SETTINGS: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "safe.directory=*",
)
_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_REF: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+@~^-]{0,254}")
_ABOUT: Final = (
    "--show-object-format",
    "--is-inside-work-tree",
    "--is-inside-git-dir",
    "--show-prefix",
)
_MOST_REFS: Final = 200
_POLL_SECONDS: Final = 0.02
_ENDING_SECONDS: Final = 5
_ANSWER_BYTES: Final = 1 << 20
_PIPE_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The git repository that a folder belongs to."""

    folder: Path
    prefix: str
    """The folder inside the worktree, ending in `/`; empty for the whole worktree."""
    object_format: str
    """`sha1` or `sha256`."""
    head: str
    """The full id of the commit that is checked out; empty before the first one."""


class Git:
    """One git command, read without ever blocking for longer than a poll; close it to kill it.

    It stays in this process's group, so that whoever kills the group kills it too.
    """

    def __init__(self, folder: Path, arguments: tuple[str, ...], *, conversation: bool) -> None:
        self._quiet_since = time.monotonic()
        self._process = subprocess.Popen(
            _command(folder, arguments),
            stdin=subprocess.PIPE if conversation else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            bufsize=0,
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def ask(self, line: str) -> None:
        """Send one line; the command must answer before the next one is sent."""
        assert self._process.stdin is not None
        self._quiet_since = time.monotonic()
        try:
            self._process.stdin.write(f"{line}\n".encode())
        except BrokenPipeError as error:
            raise SourceError("git stopped while it read the repository; run git fsck.") from error

    def receive(self, patience: float) -> bytes | None:
        """What git has written; None when nothing came yet, empty at the end.

        Raises SourceError when git was silent for longer than `patience` seconds.
        """
        if not self._selector.select(_POLL_SECONDS):
            if time.monotonic() - self._quiet_since > patience:
                raise SourceError(f"git did not answer within {patience:g} s; run git fsck.")
            return None
        self._quiet_since = time.monotonic()
        return os.read(self._output.fileno(), _PIPE_BYTES)

    def end(self) -> int:
        """The exit status, after the output has ended; raises SourceError when git lingers."""
        try:
            return self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise SourceError("git did not end after its answer; run git fsck.") from error

    def close(self) -> None:
        """Kill the command when it still runs, and free everything."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def _command(folder: Path, arguments: tuple[str, ...]) -> list[str]:
    settings = [part for setting in _NEUTRAL_SETTINGS for part in ("-c", setting)]
    return [_program(), "--no-pager", "-C", str(folder), *settings, *arguments]


def _program() -> str:
    found = shutil.which("git")
    if found is None:
        raise SourceError("This is a git repository, but git is not installed; install git.")
    return found


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT}


def output(
    folder: Path, *arguments: str, patience: float, at_most: int = _ANSWER_BYTES
) -> Steps[bytes | None]:
    """Everything a command writes, or None when it failed or wrote more than `at_most` bytes."""
    git = Git(folder, arguments, conversation=False)
    pieces: list[bytes] = []
    size = 0
    try:
        while (piece := git.receive(patience)) != b"":
            yield Progress()
            pieces.append(piece or b"")
            size += len(piece or b"")
            if size > at_most:
                return None
        return b"".join(pieces) if git.end() == 0 else None
    finally:
        git.close()


def records(folder: Path, *arguments: str, patience: float) -> Generator[bytes | None, None, None]:
    """NUL-terminated records as they come, None while waiting; closing it stops the command."""
    git = Git(folder, arguments, conversation=False)
    rest = b""
    try:
        while (piece := git.receive(patience)) != b"":
            *whole, rest = (rest + piece).split(b"\0") if piece else (rest,)
            yield from whole or (None,)
        if git.end() != 0 or rest:
            raise SourceError("git could not list the files of the commit; run git fsck.")
    finally:
        git.close()


def repository_of(folder: Path, patience: float) -> Steps[Repository | None]:
    """The repository whose worktree holds this folder; None when there is none.

    Raises SourceError for the inside of a repository's own storage, bare ones included.
    """
    if not _is_below_git(folder):
        return None
    head = ("--revs-only", "HEAD^{commit}")
    answer = yield from output(folder, "rev-parse", *head, *_ABOUT, patience=patience)
    if not answer:  # without a commit git tells nothing else either
        answer = yield from output(folder, "rev-parse", *_ABOUT, patience=patience)
        answer = answer and b"\n" + answer
    if answer is None:
        if (folder / ".git").exists():
            raise SourceError("git cannot read the repository in this folder; run git fsck there.")
        return None
    facts = answer.decode().removesuffix("\n")
    commit, object_format, inside, storage, prefix = facts.split("\n", 4)
    if storage == "true" or inside != "true":
        raise SourceError(
            "This is the storage of a git repository without a worktree; give a checkout of it."
        )
    return Repository(folder=folder, prefix=prefix, object_format=object_format, head=commit)


def _is_below_git(folder: Path) -> bool:
    """Whether git could find a repository here, so that other folders never need git at all."""
    if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
        return True
    return any(os.path.lexists(place / ".git") for place in (folder, *folder.parents))


def commit_of(repository: Repository, ref: str | None, patience: float) -> Steps[str]:
    """The full id of the commit that a ref, or HEAD, names; raises SourceError."""
    if ref is None:
        if not repository.head:
            raise SourceError("The repository has no commit yet; commit something first.")
        return repository.head
    if _REF.fullmatch(ref) is None or ".." in ref:
        raise SourceError("The ref is not a valid name of a branch, a tag or a commit.")
    answer = yield from output(
        repository.folder,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"),
        patience=patience,
    )
    if answer is not None:
        return answer.decode().strip()
    raise SourceError(f"The repository has no branch, tag or commit named {ref!r}.")


def refs_of(repository: Repository, patience: float) -> Steps[tuple[str, ...]]:
    """Names of branches and tags that a run can be of, newest first; at most `_MOST_REFS`."""
    answer = yield from output(
        repository.folder,
        *("for-each-ref", "--sort=-creatordate", f"--count={_MOST_REFS}"),
        *("--format=%(refname:short)", "refs/heads", "refs/tags"),
        patience=patience,
    )
    names = (answer or b"").decode(errors="replace").splitlines()
    return tuple(name for name in names if _REF.fullmatch(name) and ".." not in name)


def remote_of(repository: Repository, patience: float) -> Steps[str]:
    """The address of `origin` in the repository's own configuration; empty when there is none."""
    answer = yield from output(
        repository.folder, "config", "--get", "remote.origin.url", patience=patience
    )
    return (answer or b"").decode(errors="replace").strip()


def is_published(repository: Repository, commit: str, patience: float) -> Steps[bool]:
    """Whether a branch known from `origin` holds the commit; taken for granted when git is slow.

    That is, whether nothing is left of its history without theirs, which takes no walk through all
    of it for each branch.
    """
    try:
        answer = yield from output(
            repository.folder,
            *("rev-list", "--max-count=1", commit, "--not", "--remotes=origin"),
            patience=patience,
        )
    except SourceError:
        return True
    return answer == b""
