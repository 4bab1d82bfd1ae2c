"""GitLab, wherever it runs; source: GitLab's REST API, version 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

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
    with_query,
)


class _Statistics(Document):
    repository_size: int | None = None
    """Bytes; told only to those who may push."""


class _Project(Document):
    path_with_namespace: str
    default_branch: str | None = None
    visibility: str = "public"
    empty_repo: bool = False
    archived: bool = False
    description: str | None = None
    topics: Listed = ()
    statistics: _Statistics | None = None


class _Commit(Document):
    id: str


@dataclass(frozen=True, slots=True)
class GitLab:
    """A GitLab that is set up."""

    site: Site
    scheme: ClassVar[str] = "Bearer"

    @property
    def label(self) -> str:
        """GitLab itself, or another one by its name."""
        return "GitLab" if self.site.name == "gitlab.com" else self.site.name

    @property
    def api(self) -> str:
        """Where every GitLab has its API unless set up otherwise."""
        return self.site.config.api or f"{self.site.web}/api/v4"

    def _project(self, project: str) -> str:
        return f"{self.api}/projects/{quote(project, safe='')}"

    def repository(self, project: str) -> Question:
        """Ask about a project, by its path with all groups."""
        return Question(url=self._project(project))

    def read_repository(self, body: bytes) -> Repository:
        """What the project says about itself; GitLab keeps no homepage."""
        found = read(_Project, body, self.label)
        project = project_name(found.path_with_namespace, self.label)
        return Repository(
            project=project,
            default_branch=found.default_branch or "",
            visibility=found.visibility,
            empty=found.empty_repo,
            size_bytes=found.statistics.repository_size if found.statistics else None,
            about=about(
                address=f"{self.site.web}/{project}",
                description=found.description,
                homepage=None,
                topics=found.topics,
                licence=None,
                archived=found.archived,
            ),
        )

    def commit(self, project: str, ref: str | None, known: str | None) -> Question:
        """Ask for a commit; the answer is compared with the known one."""
        name = quote(ref or "HEAD", safe="")
        return Question(url=f"{self._project(project)}/repository/commits/{name}?stats=false")

    def read_commit(self, body: bytes) -> str:
        """The commit's own id."""
        return commit_id(read(_Commit, body, self.label).id, self.label)

    def archive(self, repository: Repository, ref: str | None) -> str:
        """Straight from the API; files in LFS stay pointers."""
        return with_query(
            f"{self._project(repository.project)}/repository/archive.tar.gz",
            {"sha": ref, "include_lfs_blobs": "false"},
        )
