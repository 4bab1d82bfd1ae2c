"""The toctrees of Sphinx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.places import name_of
from llmsdeck.bundle.restructured import toctrees
from llmsdeck.bundle.tour import Files, Stop, normal

_TREE_DEPTH: Final = 8
_STARS: Final = 2
_PATTERNS: Final = 100


def sphinx(files: Files) -> Iterator[Stop]:
    """Follow the toctrees from the index page beside `conf.py`."""
    configurations = (p for p in files if name_of(p) == "conf.py")
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
