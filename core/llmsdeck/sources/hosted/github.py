"""GitHub, its Enterprise Server included; source: GitHub's REST API, version 2022-11-28."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from llmsdeck.sources.hosted.host import (
    Document,
    Listed,
    Question,
    Repository,
    Site,
    about,
    commit_id,
    project_name,
    read,
    ref_part,
)

_JSON = "application/vnd.github+json"
_COMMIT = "application/vnd.github.sha"
"""The answer is the commit alone, and its entity tag is the commit in quotes."""


class _Licence(Document):
    spdx_id: str | None = None


class _Repository(Document):
    full_name: str
    default_branch: str | None = None
    private: bool = False
    visibility: str | None = None
    size: int = 0
    """Kilobytes."""
    archived: bool = False
    description: str | None = None
    homepage: str | None = None
    topics: Listed = ()
    license: _Licence | None = None


@dataclass(frozen=True, slots=True)
class GitHub:
    """A GitHub that is set up."""

    site: Site
    scheme: ClassVar[str] = "Bearer"

    @property
    def label(self) -> str:
        """GitHub itself, or an Enterprise Server by its name."""
        return "GitHub" if self.site.name == "github.com" else self.site.name

    @property
    def api(self) -> str:
        """Where an Enterprise Server has its API unless set up otherwise."""
        return self.site.config.api or f"{self.site.web}/api/v3"

    def repository(self, project: str) -> Question:
        """Ask about a repository; a renamed one is a redirect."""
        return Question(url=f"{self.api}/repos/{project}", accept=_JSON)

    def read_repository(self, body: bytes) -> Repository:
        """A repository of no size may be empty or merely young: its archive will tell."""
        found = read(_Repository, body, self.label)
        project = project_name(found.full_name, self.label)
        licence = found.license.spdx_id if found.license else None
        return Repository(
            project=project,
            default_branch=found.default_branch or "",
            visibility=found.visibility or ("private" if found.private else "public"),
            empty=False,
            size_bytes=found.size * 1000,
            about=about(
                address=f"{self.site.web}/{project}",
                description=found.description,
                homepage=found.homepage,
                topics=found.topics,
                licence=None if licence == "NOASSERTION" else licence,
                archived=found.archived,
            ),
        )

    def commit(self, project: str, ref: str | None, known: str | None) -> Question:
        """Ask for a commit; with a known one the answer may be "not modified"."""
        return Question(
            url=f"{self.api}/repos/{project}/commits/{ref_part(ref or 'HEAD')}",
            accept=_COMMIT,
            known=known and f'"{known}"',
        )

    def read_commit(self, body: bytes) -> str:
        """The commit is the whole answer."""
        return commit_id(body.decode("ascii", "replace").strip(), self.label)

    def archive(self, repository: Repository, ref: str | None) -> str:
        """A redirect to the host of archives."""
        return f"{self.api}/repos/{repository.project}/tarball" + (
            f"/{ref_part(ref)}" if ref else ""
        )
