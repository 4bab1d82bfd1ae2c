"""Tokens by reference: found where the user keeps them, sent to their host, never shown or kept."""

from __future__ import annotations

import netrc
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostConfig, HostKind

_FILE_BYTES: Final = 1_000_000
_SENDABLE: Final = re.compile(r"[!-~]{1,4096}")
_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "github.com": ("GITHUB_ACCESS_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"),
    "gitlab.com": ("GITLAB_TOKEN",),
}
"""Variables by tradition; each belongs to this one host and is never sent to another."""
_SUGGESTED: Final[Mapping[str, str]] = {"github.com": "GITHUB_TOKEN", "gitlab.com": "GITLAB_TOKEN"}


@dataclass(frozen=True, slots=True)
class Secret:
    """A token that shows only where it is from; only `reveal` gives it away."""

    origin: str
    """A variable or a file, to be named in sentences."""
    _reveal: Callable[[], str]

    def __repr__(self) -> str:
        return f"Secret(from {self.origin})"

    def __reduce__(self) -> str:
        raise TypeError("a secret is never written down")

    def reveal(self) -> str:
        """The token, for the header of one request."""
        return self._reveal()


def where_tokens_go(host: str, config: HostConfig | None) -> str:
    """The end of a sentence that says how to give a token for a host."""
    variable = (config and config.token_env) or _SUGGESTED.get(host)
    if variable is None:
        return "put the token into a variable that the host's token_env names in the settings."
    tool = {"github.com": " or run `gh auth login`", "gitlab.com": " or run `glab auth login`"}
    return f"put the token into {variable}{tool.get(host, '')}."


def token_for(
    host: str, config: HostConfig, environ: Mapping[str, str] = os.environ
) -> Secret | None:
    """The first token that the user keeps for this host; raises SourceError for a broken one."""
    for origin, token in _found(host, config, environ):
        if token:
            if not _SENDABLE.fullmatch(token):
                raise SourceError(f"The token in {origin} holds blanks or unusual characters.")
            return Secret(origin, _sealed(token))
    return None


def _sealed(token: str) -> Callable[[], str]:
    """The token where no listing of variables shows it."""
    return lambda: token


def _found(host: str, config: HostConfig, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Places and what is in them: the host's own variable, the usual ones, tools, netrc."""
    if config.token_env:
        yield config.token_env, environ.get(config.token_env, "").strip()
    for variable in _VARIABLES.get(host, ()):
        yield variable, environ.get(variable, "").strip()
    home = Path(environ.get("HOME") or Path.home())
    settings = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if config.kind is HostKind.GITHUB:
        folder = Path(environ.get("GH_CONFIG_DIR") or settings / "gh")
        yield "gh's hosts.yml", _from_yaml(_text(folder / "hosts.yml"), host, "oauth_token")
    if config.kind is HostKind.GITLAB:
        folder = Path(environ.get("GLAB_CONFIG_DIR") or settings / "glab-cli")
        yield "glab's config.yml", _from_yaml(_text(folder / "config.yml"), host, "token")
    yield "netrc", _from_netrc(Path(environ.get("NETRC") or home / ".netrc"), host)


def _text(path: Path) -> str:
    """The text of a regular file, or nothing; what a user does not have is no fault."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            return file.read(_FILE_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _from_yaml(text: str, host: str, key: str) -> str:
    """The value of a key below the host's own; the outermost where it occurs more than once.

    Both tools write plain block style, one key to a line.
    """
    values: dict[int, str] = {}
    inside = -1
    for line in text.splitlines():
        content = line.strip()
        indent = len(line) - len(line.lstrip())
        if content and indent <= inside:
            break
        if inside >= 0 and content.startswith(f"{key}:"):
            value = content.partition(":")[2].replace("!!null", "").strip()
            values.setdefault(indent, value.strip("\"'"))
        if inside < 0 and content.rstrip(":").strip("\"'") == host and content.endswith(":"):
            inside = indent
    return values[min(values)] if values else ""


def _from_netrc(path: Path, host: str) -> str:
    """The password for a host; a file that cannot be read holds none for us."""
    if not _text(path):
        return ""
    try:
        found = netrc.netrc(str(path)).hosts.get(host.partition(":")[0])
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return ""
    return found[2] or "" if found else ""
