"""Which files are worth reading, decided by their names alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Final

from llmsdeck.sources.material import LIMITS, Limits, Skip


def named(names: str) -> frozenset[str]:
    """The names of a list that blanks separate."""
    return frozenset(names.split())


def ranks(names: str) -> Mapping[str, int]:
    """The position of each name in a list that blanks separate."""
    return {name: rank for rank, name in enumerate(names.split())}


class Interest(IntEnum):
    """How early a file is read when limits do not allow all of them."""

    MANIFEST = 0
    DOCUMENT = 1
    CODE = 2


MANIFESTS: Final = named(
    "pyproject.toml setup.cfg package.json cargo.toml go.mod composer.json mkdocs.yml mkdocs.yaml"
    " book.toml conf.py antora.yml _toc.yml _quarto.yml docs_nav.yml navigation.yml nav.yml"
    " sidebar.yml toc.yml _category_.json _category_.yml sidebars.json setup.py deno.json"
    " deno.jsonc pom.xml build.gradle build.gradle.kts settings.gradle settings.gradle.kts"
    " mix.exs package.swift cmakelists.txt pnpm-workspace.yaml lerna.json go.work"
)
"""Lists and settings that tell about a project; their own text is never offered to readers."""
_MANIFEST_SUFFIXES: Final = (".gemspec", ".csproj", ".fsproj")
_MANIFEST_PART: Final = re.compile(r"mkdocs[-_.][\w.-]{1,60}\.ya?ml")
"""Settings that a project has divided among several files."""
DOCUMENT_SUFFIXES: Final = named(".md .markdown .mdx .rst .txt .adoc .asciidoc .org .qmd .ipynb")
CODE_SUFFIXES: Final = named(
    ".py .pyi .js .mjs .cjs .ts .mts .cts .jsx .tsx .rs .go .rb .php .java .kt .scala .swift .c .h"
    " .cc .cpp .hpp .cs .ex .exs .erl .hs .lua .pl .r .jl .dart .zig .nim .sh .sql .vue"
)
BINARY_SUFFIXES: Final = named(
    ".png .jpg .jpeg .gif .webp .ico .bmp .pdf .zip .gz .xz .bz2 .zst .tar .tgz .whl .jar .class"
    " .so .dylib .dll .exe .o .a .pyc .wasm .woff .woff2 .ttf .otf .eot .mp3 .mp4 .mov .webm .ogg"
    " .db .sqlite .bin .dat .npy .npz .parquet .pkl .onnx .pt .safetensors"
)
PLAIN_DOCUMENTS: Final = named(
    "readme license licence copying changelog changes history news contributing security authors"
    " notice install license-mit license-apache unlicense"
)
"""Documents by tradition, even without a suffix."""
VENDORED_FOLDERS: Final = named(
    "node_modules bower_components vendor third_party third-party dist __pycache__ site-packages"
    " venv __pypackages__ .git .hg .svn .jj"
)
BUILD_FOLDERS: Final = named("build target out env htmlcov _build")
"""Build output by tradition; in a git tree such a folder is tracked, so it is somebody's work."""
_KEPT_HIDDEN_FOLDERS: Final = frozenset((".github", ".vitepress"))


def folder_is_skipped(name: str, *, tracked: bool) -> bool:
    """Whether nothing below a folder of this name belongs to the project itself."""
    lowered = name.lower()
    if lowered in VENDORED_FOLDERS or lowered.endswith(".egg-info"):
        return True
    if name.startswith("."):
        return lowered not in _KEPT_HIDDEN_FOLDERS
    return not tracked and lowered in BUILD_FOLDERS


def name_is_hostile(text: str) -> bool:
    """Whether a name holds anything that cannot be shown or linked as it is.

    Control characters, line and paragraph separators, invisible format characters (direction
    overrides among them) and surrogates, which stand for bytes that are not UTF-8.
    """
    if text.isascii():
        return not text.isprintable()
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text)


def interest(name: str) -> Interest | Skip:
    """How interesting a file of this name is, or why it is left out unread."""
    lowered = name.lower()
    beginning, dot, ending = lowered.rpartition(".")
    suffix = dot + ending if beginning else ""
    if lowered in MANIFESTS or lowered.endswith(_MANIFEST_SUFFIXES):
        return Interest.MANIFEST
    if lowered.startswith("mkdocs") and _MANIFEST_PART.fullmatch(lowered):
        return Interest.MANIFEST
    if suffix in BINARY_SUFFIXES:
        return Skip.BINARY
    if suffix in DOCUMENT_SUFFIXES or lowered.split(".")[0] in PLAIN_DOCUMENTS:
        return Interest.DOCUMENT
    if ".min." in lowered or suffix not in CODE_SUFFIXES:
        return Skip.OTHER
    return Interest.CODE


def reading_order(path: str) -> tuple[int, int, str]:
    """Sort key: manifests, documents, code; within each the files near the root first."""
    rank = interest(path.rsplit("/", 1)[-1])
    return (int(rank) if isinstance(rank, Interest) else len(Interest), path.count("/"), path)


@lru_cache(maxsize=1024)
def _is_vendored(folder: str, tracked: bool) -> bool:
    """Whether a folder or one above it is skipped; files of one folder ask one after the other."""
    return any(folder_is_skipped(part, tracked=tracked) for part in folder.split("/"))


def verdict(path: str, *, tracked: bool, limits: Limits = LIMITS) -> Skip | None:
    """Why the file at this path is left out unread, or None when it is worth reading."""
    if name_is_hostile(path) or len(path.encode(errors="surrogatepass")) > limits.path_bytes:
        return Skip.NAME
    folder, _, name = path.rpartition("/")
    if _is_vendored(folder, tracked):
        return Skip.VENDORED
    if path.count("/") > limits.depth:
        return Skip.DEPTH
    found = interest(name)
    return found if isinstance(found, Skip) else None
