"""From what somebody typed or pasted to a repository on a host that is set up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from llmsdeck.errors import SourceError
from llmsdeck.hosts import HostConfig, HostKind
from llmsdeck.paths import config_file
from llmsdeck.sources.forge import encoded
from llmsdeck.sources.hosted.tokens import where_tokens_go
from llmsdeck.sources.triage import name_is_hostile
from llmsdeck.text import visible

GITHUB: Final = "github.com"
"""The host of `owner/name`."""
_SCP_STYLE: Final = re.compile(r"(?:[^@/\s:]{1,64}@)?([A-Za-z0-9.-]{1,253}):(?!//)([^\s]{1,1024})")
_OWNER_NAME: Final = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})(?:@(\S{1,255}))?"
)
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?")
_PROJECT_PART: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_QUERY: Final = re.compile(r"[?#]")
_WEB: Final = frozenset(("https", "http"))
_SHELL: Final = frozenset(("ssh", "git", "git+ssh"))
_REF_TABOO: Final = re.compile(r"\.\.|//|@\{|[\s~^:?*\[\\\x00-\x20\x7f]|^[-/]|[/.]$")
_FOLDER_PAGES: Final = frozenset(("tree", "commits"))
_FILE_PAGES: Final = frozenset(("blob", "raw", "blame", "edit"))
_GITEA_PAGES: Final = frozenset(("src", "raw", "commits"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A repository on a host, or a folder in it; `str()` is its one canonical form."""

    host: str
    project: str
    """`owner/name`, or a longer path where groups nest; lower case, as hosts ignore capitals."""
    folder: str = ""
    """Folder inside the repository, without `/` at its ends; empty for all of it."""

    def __str__(self) -> str:
        folder = f"//{encoded(self.folder)}" if self.folder else ""
        return f"https://{self.host}/{self.project}{folder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address, and the ref that a pasted page named."""

    address: Address
    ref: str | None = None


def place_of(source: str, ref: str | None, hosts: Mapping[str, HostConfig]) -> Place | None:
    """The repository that was typed; None for what is neither an address nor `owner/name`.

    Raises SourceError with the reason for an address that cannot be used.
    """
    source = source.strip()
    if "://" in source:
        return _checked(_from_url(source, ref, hosts), ref)
    source = _QUERY.split(source, maxsplit=1)[0]
    if "@" in source and (match := _SCP_STYLE.fullmatch(source)):
        return _checked(_from_path(_known(_bare(match[1]), hosts), match[2], ref, hosts), ref)
    host, _, path = source.partition("/")
    if path and _plain_host(host, hosts):
        return _checked(_from_path(_plain_host(host, hosts), path, ref, hosts), ref)
    if GITHUB in hosts and (match := _OWNER_NAME.fullmatch(source)):
        place = _place(GITHUB, [match[1], match[2].removesuffix(".git")], "", match[3])
        return _checked(place, ref)
    return None


def _checked(place: Place, ref: str | None) -> Place:
    """The place with the one ref that was asked for; raises SourceError for none or two."""
    if ref is not None and place.ref is not None and ref != place.ref:
        raise SourceError(
            f"The address names {place.ref!r} and the ref is {ref!r}; give only one of them."
        )
    ref = ref or place.ref
    if ref is not None and (_REF_TABOO.search(ref) or len(ref) > 255 or name_is_hostile(ref)):
        raise SourceError("The ref is not a valid name of a branch, a tag or a commit.")
    return Place(address=place.address, ref=ref)


def _from_url(source: str, ref: str | None, hosts: Mapping[str, HostConfig]) -> Place:
    try:
        url = urlsplit(source)
        host, port = url.hostname or "", url.port
    except ValueError as error:
        raise SourceError("The address cannot be understood; check how it is written.") from error
    if url.scheme == "file":
        raise SourceError("Give the path of a folder itself, without file:// in front of it.")
    if url.scheme not in _WEB | _SHELL:
        raise SourceError("Only addresses that begin with https:// or ssh:// can be read.")
    if url.password or (url.username and url.scheme in _WEB):
        raise SourceError(
            "The address holds a user name or a password; leave them out and "
            + where_tokens_go(host, hosts.get(host))
        )
    if url.scheme in _SHELL:
        return _from_path(_known(_bare(host), hosts), url.path, ref, hosts)
    usual = port in (None, 443 if url.scheme == "https" else 80)
    return _from_path(_known(host if usual else f"{host}:{port}", hosts), url.path, ref, hosts)


