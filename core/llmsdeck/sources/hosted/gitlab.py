"""GitLab, wherever it runs; source: GitLab's REST API, version 4."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

from llmsdeck.sources.hosted.host import (
    Described,
    Document,
    Host,
    Question,
    Repository,
    commit_id,
    read,
    with_query,
)


class _Statistics(Document):
    repository_size: int | None = None
    """Bytes; told only to those who may push."""


class _Project(Described):
    path_with_namespace: str
    visibility: str = "public"
    empty_repo: bool = False
    statistics: _Statistics | None = None


class _Commit(Document):
    id: str


class GitLab(Host):
    """GitLab, wherever it runs."""

    __slots__ = ()
    famous: ClassVar = ("gitlab.com", "GitLab")
    usual_path: ClassVar = "/api/v4"

    def _project(self, project: str) -> str:
        return f"{self.api}/projects/{quote(project, safe='')}"

    def repository(self, project: str) -> Question:
        """Ask about a project, by its path with all groups."""
        return Question(url=self._project(project))

    def read_repository(self, body: bytes) -> Repository:
        """What the project says about itself; GitLab keeps no homepage."""
        found = read(_Project, body, self.label)
        return self._described(
            found,
            project=found.path_with_namespace,
            visibility=found.visibility,
            empty=found.empty_repo,
            size_bytes=found.statistics.repository_size if found.statistics else None,
            homepage=None,
            licence=None,
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
