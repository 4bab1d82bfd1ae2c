"""Where the files of a known forge can be read as raw text at one commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

RAW_ADDRESSES: Final[Mapping[str, str]] = {
    "github.com": "https://raw.githubusercontent.com/{project}/{commit}/",
    "gitlab.com": "https://gitlab.com/{project}/-/raw/{commit}/",
    "codeberg.org": "https://codeberg.org/{project}/raw/commit/{commit}/",
    "bitbucket.org": "https://bitbucket.org/{project}/raw/{commit}/",
}
_NESTED_GROUPS: Final = frozenset(("gitlab.com",))
_SCP_STYLE: Final = re.compile(r"(?:[^@/\s:]{1,64}@)?([A-Za-z0-9.-]{1,253}):([^\s:]{1,512})")
_PROJECT_PART: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Forge:
    """One project on a forge whose raw addresses are known."""

    host: str
    project: str
    """`owner/name`, or a longer path where groups nest."""

    @property
    def name(self) -> str:
        """The project's own name."""
        return self.project.rsplit("/", 1)[-1]

    def link_base(self, commit: str, prefix: str) -> str:
        """Address below which a path at this commit is found; `prefix` is a folder with `/`."""
        base = RAW_ADDRESSES[self.host].format(project=self.project, commit=commit)
        return base + encoded(prefix)


def encoded(path: str) -> str:
    """A path as it stands in an address: everything but unreserved characters and `/` is quoted.

    Parentheses and spaces too, because readers of llms.txt cut an address there.
    """
    return quote(path, safe="/~")


def known_forge(remote: str) -> Forge | None:
    """The project that a remote's address names, without credentials; None on any other host."""
    address = _host_and_path(remote.strip())
    if address is None:
        return None
    host, path = address
    host = host.lower().removeprefix("www.").removeprefix("ssh.").removeprefix("altssh.")
    parts = path.strip("/").removesuffix(".git").split("/")
    if host not in RAW_ADDRESSES or not all(map(_is_plain, parts)):
        return None
    if len(parts) < 2 or (len(parts) > 2 and host not in _NESTED_GROUPS):
        return None
    return Forge(host, "/".join(parts))


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
