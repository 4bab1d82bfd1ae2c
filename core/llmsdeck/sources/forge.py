"""Where the files of a repository on a host can be read as raw text at one commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from llmsdeck.hosts import HostConfig

_RAW_PATHS: Final[Mapping[str, str]] = {
    "github": "{project}/raw/{commit}/",
    "gitlab": "{project}/-/raw/{commit}/",
    "gitea": "{project}/raw/commit/{commit}/",
    "bitbucket": "{project}/raw/{commit}/",
}
"""Below the host's own address, by its kind."""
_GITHUB_RAW: Final = "{project}/{commit}/"
"""Below an address that GitHub keeps for raw files only."""
_BITBUCKET: Final = "bitbucket.org"
_SCP_STYLE: Final = re.compile(r"(?:[^@/\s:]{1,64}@)?([A-Za-z0-9.-]{1,253}):([^\s:]{1,512})")
_PROJECT_PART: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Forge:
    """One project on a host whose raw addresses are known."""

    project: str
    """`owner/name`, or a longer path where groups nest."""
    raw: str
    """Pattern of the address of a commit's files."""

    @property
    def name(self) -> str:
        """The project's own name."""
        return self.project.rsplit("/", 1)[-1]

    def link_base(self, commit: str, prefix: str) -> str:
        """Address below which a path at this commit is found; `prefix` is a folder with `/`."""
        return self.raw.format(project=self.project, commit=commit) + encoded(prefix)


def encoded(path: str) -> str:
    """A path as it stands in an address: everything but unreserved characters and `/` is quoted.

    Parentheses and spaces too, because readers of llms.txt cut an address there.
    """
    return quote(path, safe="/~")


def forge_of(host: str, config: HostConfig, project: str) -> Forge:
    """A project on a host that is set up."""
    if config.raw and config.kind == "github":
        return Forge(project, f"{config.raw}/{_GITHUB_RAW}")
    return Forge(project, f"{config.raw or web_address(host, config)}/{_RAW_PATHS[config.kind]}")


def web_address(host: str, config: HostConfig) -> str:
    """Where people look at a host; plain http only where its API is set up like that."""
    plain = config.api is not None and config.api.startswith("http://")
    return f"{'http' if plain else 'https'}://{host}"


def known_forge(remote: str) -> Forge | None:
    """The project that a remote's address names, without credentials; None on any other host."""
    address = _host_and_path(remote.strip())
    if address is None:
        return None
    from llmsdeck.hosts import DEFAULT_HOSTS  # so that reading a folder does not load it

    host, path = address
    host = host.lower().removeprefix("www.").removeprefix("ssh.").removeprefix("altssh.")
    parts = path.strip("/").removesuffix(".git").split("/")
    if len(parts) < 2 or not all(map(_is_plain, parts)):
        return None
    project = "/".join(parts)
    if host == _BITBUCKET and len(parts) == 2:
        return Forge(project, f"https://{host}/{_RAW_PATHS['bitbucket']}")
    config = DEFAULT_HOSTS.get(host)
    if config is None or (len(parts) > 2 and config.kind != "gitlab"):
        return None
    return forge_of(host, config, project)


def _host_and_path(remote: str) -> tuple[str, str] | None:
    if "://" not in remote:
        match = _SCP_STYLE.fullmatch(remote)
        return (match[1], match[2]) if match else None
    try:
        url = urlsplit(remote)
        host = url.hostname
    except ValueError:
        return None
    if url.scheme not in {"https", "http", "ssh", "git", "git+ssh"} or not host:
        return None
    return host, url.path


def _is_plain(part: str) -> bool:
    return _PROJECT_PART.fullmatch(part) is not None and part not in {".", ".."}
