"""What all hosts have in common: where their API is, and what they tell about a repository."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeVar, cast
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostConfig
from llmsdeck.sources.forge import web_address
from llmsdeck.sources.material import About
from llmsdeck.text import visible

COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TEXT_CHARACTERS: Final = 500
_TOPICS: Final = 20
_SPDX: Final = re.compile(r"[A-Za-z0-9.+-]{1,60}")
_HOMEPAGE: Final = re.compile(r"https?://[!-~]{1,400}")
_ODD_PARTS: Final = frozenset(("", ".", ".."))
_PROJECT: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./-]{0,400}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository as its host describes it."""

    project: str
    """Its present name, in the host's own spelling."""
    default_branch: str
    visibility: str
    """`public`, `private` or `internal`."""
    empty: bool
    size_bytes: int | None
    """Of the whole history; None when the host does not say."""
    about: About

    @property
    def name(self) -> str:
        """The project's own name, without owner or groups."""
        return self.project.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request to a host's API."""

    url: str
    accept: str = "application/json"
    known: str | None = None
    """Entity tag of the answer that is known already."""


@dataclass(frozen=True, slots=True)
class Site:
    """A host that is set up, by the name that people use."""

    name: str
    config: HostConfig

    @property
    def web(self) -> str:
        """Where people look at it."""
        return web_address(self.name, self.config)

    @property
    def origins(self) -> frozenset[str]:
        """Every origin that a request may go to."""
        scheme = self.web.partition("://")[0]
        names = (*self.config.archives, f"codeload.{self.name}")  # where GitHub keeps archives
        archives = (f"{scheme}://{name}" for name in names)
        return frozenset(map(origin_of, (self.web, *filter(None, (self.config.api,)), *archives)))


def origin(scheme: str, host: str, port: int | None) -> str:
    """The one way to write where a request goes, whether its port is named or not."""
    return f"{scheme}://{host.lower()}:{port or {'https': 443, 'http': 80}.get(scheme, 0)}"


def origin_of(address: str) -> str:
    """The origin of an address that is set up."""
    url = urlsplit(address)
    return origin(url.scheme, url.hostname or "", url.port)


def _listed(value: object) -> object:
    names = cast("list[object]", value) if isinstance(value, list) else []
    return [name for name in names if isinstance(name, str)]


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""Names, where a host that has none may say null."""


class Document(BaseModel):
    """An answer of a host; what is not used is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Described(Document):
    """What every kind of host says about a repository in the same words."""

    default_branch: str | None = None
    archived: bool = False
    description: str | None = None
    topics: Listed = ()


@dataclass(frozen=True, slots=True)
class Host(ABC):
    """One kind of host: the addresses of its API, and how its answers read."""

    site: Site
    scheme: ClassVar[str] = "Bearer"
    """How a token is announced in the Authorization header."""
    famous: ClassVar[tuple[str, str]]
    """The best known host of the kind, and what people call it."""
    usual_path: ClassVar[str]
    """Where the API is unless it is set up otherwise."""

    @property
    def label(self) -> str:
        """What the host is called in sentences."""
        name, title = self.famous
        return title if self.site.name == name else self.site.name

    @property
    def api(self) -> str:
        """Address of its API."""
        return self.site.config.api or self.site.web + self.usual_path

    @property
    def account(self) -> Question:
        """Ask for something that every good token may see, and no bad one."""
        return Question(url=f"{self.api}/user")

    @abstractmethod
    def repository(self, project: str) -> Question:
        """Ask for what the host knows about a repository."""

    @abstractmethod
    def read_repository(self, body: bytes) -> Repository:
        """The answer to that; raises SourceError when it is none."""

    @abstractmethod
    def commit(self, project: str, ref: str | None, known: str | None) -> Question:
        """Ask for the commit that a ref, or the default branch, names now."""

    @abstractmethod
    def read_commit(self, body: bytes) -> str:
        """The answer to that; raises SourceError when it is none."""

    @abstractmethod
    def archive(self, repository: Repository, ref: str | None) -> str:
        """Address of the archive of a ref, or of the default branch."""

    def _described(
        self,
        found: Described,
        *,
        project: str,
        visibility: str,
        empty: bool,
        size_bytes: int | None,
        homepage: str | None,
        licence: str | None,
    ) -> Repository:
        """The repository, with every text cut and cleaned; raises SourceError for its name."""
        if not _PROJECT.fullmatch(project) or not _ODD_PARTS.isdisjoint(project.split("/")):
            raise SourceError(f"{self.label} gave the repository a name that cannot be used.")
        return Repository(
            project=project,
            default_branch=found.default_branch or "",
            visibility=visibility,
            empty=empty,
            size_bytes=size_bytes,
            about=About(
                address=f"{self.site.web}/{project}",
                description=visible(" ".join((found.description or "").split()), _TEXT_CHARACTERS),
                homepage=homepage if homepage and _HOMEPAGE.fullmatch(homepage) else "",
                topics=tuple(visible(topic, 60) for topic in found.topics[:_TOPICS]),
                licence=licence if licence and _SPDX.fullmatch(licence) else "",
                archived=found.archived,
            ),
        )


Read = TypeVar("Read", bound=Document)


def read(model: type[Read], body: bytes, label: str) -> Read:
    """The answer as this document; raises SourceError."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise SourceError(
            f"{label} gave an answer that makes no sense; check which kind it is set up as."
        ) from error


def commit_id(text: str, label: str) -> str:
    """A whole commit id; raises SourceError for anything else."""
    if not COMMIT.fullmatch(text):
        raise SourceError(f"{label} gave no commit for the ref.")
    return text


def ref_part(ref: str) -> str:
    """A ref as a part of an address; its slashes stay."""
    return quote(ref, safe="/")


def with_query(url: str, values: Mapping[str, str | None]) -> str:
    """The address with those values that there are."""
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items() if value)
    return f"{url}?{query}" if query else url
