"""Hosted repositories: what is known of them, whether they moved on, and their texts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.config import HostConfig, HostKind
from llmsdeck.errors import SourceError
from llmsdeck.model import Preflight, RunWarning
from llmsdeck.sources.forge import forge_of
from llmsdeck.sources.hosted.address import Address, place_of
from llmsdeck.sources.hosted.archive import Archive, Contents
from llmsdeck.sources.hosted.client import Client, Listener
from llmsdeck.sources.hosted.gitea import Gitea
from llmsdeck.sources.hosted.github import GitHub
from llmsdeck.sources.hosted.gitlab import GitLab
from llmsdeck.sources.hosted.host import Host, Repository, Site
from llmsdeck.sources.hosted.refusals import AbsentError, EmptyError
from llmsdeck.sources.material import (
    LIMITS,
    Limits,
    Material,
    SourceKind,
    nothing_readable,
    skip_warnings,
)
from llmsdeck.text import visible

Hosts = Mapping[str, HostConfig]

LOOK_SECONDS: Final = 8.0
"""Time that a look at a repository may take before somebody is kept waiting."""
_KINDS: Final[Mapping[HostKind, type[GitHub | GitLab | Gitea]]] = {
    HostKind.GITHUB: GitHub,
    HostKind.GITLAB: GitLab,
    HostKind.GITEA: Gitea,
}
_SHORT_COMMIT: Final = 7


class _Nobody:
    """A listener for questions that end before anybody could listen."""

    def progress(self, done: int, total: int) -> None:
        """Nothing is shown."""

    def warn(self, kind: str, message: str, count: int = 1) -> None:
        """Nothing is shown."""


class Visit:
    """One repository at its host; an `async with` around the client."""

    def __init__(self, source: str, hosts: Hosts, listener: Listener, clock: Clock) -> None:
        place = place_of(source, None, hosts)
        assert place is not None
        self.address: Address = place.address
        self.config = hosts[self.address.host]
        site = Site(self.address.host, self.config)
        self.host: Host = _KINDS[self.config.kind](site)
        self.client = Client(site, self.host, self.address.project, listener, clock)

    async def repository(self) -> Repository:
        """What the host knows about it; raises SourceError."""
        answer = await self.client.ask(self.host.repository(self.address.project))
        return self.host.read_repository(answer.body)

    async def commit(self, ref: str | None, known: str | None = None) -> str:
        """The commit that a ref names now; raises SourceError."""
        answer = await self.client.ask(self.host.commit(self.address.project, ref, known))
        if answer.status == 304 and known is not None:
            return known
        return self.host.read_commit(answer.body)

    async def contents(self, repository: Repository, ref: str | None, limits: Limits) -> Contents:
        """The texts of its archive; raises SourceError, also for a ref that is not there."""
        if repository.empty:
            raise EmptyError(_EMPTY.format(repository.project))
        try:
            archive = await self.client.download(
                self.host.archive(repository, ref),
                lambda: Archive(self.address.folder, limits),
                limits.download_seconds,
            )
        except AbsentError as error:
            raise _without(repository, self.address, ref) or error from error
        return archive.finish()


_EMPTY: Final = "The repository {} has no commit yet; commit something first."


def _without(repository: Repository, address: Address, ref: str | None) -> SourceError | None:
    """Why a repository that is there gives nothing for a ref; None when that says nothing new."""
    if ref is None:
        return None if repository.size_bytes else EmptyError(_EMPTY.format(repository.project))
    hint = " If its name goes on after a slash, give the whole name as the ref."
    return AbsentError(
        f"{repository.project} has no branch, tag or commit named {ref!r}."
        + (hint if address.folder else "")
    )


async def fetch(
    source: str,
    ref: str | None,
    hosts: Hosts,
    listener: Listener,
    *,
    limits: Limits = LIMITS,
    clock: Clock | None = None,
) -> Material:
    """Read a located repository from its host: one question, one archive.

    Raises SourceError. Cancelling closes the stream.
    """
    visit = Visit(source, hosts, listener, clock or SystemClock())
    async with visit.client:
        repository = await visit.repository()
        contents = await visit.contents(repository, ref, limits)
    if not contents.files:
        raise SourceError(_nothing(repository, visit.address, contents))
    return _material(visit, repository, contents)


async def is_unchanged(
    source: str,
    ref: str | None,
    commit: str,
    hosts: Hosts,
    listener: Listener,
    *,
    clock: Clock | None = None,
) -> bool:
    """Whether a ref still names this commit, by one conditional request; raises SourceError."""
    visit = Visit(source, hosts, listener, clock or SystemClock())
    async with visit.client:
        try:
            return await visit.commit(ref, commit) == commit
        except AbsentError:
            return False


async def look(source: str, ref: str | None, hosts: Hosts) -> Preflight:
    """What a run of a located repository would find, within a few seconds; never raises."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return Preflight(ok=True, message=await _glance(source, ref, hosts))
    except SourceError as error:
        return Preflight(ok=False, message=str(error))
    except TimeoutError:
        sentence = f"The host did not answer within {LOOK_SECONDS:g} s; a run would wait longer."
        return Preflight(ok=False, message=sentence)


async def _glance(source: str, ref: str | None, hosts: Hosts) -> str:
    visit = Visit(source, hosts, _Nobody(), SystemClock())
    async with visit.client:
        repository = await visit.repository()
        if repository.empty:
            raise EmptyError(_EMPTY.format(repository.project))
        try:
            commit = await visit.commit(ref) if ref else ""
        except AbsentError as error:
            raise _without(repository, visit.address, ref) or error from error
    return f"{visit.host.label} {repository.project}, {', '.join(_facts(repository, ref, commit))}."


def _facts(repository: Repository, ref: str | None, commit: str) -> list[str]:
    facts = [visible(repository.visibility, 20)]
    if repository.size_bytes:
        facts.append(_size(repository.size_bytes))
    if repository.about.archived:
        facts.append("archived")
    if ref:
        facts.append(f"{ref} at {commit[:_SHORT_COMMIT]}")
    elif repository.default_branch:
        facts.append(f"default branch {visible(repository.default_branch, 80)}")
    return facts


def _size(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{max(1, size // 1000)} KB"


def _nothing(repository: Repository, address: Address, contents: Contents) -> str:
    if address.folder and not contents.members:
        return f"{repository.project} has no folder {address.folder!r} there."
    return nothing_readable(contents.skipped)


def _material(visit: Visit, repository: Repository, contents: Contents) -> Material:
    address = visit.address
    prefix = f"{address.folder}/" if address.folder else ""
    forge = forge_of(address.host, visit.config, repository.project)
    warnings = list(skip_warnings(contents.skipped))
    if repository.project.lower() != address.project:
        message = f"{address.project} is called {repository.project} now."
        warnings.append(RunWarning(kind="source", message=message))
    return Material(
        kind=SourceKind.HOST,
        name=address.folder.rsplit("/", 1)[-1] or repository.name,
        commit=contents.commit,
        link_base=forge.link_base(contents.commit, prefix) if contents.commit else None,
        files=contents.files,
        skipped=contents.skipped,
        about=repository.about,
        warnings=tuple(warnings),
    )
