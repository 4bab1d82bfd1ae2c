"""Tours told page by page: Docusaurus, Hugo and Just the Docs number each page's place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from llmsdeck.bundle.markdown import front_matter
from llmsdeck.bundle.places import is_aside, is_document
from llmsdeck.bundle.tour import Files, Stop

_FEWEST_POSITIONS: Final = 3
_POSITION_KEYS: Final = ("sidebar_position", "nav_order", "weight", "order")
_OPENINGS: Final = frozenset(("index", "_index", "README"))
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_CATEGORY: Final = re.compile(r"[\"']?position[\"']?\s{0,4}:\s{0,4}(-?\d{1,9}(?:\.\d{1,9})?)")
_PLACE_OF_NONE: Final = 1e12


def by_position(files: Files) -> Iterator[Stop]:
    """Pages in the order of the numbers in their front matter, where most pages have one."""
    matters = {
        path: front_matter(file.text)[0]
        for path, file in files.items()
        if path.endswith((".md", ".mdx")) and is_document(path) and not is_aside(path)
    }
    positions = {
        path: n for path, matter in matters.items() if (n := _position(matter)) is not None
    }
    common = _common_folder(positions)
    inside = [path for path in matters if path.startswith(common)]
    if len(positions) < _FEWEST_POSITIONS or 2 * len(positions) < len(inside):
        return
    ranks = _folder_ranks(files, positions)
    for path in sorted(inside, key=lambda path: _place(path, positions, ranks)):
        folder = path.removeprefix(common).rpartition("/")[0]
        label = matters[path].get("sidebar_label", "")
        yield Stop(path=path, label=label, depth=folder.count("/") + bool(folder))


def _position(matter: Mapping[str, str]) -> float | None:
    for key in _POSITION_KEYS:
        if _NUMBER.fullmatch(value := matter.get(key, "")):
            return float(value)
    return None


def _common_folder(paths: Mapping[str, object]) -> str:
    first, last = min(paths, default=""), max(paths, default="")
    shared = 0
    for one, other in zip(first.split("/")[:-1], last.split("/")[:-1], strict=False):
        if one != other:
            break
        shared += len(one) + 1
    return first[:shared]


def _folder_ranks(files: Files, positions: Mapping[str, float]) -> Mapping[str, float]:
    """Where each folder stands: by its category file, else by its index page."""
    ranks: dict[str, float] = {}
    for path in files:
        folder, _, name = path.rpartition("/")
        if name.startswith("_category_."):
            if match := _CATEGORY.search(files[path].text[:10_000]):
                ranks[folder] = float(match[1])
        elif name.split(".")[0] in _OPENINGS and path in positions:
            ranks.setdefault(folder, positions[path])
    return ranks


def _place(
    path: str, positions: Mapping[str, float], ranks: Mapping[str, float]
) -> list[tuple[float, str]]:
    parts = path.split("/")
    places: list[tuple[float, str]] = []
    for end in range(1, len(parts)):
        folder = "/".join(parts[:end])
        places.append((ranks.get(folder, _PLACE_OF_NONE), parts[end - 1]))
    opening = parts[-1].split(".")[0] in _OPENINGS
    places.append((-_PLACE_OF_NONE if opening else positions.get(path, _PLACE_OF_NONE), parts[-1]))
    return places
