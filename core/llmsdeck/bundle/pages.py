"""Reading any file of the material by the rules of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Final

from llmsdeck.bundle.asciidoc import read_asciidoc
from llmsdeck.bundle.code import (
    read_code,
    read_elixir,
    read_go,
    read_javascript,
    read_ruby,
    read_rust,
)
from llmsdeck.bundle.markdown import read_markdown
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
    ".go": read_go,
    ".rb": read_ruby,
    ".ex": read_elixir,
    ".exs": read_elixir,
}


def read_page(file: SourceFile) -> Page:
    """Title and opening of a file."""
    return _READERS.get(PurePosixPath(file.path).suffix.lower(), read_code)(file.text)
