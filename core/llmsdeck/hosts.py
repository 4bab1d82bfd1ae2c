"""Hosts whose repositories may be read, and how such a thing is set up.

A module of its own, because what reads a worktree needs to know them but no settings of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict

_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def _address(text: str) -> str:
    try:
        url = urlsplit(text)
        usable = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        usable = False
        url = urlsplit("")
    if not usable:
        raise ValueError("must be an address that begins with http:// or https://")
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must be a plain address; name a token by its variable, in token_env")
    return text.rstrip("/")


def _host(text: str) -> str:
    if not _HOST.fullmatch(text.lower()):
        raise ValueError("must be a host name such as git.example.com")
    return text.lower()


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise ValueError("must be the name of an environment variable, not the token itself")
    return text


Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]
Variable = Annotated[str, AfterValidator(_variable)]


class Section(BaseModel):
    """What belongs together in a configuration; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HostKind(StrEnum):
    """Whose API a host speaks."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Forgejo too."""


class HostConfig(Section):
    """A host whose repositories may be read."""

    kind: HostKind
    api: Address | None = None
    """Address of its API; None means the usual place for its kind."""
    raw: Address | None = None
    """Address below which raw files lie; None means the usual place for its kind."""
    archives: tuple[Host, ...] = ()
    """Other hosts to which it may send us for an archive."""
    token_env: Variable | None = None
    """Name of the variable that holds a token for it."""


DEFAULT_HOSTS: Final[Mapping[str, HostConfig]] = {
    "github.com": HostConfig(
        kind=HostKind.GITHUB,
        api="https://api.github.com",
        raw="https://raw.githubusercontent.com",
        archives=("codeload.github.com",),
    ),
    "gitlab.com": HostConfig(kind=HostKind.GITLAB),
    "codeberg.org": HostConfig(kind=HostKind.GITEA),
}


def completed(name: str, host: HostConfig) -> HostConfig:
    """A host as it was set up; a built-in one keeps what is not set anew."""
    built_in = DEFAULT_HOSTS.get(name)
    if built_in is None or built_in.kind is not host.kind:
        return host
    return built_in.model_copy(update={key: getattr(host, key) for key in host.model_fields_set})
