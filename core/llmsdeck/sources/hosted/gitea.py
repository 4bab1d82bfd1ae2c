"""Gitea and Forgejo, Codeberg among them; source: Gitea's REST API, version 1."""

from __future__ import annotations

from typing import ClassVar

from pydantic import RootModel

from llmsdeck.errors import SourceError
from llmsdeck.sources.hosted.host import (
    Described,
    Document,
    Host,
    Listed,
    Question,
    Repository,
    commit_id,
    read,
    ref_part,
    with_query,
)


class _Repository(Described):
    full_name: str
    private: bool = False
    empty: bool = False
    size: int = 0
    """Kilobytes."""
    website: str | None = None
    licenses: Listed = ()


class _Commit(Document):
    sha: str


class Gitea(Host):
    """Gitea or Forgejo."""

    __slots__ = ()
    scheme: ClassVar = "token"
    famous: ClassVar = ("codeberg.org", "Codeberg")
    usual_path: ClassVar = "/api/v1"

    def repository(self, project: str) -> Question:
        """Ask about a repository; a renamed one is a redirect."""
        return Question(url=f"{self.api}/repos/{project}")

    def read_repository(self, body: bytes) -> Repository:
        """What the repository says about itself."""
        found = read(_Repository, body, self.label)
        return self._described(
            found,
            project=found.full_name,
            visibility="private" if found.private else "public",
            empty=found.empty,
            size_bytes=found.size * 1000,
            homepage=found.website,
            licence=found.licenses[0] if len(found.licenses) == 1 else None,
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
