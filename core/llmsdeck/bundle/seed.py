"""An llms.txt that the repository keeps already: its author's choice, as far as it still holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from llmsdeck.bundle.markup import from_markdown
from llmsdeck.bundle.outline import SectionName
from llmsdeck.bundle.parse import ParsedLink, parse
from llmsdeck.bundle.places import folders, is_aside, is_document
from llmsdeck.bundle.tour import Files, normal
from llmsdeck.sources.triage import named

_CHARACTERS: Final = 200_000
_FEWEST: Final = 3
"""Links that must still hold; below that the file says too little about this commit."""
_PLACES: Final = ("", "docs/", "public/", "static/", "docs/public/", "website/static/", "nbs/")
_ON_FORGE: Final = re.compile(
    r"/[\w.-]{1,100}/(?P<name>[\w.-]{1,100})/(?:-/)?(?:(?:blob|raw|tree)/)?(?:refs/heads/)?"
    r"[\w.-]{1,100}/(?P<path>.+)"
)
_FORGES: Final = named("github.com raw.githubusercontent.com gitlab.com codeberg.org")
_SENSES: Final[tuple[tuple[SectionName, frozenset[str]], ...]] = (
    (SectionName.OPTIONAL, named("optional")),
    (SectionName.API, named("api apis reference")),
    (SectionName.EXAMPLES, named("example examples samples demos cookbook recipes")),
    (SectionName.DEVELOPMENT, named("development internals contributing architecture")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """One link of the existing file whose target is in the source."""

    title: str
    note: str
    section: SectionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What an existing file says that still holds."""

    summary: str = ""
    links: Mapping[str, Seeded] = field(default_factory=dict[str, Seeded])
    """By path, in the author's order."""


def read_seed(files: Files, name: str, site: str) -> Seed:
    """The links that lead into the source called `name`, directly or by way of its `site`."""
    for place in _PLACES:
        if file := files.get(f"{place}llms.txt"):
            parsed = parse(file.text[:_CHARACTERS])
            resolve = _Resolver(files, place, name, site)
            links: dict[str, Seeded] = {}
            for section in parsed.sections:
                for link in section.links:
                    for path in resolve.paths(link.url):
                        links.setdefault(path, _seeded(link, section.name))
            if len(links) >= _FEWEST:
                return Seed(summary=from_markdown(parsed.summary), links=links)
    return Seed()


def _seeded(link: ParsedLink, section: str) -> Seeded:
    known = frozenset(re.findall(r"[a-z]+", section.lower()))
    sense = next((name for name, sense in _SENSES if known & sense), SectionName.DOCS)
    return Seeded(title=from_markdown(link.title), note=from_markdown(link.note), section=sense)


class _Resolver:
    """Finds the file that an address stands for."""

    def __init__(self, files: Files, place: str, name: str, site: str) -> None:
        self._files = files
        self._place = place
        self._name = name.lower()
        self._host, self._base = _place_of(site)
        self._pages: dict[str, list[str]] = {}
        for path in sorted(files):
            if is_document(path) and not is_aside(path):
                for address in _addresses(path):
                    self._pages.setdefault(address, []).append(path)

    def paths(self, url: str) -> Iterator[str]:
        """At most one path; none when the address is not surely one of this source."""
        parts = _split(url)
        path = unquote(parts.path)
        if not parts.netloc:
            found = normal(f"{self._place}{path}")
        elif parts.netloc in _FORGES and (match := _ON_FORGE.fullmatch(path)):
            found = normal(match["path"]) if match["name"].lower() == self._name else ""
        elif parts.netloc.removeprefix("www.") == self._host:
            found = self._page(path)
        else:
            found = ""
        if found in self._files:
            yield found

    def _page(self, path: str) -> str:
        """The only document that a page of the site can come from."""
        plain = normal(path.removeprefix(self._base))
        for ending in (".md", ".html", "/index"):
            plain = plain.removesuffix(ending)
        known = self._pages.get(plain, [])
        return known[0] if len(known) == 1 and plain else ""


def _place_of(site: str) -> tuple[str, str]:
    """Host and leading path of a site."""
    parts = _split(site)
    return parts.netloc.removeprefix("www."), parts.path


def _split(url: str) -> SplitResult:
    """The parts of an address, all empty when it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _addresses(path: str) -> Iterator[str]:
    """What a site may call a page: its path without suffix, from any folder of documentation on."""
    plain = str(PurePosixPath(path).with_suffix("")).removesuffix("/index")
    parts = plain.split("/")
    for start in range(len(folders(path)) + 1):
        yield "/".join(parts[start:])
