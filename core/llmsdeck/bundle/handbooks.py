"""Tours written as lists: SUMMARY.md, Docsify, Antora, Jekyll, Quarto, Jupyter Book, Elixir."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.fields import table_of, toml
from llmsdeck.bundle.markdown import front_matter
from llmsdeck.bundle.places import is_aside, is_document, name_of
from llmsdeck.bundle.tour import Files, Stop, normal
from llmsdeck.sources.triage import named

_SUMMARY_LINK: Final = re.compile(r"(\s{0,40})(?:[-*+] +)?\[([^\[\]]{1,200})\]\(([^()\s]{0,300})\)")
_NO_PART: Final = frozenset(("summary", "table of contents", "contents"))
_SUMMARIES: Final = (
    "SUMMARY.md",
    "docs/SUMMARY.md",
    "src/SUMMARY.md",
    "docs/_sidebar.md",
    "_sidebar.md",
)
_ANTORA_LIST: Final = re.compile(r"- +['\"]?([\w./-]{1,200}\.adoc)['\"]?[ \t]*$")
_ANTORA_ITEM: Final = re.compile(
    r"(\*{1,5}) +(?:xref:([^\[\]\s]{1,200})\[([^\[\]]{0,200})\]|(.{1,200}))"
)
_LISTS: Final = named(
    "_toc.yml _quarto.yml docs_nav.yml navigation.yml nav.yml sidebar.yml toc.yml"
)
_YAML_LINE: Final = re.compile(r"( {0,60})(- +)?(?:([a-z_]{1,20}): *)?(.{0,300})")
_LABEL_KEYS: Final = named("title text section caption name part label")
_TARGET_KEYS: Final = named("href link url file contents path root")
_EXTRAS: Final = re.compile(r"\bextras\b")
_EXTRA: Final = re.compile(r"\"([\w./-]{1,200}\.(?:md|cheatmd|livemd))\"")

Resolve = Callable[[str], Sequence[str]]


def summaries(files: Files) -> Iterator[Stop]:
    """Follow the SUMMARY.md of mdBook and GitBook, or the sidebar of Docsify."""
    for book in sorted((p for p in files if p.endswith("book.toml")), key=lambda p: p.count("/")):
        root = PurePosixPath(book).parent
        source = normal(f"{root}/{_book_source(files[book].text)}")
        if summary := files.get(normal(f"{source}/SUMMARY.md")):
            yield from _summary_tour(summary.text, source, files)
            return
    for path in _SUMMARIES:
        if summary := files.get(path):
            yield from _summary_tour(summary.text, str(PurePosixPath(path).parent), files)
            return


def _book_source(text: str) -> str:
    source = table_of(toml(text), "book").get("src")
    return source if isinstance(source, str) else "src"


def _summary_tour(text: str, folder: str, files: Files) -> Iterator[Stop]:
    part = ""
    for line in text.split("\n"):
        if line.startswith("# "):
            heading = line[2:].strip()
            part = "" if heading.lower() in _NO_PART else heading
        elif match := _SUMMARY_LINK.match(line):
            path = normal(f"{folder}/{match[3]}")
            if path in files:
                yield Stop(path=path, label=match[2], group=part, depth=len(match[1]) // 2)


def antora(files: Files) -> Iterator[Stop]:
    """Follow the navigation files that `antora.yml` lists."""
    components = (p for p in files if name_of(p) == "antora.yml" and not is_aside(p))
    for component in sorted(components, key=lambda p: (p.count("/"), p))[:1]:
        folder = PurePosixPath(component).parent
        for line in files[component].text.split("\n"):
            if match := _ANTORA_LIST.fullmatch(line.strip()):
                yield from _antora_list(normal(f"{folder}/{match[1]}"), files)


def _antora_list(path: str, files: Files) -> Iterator[Stop]:
    group = ""
    for line in files[path].text.split("\n") if path in files else ():
        if line.startswith(".") and line[1:2].isalnum():
            group = line[1:].strip()
        elif match := _ANTORA_ITEM.fullmatch(line.strip()):
            depth, label = len(match[1]) - 1, (match[3] or match[4] or "").strip()
            if depth == 0 and not match[2]:
                group = label
            elif match[2] and (page := _antora_page(match[2], path, files)):
                yield Stop(path=page, label=label, group=group, depth=depth)


def _antora_page(target: str, navigation: str, files: Files) -> str | None:
    """The page of a cross reference `module:page.adoc`; the module is the navigation's own."""
    module, _, page = target.partition("#")[0].rpartition(":")
    home = PurePosixPath(navigation).parent
    folder = home.parent / module if module else home
    path = normal(f"{folder}/pages/{page}")
    return path if path in files else None


