"""How GitHub, GitLab and Gitea answer, each about the same made-up repositories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

from llmsdeck.hosts import HostKind
from llmsdeck.testing.archives import archive, commit_of

if TYPE_CHECKING:
    from llmsdeck.testing.forge import FakeForge


@dataclass(kw_only=True)
class FakeRepository:
    """One repository and how it behaves."""

    files: Mapping[str, str | bytes] = field(default_factory=dict[str, "str | bytes"])
    """What the default branch holds; a repository without files is empty."""
    refs: Mapping[str, Mapping[str, str | bytes]] = field(
        default_factory=dict[str, Mapping[str, "str | bytes"]]
    )
    """Other branches and tags."""
    description: str | None = None
    homepage: str | None = None
    topics: tuple[str, ...] = ()
    licence: str | None = None
    archived: bool = False
    token: str | None = None
    """Without this token a private repository looks absent."""
    moved_to: str | None = None
    """Its present name, when it was renamed."""
    packed: Iterable[bytes] | None = None
    """Pieces sent in place of its archive."""

    def tree(self, ref: str | None) -> Mapping[str, str | bytes] | None:
        """The files of a ref; None when there is no such ref."""
        if ref in (None, "", "HEAD", "main", commit_of(self.files)):
            return self.files
        named = {**self.refs, **{commit_of(tree): tree for tree in self.refs.values()}}
        return named.get(ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the host answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Iterable[bytes] = ()
    """Bytes of a known length when it is one piece or none; otherwise sent as they come."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that arrived."""

    host: str
    path: str
    """With its query, as it came over the wire."""
    authorization: str | None
    known: str | None
    """Entity tag that the client knows."""


def answer(forge: FakeForge, seen: Seen) -> Reply:
    """What the host says to a request."""
    url = urlsplit(seen.path)
    if seen.host == forge.archives:
        project, _, ref = url.path.strip("/").partition("/legacy.tar.gz/")
        return _archive(forge, project, unquote(ref))
    path = url.path.removeprefix("/api/")
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    return _KINDS[forge.kind](forge, seen, path, query)


def _github(forge: FakeForge, seen: Seen, path: str, query: Mapping[str, str]) -> Reply:
    del query
    area, _, rest = path.partition("/")
    if area == "repositories":
        rest = unquote(rest).replace("--", "/")
    owner, name, *more = rest.split("/", 3) + [""] * 2
    found = _visible(forge, seen, f"{owner}/{name}")
    if isinstance(found, Reply):
        return found
    project, repository = found
    if repository.moved_to:
        goal = repository.moved_to.replace("/", "--")
        return _sent_to(f"http://{forge.name}/api/repositories/{goal}", 301)
    match more[0]:
        case "":
            return _document(_github_repository(project, repository))
        case "tarball":
            goal = f"http://{forge.archives}/{project}/legacy.tar.gz/{more[1] or 'HEAD'}"
            return _sent_to(goal + ("?token=short-lived" if repository.token else ""), 302)
        case _:
            return _github_commit(repository, unquote(more[1]), seen)


def _github_repository(project: str, repository: FakeRepository) -> object:
    return {
        "full_name": project,
        "default_branch": "main",
        "private": repository.token is not None,
        "size": _kilobytes(repository),
        "archived": repository.archived,
        "description": repository.description,
        "homepage": repository.homepage,
        "topics": list(repository.topics),
        "license": {"spdx_id": repository.licence} if repository.licence else None,
    }


def _github_commit(repository: FakeRepository, ref: str, seen: Seen) -> Reply:
    tree = repository.tree(ref)
    if not repository.files:
        return Reply(status=409, body=[b'{"message": "Git Repository is empty."}'])
    if tree is None:
        return Reply(status=422, body=[b'{"message": "No commit found for SHA"}'])
    commit = commit_of(tree)
    if seen.known == f'"{commit}"':
        return Reply(status=304, headers={"ETag": f'"{commit}"'})
    return Reply(headers={"ETag": f'"{commit}"'}, body=[commit.encode()])


def _gitlab(forge: FakeForge, seen: Seen, path: str, query: Mapping[str, str]) -> Reply:
    _, encoded, *more = path.split("/", 4)
    found = _visible(forge, seen, unquote(encoded))
    if isinstance(found, Reply):
        return found
    project, repository = found
    if repository.moved_to:
        return _sent_to(seen.path.replace(encoded, repository.moved_to.replace("/", "%2F")), 301)
    if more[1:2] == ["archive.tar.gz"]:
        return _archive(forge, project, query.get("sha"))
    if more[1:2] == ["commits"]:
        tree = repository.tree(unquote(more[2]))
        return _document({"id": commit_of(tree)}) if tree else _absent()
    return _document(
        {
            "path_with_namespace": project,
            "default_branch": "main" if repository.files else None,
            "visibility": "private" if repository.token else "public",
            "empty_repo": not repository.files,
            "archived": repository.archived,
            "description": repository.description,
            "topics": list(repository.topics),
        }
    )


def _gitea(forge: FakeForge, seen: Seen, path: str, query: Mapping[str, str]) -> Reply:
    _, owner, name, *more = path.split("/", 4)
    found = _visible(forge, seen, f"{owner}/{name}")
    if isinstance(found, Reply):
        return found
    project, repository = found
    if repository.moved_to:
        return _sent_to(seen.path.replace(project, repository.moved_to), 307)
    if more[:1] == ["archive"]:
        return _archive(forge, project, unquote(more[1]).removesuffix(".tar.gz"))
    if more[:1] == ["commits"]:
        tree = repository.tree(query.get("sha"))
        return _document([{"sha": commit_of(tree)}]) if tree else _absent()
    return _document(
        {
            "full_name": project,
            "default_branch": "main",
            "private": repository.token is not None,
            "empty": not repository.files,
            "size": _kilobytes(repository),
            "archived": repository.archived,
            "description": repository.description,
            "website": repository.homepage,
            "topics": list(repository.topics),
            "licenses": [repository.licence] if repository.licence else None,
        }
    )


_KINDS: Final = {HostKind.GITHUB: _github, HostKind.GITLAB: _gitlab, HostKind.GITEA: _gitea}


def _visible(forge: FakeForge, seen: Seen, project: str) -> tuple[str, FakeRepository] | Reply:
    """The repository, unless the request may not see it."""
    found = forge.find(project)
    if found is None:
        return _absent()
    wanted = found[1].token
    sent = (seen.authorization or "").rpartition(" ")[2]
    return found if wanted is None or sent == wanted else _absent()


def _archive(forge: FakeForge, project: str, ref: str | None) -> Reply:
    found = forge.find(project)
    tree = found[1].tree(ref) if found else None
    if found is None or not tree:
        return _absent()
    pieces = found[1].packed
    return Reply(
        headers={"Content-Type": "application/x-gzip"},
        body=[archive(tree)] if pieces is None else pieces,
    )


def _document(content: object) -> Reply:
    return Reply(headers={"Content-Type": "application/json"}, body=[json.dumps(content).encode()])


def _sent_to(address: str, status: int) -> Reply:
    return Reply(status=status, headers={"Location": address})


def _absent() -> Reply:
    return Reply(status=404, body=[b'{"message": "Not Found"}'])


def _kilobytes(repository: FakeRepository) -> int:
    return sum(map(len, repository.files.values())) // 1000 + bool(repository.files)
