"""The order an author gave the documentation: mkdocs, Sphinx and mdBook."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.restructured import toctrees
from llmsdeck.sources import SourceFile

_TREE_DEPTH: Final = 8
_STARS: Final = 2
_PATTERNS: Final = 100
_STOPS: Final = 5000
_ITEM: Final = re.compile(r"( *)- +(.+)")
_LABEL: Final = re.compile(
    r"(\"[^\"]{1,200}\"|'[^']{1,200}'|[^\"'\s:&*!\[{>|][^:#]{0,200}?):(?:\s+(.*))?"
)
_SUMMARY_LINK: Final = re.compile(r"(\s{0,40})(?:[-*+] +)?\[([^\[\]]{1,200})\]\(([^()\s]{0,300})\)")

Files = Mapping[str, SourceFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One page on the author's tour."""

    path: str
    label: str = ""
    """What the navigation calls it; empty leaves it to the page."""
    group: str = ""
    """Label of the outermost group it stands in."""
    depth: int = 0
    """Groups around it."""


def navigation(files: Files) -> tuple[Stop, ...]:
    """The author's tour through the documentation; empty when there is none that can be read."""
    for tour in (_mkdocs, _mdbook, _sphinx):
        if stops := _once(islice(tour(files), _STOPS)):
            return stops
    return ()


def _once(stops: Iterator[Stop]) -> tuple[Stop, ...]:
    return tuple({stop.path: stop for stop in reversed([*stops])}.values())[::-1]


def _mkdocs(files: Files) -> Iterator[Stop]:
    for name in ("mkdocs.yml", "mkdocs.yaml", "docs/mkdocs.yml"):
        if file := files.get(name):
            lines = file.text.split("\n")
            docs = _top_level(lines, "docs_dir") or "docs"
            folder = normal(f"{PurePosixPath(name).parent}/{docs}")
            for stop in _yaml_tour(_nav_lines(lines)):
                yield from _resolved(stop, folder, files)
            return


def _top_level(lines: Sequence[str], key: str) -> str:
    values = (line.partition(":")[2] for line in lines if line.startswith(f"{key}:"))
    return next((value.split(" #")[0].strip().strip("'\"") for value in values), "")


def _nav_lines(lines: Sequence[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        if line.startswith("nav:"):
            inside = True
        elif inside and line.strip() and not line.lstrip().startswith("#"):
            if not line.startswith((" ", "-")):
                return
            yield line.rstrip()


def _yaml_tour(lines: Iterator[str]) -> Iterator[Stop]:
    """The subset of YAML that navigations are written in; anything else ends the tour."""
    groups: list[tuple[int, str]] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item is None:
            return
        indent, content = len(item[1]), item[2].strip()
        while groups and groups[-1][0] >= indent:
            groups.pop()
        label, target = _label_and_target(content)
        if not target:
            groups.append((indent, label))
            continue
        group = groups[0][1] if groups else ""
        yield Stop(path=target, label=label, group=group, depth=len(groups))


def _label_and_target(content: str) -> tuple[str, str]:
    content = content.split(" #")[0].strip()
    if (match := _LABEL.fullmatch(content)) and not content.startswith(("http://", "https://")):
        return match[1].strip("'\""), (match[2] or "").strip().strip("'\"")
    return "", content.strip("'\"")


def _resolved(stop: Stop, folder: str, files: Files) -> Iterator[Stop]:
    """The stop with its path inside the source; a folder stands for the pages in it."""
    path = normal(f"{folder}/{stop.path}")
    if path in files:
        yield _at(stop, path)
    elif stop.path.endswith("/"):
        inside = (p for p in files if p.startswith(f"{path}/") and p.endswith((".md", ".rst")))
        for page in sorted(inside):
            yield Stop(path=page, group=stop.group or stop.label, depth=stop.depth + 1)


def _at(stop: Stop, path: str) -> Stop:
    return Stop(path=path, label=stop.label, group=stop.group, depth=stop.depth)


def _mdbook(files: Files) -> Iterator[Stop]:
    for book in sorted((p for p in files if p.endswith("book.toml")), key=lambda p: p.count("/")):
        root = PurePosixPath(book).parent
        source = normal(f"{root}/{_book_source(files[book].text)}")
        if summary := files.get(f"{source}/SUMMARY.md" if source else "SUMMARY.md"):
            yield from _summary_tour(summary.text, source, files)
            return


def _book_source(text: str) -> str:
    try:
        source = tomllib.loads(text).get("book", {}).get("src", "src")
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return "src"
    return source if isinstance(source, str) else "src"


def _summary_tour(text: str, folder: str, files: Files) -> Iterator[Stop]:
    part = ""
    for line in text.split("\n"):
        if line.startswith("# "):
            part = line[2:].strip()
        elif match := _SUMMARY_LINK.match(line):
            path = normal(f"{folder}/{match[3]}")
            if path in files:
                yield Stop(path=path, label=match[2], group=part, depth=len(match[1]) // 2)


def _sphinx(files: Files) -> Iterator[Stop]:
    configurations = (p for p in files if PurePosixPath(p).name == "conf.py")
    folders = [normal(str(PurePosixPath(p).parent)) for p in configurations]
    for folder in sorted(folders, key=lambda path: (path.count("/"), path)):
        index = _document(f"{folder}/index", files)
        if index is not None and toctrees(files[index].text):
            yield from _SphinxTour(files, folder).pages(index)
            return


class _SphinxTour:
    """Follows toctrees from page to page, each page once."""

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self._folder = folder
        self._documents = sorted(p for p in files if p.endswith((".rst", ".md")))
        self._seen: set[str] = set()
        self._patterns_left = _PATTERNS

    def pages(self, index: str, group: str = "", depth: int = 0) -> Iterator[Stop]:
        """The pages below an index page, depth first, as a reader of the site meets them."""
        self._seen.add(index)
        for toctree in toctrees(self._files[index].text):
            caption = group or toctree.caption
            for label, target in toctree.entries:
                for page in self._targets(target, index, globs=toctree.globs):
                    if page not in self._seen:
                        yield Stop(path=page, label=label, group=caption, depth=depth)
                        if depth < _TREE_DEPTH:
                            yield from self.pages(page, caption, depth + 1)

    def _targets(self, target: str, index: str, *, globs: bool) -> Sequence[str]:
        base = self._folder if target.startswith("/") else str(PurePosixPath(index).parent)
        path = normal(f"{base}/{target}")
        if globs and 0 < target.count("*") <= _STARS and self._patterns_left:
            self._patterns_left -= 1
            return [p for p in self._documents if fnmatchcase(p.rpartition(".")[0], path)]
        page = _document(path, self._files)
        return [page] if page else []


def _document(path: str, files: Files) -> str | None:
    path = normal(path)
    return next((p for p in (path, f"{path}.rst", f"{path}.md") if p in files), None)


def normal(path: str) -> str:
    """A path inside the source without `.` and `..`; what leads outside is cut at the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in {"", ".", ".."}:
            parts.append(part)
    return "/".join(parts)
