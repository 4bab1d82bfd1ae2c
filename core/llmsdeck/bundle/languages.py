"""Which programming language a project is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from llmsdeck.bundle.places import in_documentation, in_examples, is_aside

_FAMILIES: Final[Mapping[str, str]] = {
    "python": "py pyi",
    "javascript": "js mjs cjs jsx ts mts cts tsx vue",
    "rust": "rs",
    "go": "go",
    "php": "php",
    "ruby": "rb",
    "java": "java kt scala",
    "elixir": "ex exs",
    "dotnet": "cs",
    "c": "c h cc cpp hpp",
    "swift": "swift",
}
_FAMILY_OF: Final = {
    suffix: family for family, suffixes in _FAMILIES.items() for suffix in suffixes.split()
}


def language_of(path: str) -> str:
    """The family of languages that a file is written in, by its suffix; empty for others."""
    return _FAMILY_OF.get(path.rpartition(".")[2].lower(), "")


def main_language(paths: Iterable[str]) -> str:
    """The language of most files that are the project's own product; empty without any."""
    written = ((path, language) for path in paths if (language := language_of(path)))
    counts = Counter(
        language
        for path, language in written
        if not (in_examples(path) or in_documentation(path) or is_aside(path))
    )
    return min(counts, key=lambda language: (-counts[language], language), default="")