def lists(files: Files) -> Iterator[Stop]:
    """Follow the lists of pages of Jupyter Book, Quarto and Jekyll."""
    found = (p for p in files if name_of(p) in _LISTS and not is_aside(p))
    for path in sorted(found, key=lambda p: (p.count("/"), p)):
        site = str(PurePosixPath(path).parent).removesuffix("_data")
        resolve = _pages_of_site(normal(site), files)
        stops = [*_yaml_list(files[path].text.split("\n"), resolve)]
        if stops:
            yield from stops
            return


def _pages_of_site(folder: str, files: Files) -> Resolve:
    """A file, address or folder of a site as the documents that it stands for."""
    prefix = f"{folder}/" if folder else ""
    documents = [p for p in sorted(files) if p.startswith(prefix) and is_document(p)]
    by_address: dict[str, str] = {}
    for path in documents:
        matter, _ = front_matter(files[path].text)
        parts = path.removeprefix(prefix).rpartition(".")[0].split("/")
        plain = "/".join(part.removeprefix("_") for part in parts)
        for address in (matter.get("permalink", ""), plain.removesuffix("/index"), plain):
            by_address.setdefault(normal(address), path)

    def resolve(target: str) -> Sequence[str]:
        path = normal(f"{prefix}{target}")
        if path in files:
            return [path]
        inside = [p for p in documents if path and p.startswith(f"{path}/")]
        if inside and not target.startswith("/"):
            return inside
        if page := by_address.get(normal(target.removesuffix(".html"))):
            return [page]
        return []

    return resolve


def _yaml_list(lines: Sequence[str], resolve: Resolve) -> Iterator[Stop]:
    """Entries of nested lists, by the keys that such files use; other lines are passed over."""
    open_items: list[tuple[int, str]] = []
    for line in lines:
        match = _YAML_LINE.fullmatch(line.rstrip())
        if match is None or not (match[2] or open_items):
            continue
        indent, key, value = len(match[1]), match[3] or "", match[4].strip().strip("'\"")
        if match[2]:
            while open_items and open_items[-1][0] >= indent:
                open_items.pop()
            open_items.append((indent, ""))
        if key in _LABEL_KEYS and value:
            open_items[-1] = (open_items[-1][0], value)
        elif value and (key in _TARGET_KEYS or (match[2] and not key)):
            yield from _entry(value, [label for _, label in open_items], resolve)


def _entry(target: str, labels: Sequence[str], resolve: Resolve) -> Iterator[Stop]:
    group, own, depth = (labels[0] if len(labels) > 1 else ""), labels[-1], len(labels) - 1
    pages = resolve(target)
    if len(pages) == 1:
        yield Stop(path=pages[0], label=own, group=group, depth=depth)
    else:
        for page in pages:
            yield Stop(path=page, group=group or own, depth=depth + 1)


def extras(files: Files) -> Iterator[Stop]:
    """Follow the list of guides that Elixir's documentation tool is given in `mix.exs`."""
    if (mix := files.get("mix.exs")) and (start := _EXTRAS.search(mix.text)):
        for match in _EXTRA.finditer(mix.text, start.start()):
            if (path := normal(match[1])) in files:
                yield Stop(path=path, depth=min(1, path.count("/")))
