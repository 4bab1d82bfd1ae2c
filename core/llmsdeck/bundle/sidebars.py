"""Tours of sites whose sidebar is JavaScript: Docusaurus and VitePress; read as data, never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.literals import Data, literal_after
from llmsdeck.bundle.markdown import front_matter
from llmsdeck.bundle.places import is_aside, name_of
from llmsdeck.bundle.tour import Files, Stop, normal

_DEPTH: Final = 12
_SIDEBARS: Final = ("sidebars.js", "sidebars.ts", "sidebars.cjs", "sidebars.mjs", "sidebars.json")
_CONFIGURATIONS: Final = tuple(
    f"{name}.{suffix}"
    for name in ("config", "config/index")
    for suffix in ("ts", "mts", "js", "mjs")
)
_EXPORT: Final = re.compile(
    r"(?:module\.exports|export default|sidebars?\b[^=\n]{0,80})[ \t]*=?[ \t]*\{"
)
_PATH: Final = re.compile(r"\bpath:\s{0,4}['\"]([^'\"\n]{1,200})['\"]")
_SIDEBAR: Final = re.compile(r"\bsidebar:\s{0,9}(?=[\[{])")
_SITE_ROOT: Final = re.compile(r"\bsrcDir:\s{0,4}['\"]([^'\"\n]{1,200})['\"]")
_NUMBER: Final = re.compile(r"(^|/)\d{1,4}[-_. ]+(?=[^\d/])")

Resolve = Callable[[str], str | None]


def docusaurus(files: Files) -> Iterator[Stop]:
    """Follow `sidebars.js`, or what a JSON or TypeScript one says."""
    for path in _nearest(files, lambda p: name_of(p) in _SIDEBARS):
        text = files[path].text
        start = _EXPORT.search(text)
        sidebars = literal_after(text, start.start() if start else 0)
        folder = str(PurePosixPath(path).parent)
        documents = _documentation(sidebars, folder, files)
        if documents:
            yield from _each(sidebars, documents.get)
            return


def vitepress(files: Files) -> Iterator[Stop]:
    """Follow the sidebar of `.vitepress/config`."""
    for path in _nearest(files, _is_vitepress):
        text = files[path].text
        site = path.partition(".vitepress/")[0]
        root = match[1] if (match := _SITE_ROOT.search(text)) else ""
        start = _SIDEBAR.search(text)
        if start:
            sidebar = literal_after(text, start.start())
            yield from _each(sidebar, _by_link(normal(f"{site}/{root}"), files))
            return


def _nearest(files: Files, wanted: Callable[[str], bool]) -> Sequence[str]:
    found = (path for path in files if wanted(path) and not is_aside(path))
    return sorted(found, key=lambda path: (path.count("/"), path))


def _is_vitepress(path: str) -> bool:
    _, mark, rest = f"/{path}".partition("/.vitepress/")
    return bool(mark) and rest in _CONFIGURATIONS


def _documentation(sidebars: Data, folder: str, files: Files) -> Mapping[str, str]:
    """The documents by their id, from the folder in which most ids of the sidebars are found."""
    configuration = "".join(
        files[path].text[:100_000]
        for suffix in ("js", "ts", "cjs", "mjs")
        if (path := normal(f"{folder}/docusaurus.config.{suffix}")) in files
    )
    named = [match[1] for match in _PATH.finditer(configuration)][:10]
    folders = dict.fromkeys(normal(f"{folder}/{name}") for name in (*named, "docs", "../docs"))
    wanted = frozenset(_ids(sidebars, 0))
    known = [_by_id(place, files) for place in folders]
    best = max(known, key=lambda ids: len(wanted & ids.keys()))
    return best if wanted & best.keys() else {}


def _ids(data: Data, depth: int) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif depth < _DEPTH and data is not None:
        for item in data.values() if isinstance(data, dict) else data:
            yield from _ids(item, depth + 1)


def _by_id(folder: str, files: Files) -> Mapping[str, str]:
    """Documents below a folder by Docusaurus' id: the path without ordering numbers and suffix."""
    found: dict[str, str] = {}
    for path in sorted(files):
        if path.startswith(f"{folder}/") and path.endswith((".md", ".mdx")):
            plain = path.removeprefix(f"{folder}/").rpartition(".")[0]
            matter, _ = front_matter(files[path].text)
            own = matter.get("id", "") or PurePosixPath(plain).name
            renamed = normal(f"{PurePosixPath(plain).parent}/{own}")
            for name in (renamed, plain, _NUMBER.sub(r"\1", renamed)):
                found.setdefault(name, path)
    return found


def _by_link(folder: str, files: Files) -> Resolve:
    """A site's address as the page that it shows."""

    def resolve(link: str) -> str | None:
        plain = normal(f"{folder}/{link.partition('#')[0].removesuffix('.html')}")
        named = (f"{plain}.md", f"{plain}/index.md" if plain else "index.md", plain)
        return next((path for path in named if path in files), None)

    return resolve


def _each(sidebars: Data, resolve: Resolve) -> Iterator[Stop]:
    """The stops of one sidebar, or of several one after the other."""
    if isinstance(sidebars, dict) and "items" not in sidebars:
        for sidebar in sidebars.values():
            yield from _walk(sidebar, resolve, "", 0)
    else:
        yield from _walk(sidebars, resolve, "", 0)


def _walk(data: Data, resolve: Resolve, group: str, depth: int) -> Iterator[Stop]:
    """The stops below a piece of sidebar; an object that is no entry has labels as its keys."""
    if depth > _DEPTH or data is None:
        return
    if isinstance(data, str):
        if page := resolve(data):
            yield Stop(path=page, group=group, depth=depth)
    elif isinstance(data, list):
        for item in data:
            yield from _walk(item, resolve, group, depth)
    elif data.keys() & {"type", "items", "text"}:
        yield from _entry(data, resolve, group, depth)
    else:
        for label, value in data.items():
            yield from _walk(value, resolve, group or label, depth + 1)


def _entry(item: Mapping[str, Data], resolve: Resolve, group: str, depth: int) -> Iterator[Stop]:
    """A page, or a category with pages in it."""
    label = _text(item, "label") or _text(item, "text")
    link = item.get("link")
    target = link if isinstance(link, str) else _text(link, "id") if isinstance(link, dict) else ""
    target = target or _text(item, "id")
    if target and (page := resolve(target)):
        yield Stop(path=page, label=label, group=group, depth=depth)
    yield from _walk(item.get("items"), resolve, group or label, depth + 1)


def _text(data: Mapping[str, Data], key: str) -> str:
    value = data.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""