def _bare(host: str) -> str:
    """A host of ssh by the name that it has on the web."""
    return host.lower().removeprefix("ssh.").removeprefix("altssh.")


def _plain_host(host: str, hosts: Mapping[str, HostConfig]) -> str:
    """The name of a host that is set up, without `www.`; empty for any other."""
    host = host.lower()
    return next((name for name in (host, host.removeprefix("www.")) if name in hosts), "")


def _known(host: str, hosts: Mapping[str, HostConfig]) -> str:
    """The host, if it may be contacted; raises SourceError that says how to allow it."""
    if name := _plain_host(host, hosts):
        return name
    if not _HOST_NAME.fullmatch(host):
        raise SourceError("The address names no host; check how it is written.")
    raise SourceError(
        f'The host {host} is not set up; add [hosts."{host}"] with its kind (github, gitlab or '
        f"gitea) to {config_file()}, or clone the repository and give that folder."
    )


def _from_path(host: str, path: str, ref: str | None, hosts: Mapping[str, HostConfig]) -> Place:
    """The repository, folder and ref in the path of an address on a known host."""
    project, _, folder = path.strip("/").partition("//")
    if folder:
        return _place(host, _split(project), unquote(folder), None)
    parts = _split(path)
    if hosts[host].kind is HostKind.GITLAB:
        end = parts.index("-") if "-" in parts else len(parts)
        page = parts[end + 1 :]
    else:
        end, page = 2, parts[2:]
    project_parts = [
        *parts[: end - 1],
        *(part.removesuffix(".git") for part in parts[end - 1 : end]),
    ]
    if hosts[host].kind is HostKind.GITEA:
        return _page(host, project_parts, _without_gitea_words(page), ref)
    return _page(host, project_parts, page, ref)


def _split(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/") if part]


def _without_gitea_words(page: Sequence[str]) -> Sequence[str]:
    """`src/branch/main/docs` as other hosts write it: `tree/main/docs`."""
    if len(page) > 2 and page[0] in _GITEA_PAGES and page[1] in {"branch", "tag", "commit"}:
        return ("blob" if page[0] == "raw" else "tree", *page[2:])
    return page


def _page(host: str, project: Sequence[str], page: Sequence[str], ref: str | None) -> Place:
    """The place that a page of a repository shows."""
    match page:
        case []:
            return _place(host, project, "", None)
        case [kind, *rest] if rest and kind in _FOLDER_PAGES | _FILE_PAGES:
            named, folder = _ref_and_folder(rest, ref)
            return _place(host, project, "" if kind in _FILE_PAGES else folder, named)
        case ["commit" | "tags" | "releases", name]:
            return _place(host, project, "", name)
        case ["releases", "tag", *rest] if rest:
            return _place(host, project, "", "/".join(rest))
        case _:
            plain = _place(host, project, "", None).address
            shown = visible("/".join(page), 60)
            raise SourceError(f"The page {shown} shows no files; give the repository, {plain}.")


def _ref_and_folder(rest: Sequence[str], ref: str | None) -> tuple[str, str]:
    """Where the ref ends and the folder begins: a given ref tells, else it is one part long."""
    if list(rest[:2]) in (["refs", "heads"], ["refs", "tags"]) and len(rest) > 2:
        rest = rest[2:]
    length = len(ref.split("/")) if ref else 1
    if ref and "/".join(rest[:length]) != ref:
        length = 1
    return "/".join(rest[:length]), "/".join(rest[length:])


def _place(host: str, project: Sequence[str], folder: str, ref: str | None) -> Place:
    if len(project) < 2 or len(project) > 20:
        raise SourceError(f"The address names no repository; give https://{host}/owner/name.")
    if any(not _PROJECT_PART.fullmatch(part) or part in {".", ".."} for part in project):
        raise SourceError(f"The address is none of a repository; give https://{host}/owner/name.")
    folder = folder.strip("/")
    parts = folder.split("/") if folder else []
    if any(part in {"", ".", ".."} for part in parts) or name_is_hostile(folder):
        raise SourceError("The folder in the address is not one that a repository can hold.")
    address = Address(host=host, project="/".join(project).lower(), folder=folder)
    return Place(address=address, ref=ref)
