"""A visit to a repository at its host: what is known of it, whether it moved on, its texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llmsdeck.clock import Clock, SystemClock
from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostConfig, HostKind
from llmsdeck.model import RunWarning
from llmsdeck.sources.forge import forge_of
from llmsdeck.sources.hosted.address import Address, place_of
from llmsdeck.sources.hosted.archive import Archive, Contents
from llmsdeck.sources.hosted.client import PATIENCE_SECONDS, Client, Listener
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

Hosts = Mapping[str, HostConfig]

_KINDS: Final[Mapping[HostKind, type[GitHub | GitLab | Gitea]]] = {
    HostKind.GITHUB: GitHub,
    HostKind.GITLAB: GitLab,
    HostKind.GITEA: Gitea,
}
EMPTY: Final = "The repository {} has no commit yet; commit something first."


def host_of(site: Site) -> Host:
    """How a site is talked to."""
    return _KINDS[site.config.kind](site)


class Visit:
    """One repository at its host; use it inside `async with visit.client`."""

    def __init__(
        self,
        source: str,
        hosts: Hosts,
        listener: Listener,
        *,
        clock: Clock | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        place = place_of(source, None, hosts)
        assert place is not None
        self.address: Address = place.address
        self.config = hosts[self.address.host]
        site = Site(self.address.host, self.config)
        self.host = host_of(site)
        self.client = Client(
            site,
            self.host,
            self.address.project,
            listener,
            clock=clock or SystemClock(),
            patience=patience,
        )

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
            raise EmptyError(EMPTY.format(repository.project))
        try:
            archive = await self.client.download(
                self.host.archive(repository, ref),
                lambda: Archive(self.address.folder, limits),
                limits.download_seconds,
            )
        except AbsentError as error:
            raise without(repository, self.address, ref) or error from error
        return archive.finish()


def without(repository: Repository, address: Address, ref: str | None) -> SourceError | None:
    """Why a repository that is there gives nothing for a ref; None when that says nothing new."""
    if ref is None:
        return None if repository.size_bytes else EmptyError(EMPTY.format(repository.project))
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
    visit = Visit(source, hosts, listener, clock=clock)
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
    visit = Visit(source, hosts, listener, clock=clock)
    async with visit.client:
        try:
            return await visit.commit(ref, commit) == commit
        except AbsentError:
            return False


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
