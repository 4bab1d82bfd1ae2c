"""GitHub, its Enterprise Server included; source: GitHub's REST API, version 2022-11-28."""

from __future__ import annotations

from typing import ClassVar

from llmsdeck.sources.hosted.host import (
    Described,
    Document,
    Host,
    Question,
    Repository,
    commit_id,
    read,
    ref_part,
)

_JSON = "application/vnd.github+json"
_COMMIT = "application/vnd.github.sha"
"""The answer is the commit alone, and its entity tag is the commit in quotes."""


class _Licence(Document):
    spdx_id: str | None = None


class _Repository(Described):
    full_name: str
    private: bool = False
    visibility: str | None = None
    size: int = 0
    """Kilobytes."""
    homepage: str | None = None
    license: _Licence | None = None


class GitHub(Host):
    """GitHub or an Enterprise Server."""

    __slots__ = ()
    famous: ClassVar = ("github.com", "GitHub")
    usual_path: ClassVar = "/api/v3"

    @property
    def account(self) -> Question:
        """Tokens of actions and apps may not ask who they are, but how much they may ask."""
        return Question(url=f"{self.api}/rate_limit", accept=_JSON)

    def repository(self, project: str) -> Question:
        """Ask about a repository; a renamed one is a redirect."""
        return Question(url=f"{self.api}/repos/{project}", accept=_JSON)

    def read_repository(self, body: bytes) -> Repository:
        """A repository of no size may be empty or merely young: its archive will tell."""
        found = read(_Repository, body, self.label)
        licence = found.license.spdx_id if found.license else None
        return self._described(
            found,
            project=found.full_name,
            visibility=found.visibility or ("private" if found.private else "public"),
            empty=False,
            size_bytes=found.size * 1000,
            homepage=found.homepage,
            licence=None if licence == "NOASSERTION" else licence,
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
