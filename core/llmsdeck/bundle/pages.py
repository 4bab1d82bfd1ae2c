"""Reading any file of the material by the rules of its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from llmsdeck.bundle.asciidoc import read_asciidoc
from llmsdeck.bundle.code import (
    read_c,
    read_code,
    read_elixir,
    read_go,
    read_javascript,
    read_ruby,
    read_rust,
)
from llmsdeck.bundle.markdown import read_markdown
from llmsdeck.bundle.places import suffix
from llmsdeck.bundle.python import read_python
from llmsdeck.bundle.reading import Page
from llmsdeck.bundle.restructured import read_restructured
from llmsdeck.sources import SourceFile

_READERS: Final[Mapping[str, Callable[[str], Page]]] = {
    "": read_markdown,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".mdx": read_markdown,
    ".qmd": read_markdown,
    ".ipynb": read_markdown,
    ".adoc": read_asciidoc,
    ".asciidoc": read_asciidoc,
    ".rst": read_restructured,
    ".txt": read_restructured,
    ".py": read_python,
    ".pyi": read_python,
    ".js": read_javascript,
    ".mjs": read_javascript,
    ".cjs": read_javascript,
    ".jsx": read_javascript,
    ".ts": read_javascript,
    ".mts": read_javascript,
    ".cts": read_javascript,
    ".tsx": read_javascript,
    ".rs": read_rust,
    ".c": read_c,
    ".h": read_c,
    ".cc": read_c,
    ".cpp": read_c,
    ".hpp": read_c,
    ".cs": read_c,
    ".go": read_go,
    ".rb": read_ruby,
    ".ex": read_elixir,
    ".exs": read_elixir,
}


def read_page(file: SourceFile) -> Page:
    """Title and opening of a file."""
    return _reader(file.path)(file.text)


def _reader(path: str) -> Callable[[str], Page]:
    return _READERS.get(suffix(path), read_code)


class Pages(Mapping[str, Page]):
    """What some files say about themselves, each read when that is first asked for.

    Most are only asked whether there is anything to read, which the first paragraph answers.
    """

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self._files = files
        self._offered: dict[str, None] = {}
        self._read: dict[str, Page] = {}
        self._opened: dict[str, Page] = {}

    def offer(self, path: str) -> None:
        """Let a file be one of them; its opening is read at once."""
        self._offered[path] = None
        self.opening(path)

    def withdraw(self, path: str) -> None:
        """Let a file be none of them any more."""
        del self._offered[path]

    def opening(self, path: str) -> Page:
        """The page with its first paragraph at least; raises KeyError for other files."""
        whole = path in self._read or _reader(path) is not read_markdown
        if whole or path not in self._offered:
            return self[path]
        if path not in self._opened:
            self._opened[path] = read_markdown(self._files[path].text, most=1)
        return self._opened[path]

    def __getitem__(self, path: str) -> Page:
        if path not in self._offered:
            raise KeyError(path)
        if path not in self._read:
            self._read[path] = read_page(self._files[path])
        return self._read[path]

    def __contains__(self, path: object) -> bool:
        return path in self._offered

    def __iter__(self) -> Iterator[str]:
        return iter(self._offered)

    def __len__(self) -> int:
        return len(self._offered)
