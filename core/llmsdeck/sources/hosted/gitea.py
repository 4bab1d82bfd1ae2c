"""Gitea and Forgejo, Codeberg among them; source: Gitea's REST API, version 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import RootModel

from llmsdeck.errors import SourceError
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
    with_query,
)


class _Repository(Document):
    full_name: str
    default_branch: str | None = None
    private: bool = False
    empty: bool = False
    size: int = 0
    """Kilobytes."""
    archived: bool = False
    description: str | None = None
    website: str | None = None
    topics: Listed = ()
    licenses: Listed = ()


class _Commit(Document):
    sha: str


@dataclass(frozen=True, slots=True)
class Gitea:
    """A Gitea or Forgejo that is set up."""

    site: Site
    scheme: ClassVar[str] = "token"

    @property
    def label(self) -> str:
        """Codeberg, or another one by its name."""
        return "Codeberg" if self.site.name == "codeberg.org" else self.site.name

    @property
    def api(self) -> str:
        """Where every Gitea has its API unless set up otherwise."""
        return self.site.config.api or f"{self.site.web}/api/v1"

    def repository(self, project: str) -> Question:
        """Ask about a repository; a renamed one is a redirect."""
        return Question(url=f"{self.api}/repos/{project}")

    def read_repository(self, body: bytes) -> Repository:
        """What the repository says about itself."""
        found = read(_Repository, body, self.label)
        project = project_name(found.full_name, self.label)
        return Repository(
            project=project,
            default_branch=found.default_branch or "",
            visibility="private" if found.private else "public",
            empty=found.empty,
            size_bytes=found.size * 1000,
            about=about(
                address=f"{self.site.web}/{project}",
                description=found.description,
                homepage=found.website,
                topics=found.topics,
                licence=found.licenses[0] if len(found.licenses) == 1 else None,
                archived=found.archived,
            ),
        )

    def commit(self, project: str, ref: str | None, known: str | None) -> Question:
        """Ask for the newest commit of a ref; the answer is compared with the known one."""
        wanted = {"sha": ref, "limit": "1", "stat": "false", "verification": "false"}
        url = f"{self.api}/repos/{project}/commits"
        return Question(url=with_query(url, {**wanted, "files": "false"}))

    def read_commit(self, body: bytes) -> str:
        """The first of the list."""
        try:
            (first,) = RootModel[list[_Commit]].model_validate_json(body).root[:1]
        except ValueError as error:
            raise SourceError(f"{self.label} gave no commit for the ref.") from error
        return commit_id(first.sha, self.label)

    def archive(self, repository: Repository, ref: str | None) -> str:
        """Straight from the API, which also serves private repositories."""
        name = ref_part(ref or repository.default_branch)
        return f"{self.api}/repos/{repository.project}/archive/{name}.tar.gz"
