"""The navigation of MkDocs, and where it says that the built site is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.tour import Files, Stop, normal

_CONFIGURATIONS: Final = ("mkdocs.yml", "mkdocs.yaml", "docs/mkdocs.yml", "support/mkdocs.yml")
_YAML: Final = (".yml", ".yaml")
_ITEM: Final = re.compile(r"( *)- +(.+)")
_LABEL: Final = re.compile(
    r"(\"[^\"]{1,200}\"|'[^']{1,200}'|[^\"'\s:&*!\[{>|][^:#]{0,200}?):(?:\s+(.*))?"
)


def mkdocs(files: Files) -> Iterator[Stop]:
    """Follow the first `nav` of `mkdocs.yml`, or of one of several such files at the root."""
    usual = [name for name in _CONFIGURATIONS if name in files][:1]
    parts = [name for name in files if name.startswith("mkdocs") and name.endswith(_YAML)]
    for name in dict.fromkeys((*usual, *sorted(parts))):
        lines = files[name].text.split("\n")
        docs = _top_level(lines, "docs_dir") or "docs"
        folder = normal(f"{PurePosixPath(name).parent}/{docs}")
        stops = [*_yaml_tour(_nav_lines(lines))]
        for stop in stops:
            yield from _resolved(stop, folder, files)
        if stops:
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


def site(text: str) -> Mapping[str, object]:
    """What the configuration says about the project itself."""
    lines = text.split("\n")
    return {
        "name": _top_level(lines, "site_name"),
        "summary": _top_level(lines, "site_description"),
        "site": _top_level(lines, "site_url"),
    }
