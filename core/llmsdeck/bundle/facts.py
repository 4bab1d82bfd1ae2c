"""What a project's manifests say about it: name, summary, how to install and start it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from llmsdeck.bundle.ecosystems import cmake, deno, dotnet, gradle, mix, pom, setup_py, swift
from llmsdeck.bundle.fields import Table, programs_of
from llmsdeck.bundle.languages import main_language
from llmsdeck.bundle.manifests import (
    cargo,
    composer,
    gemspec,
    go,
    package_json,
    pyproject,
    setup_cfg,
)
from llmsdeck.bundle.mkdocs import site
from llmsdeck.bundle.tour import Files
from llmsdeck.sources import About

_MANIFEST_CHARACTERS: Final = 500_000
_GO_GET: Final = "go get "
_MAIN: Final = re.compile(r"^package main$", re.MULTILINE)
_PROGRAM_FOLDER: Final = re.compile(r"cmd/([\w.-]{1,60})/main\.go")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """True statements from one or more manifests; empty when a manifest does not say."""

    name: str = ""
    summary: str = ""
    version: str = ""
    licence: str = ""
    runtime: str = ""
    """`Python >=3.10`, `Node.js >=18`."""
    install: str = ""
    """The command that installs the published package, or its coordinates."""
    commands: tuple[str, ...] = ()
    """Command-line programs it installs."""
    entry: tuple[str, ...] = ()
    """Files that the package offers as its way in, relative to the manifest."""
    site: str = ""
    """Address of the documentation, else of the home page."""


_READERS: Final[Mapping[str, tuple[str, Callable[[str], Table]]]] = {
    "pyproject.toml": ("python", pyproject),
    "setup.cfg": ("python", setup_cfg),
    "setup.py": ("python", setup_py),
    "package.json": ("javascript", package_json),
    "deno.json": ("javascript", deno),
    "deno.jsonc": ("javascript", deno),
    "cargo.toml": ("rust", cargo),
    "go.mod": ("go", go),
    "composer.json": ("php", composer),
    ".gemspec": ("ruby", gemspec),
    "pom.xml": ("java", pom),
    "build.gradle": ("java", gradle),
    "build.gradle.kts": ("java", gradle),
    "settings.gradle": ("java", gradle),
    "settings.gradle.kts": ("java", gradle),
    "mix.exs": ("elixir", mix),
    ".csproj": ("dotnet", dotnet),
    ".fsproj": ("dotnet", dotnet),
    "package.swift": ("swift", swift),
    "cmakelists.txt": ("c", cmake),
    "mkdocs.yml": ("", site),
}
"""By the lower-case name, or the suffix, of the file: its language and its reader."""


_ONE_LANGUAGE: Final = frozenset(("version", "runtime", "install", "commands", "entry"))
"""What is only true of the package whose manifest says it."""


def read_facts(files: Files, folder: str = "") -> Facts:
    """Facts from the manifests in one folder.

    Where several speak, Python's own wins, for it builds other languages too; then those of the
    language that most files are written in, then the first in the table. How to install and use
    it is taken from one language only.
    """
    prefix = f"{folder}/" if folder else ""
    language = main_language(path for path in files if path.startswith(prefix))
    merged: dict[str, object] = {}
    speaker = ""
    for manifest, (spoken, reader) in _found(files, prefix, language):
        said = reader(files[manifest].text)
        foreign = speaker not in {"", spoken}
        for key, value in said.items():
            if value and not merged.get(key) and not (foreign and key in _ONE_LANGUAGE):
                merged[key] = value
        speaker = speaker or (spoken if said.get("name") else "")
    facts = Facts(**merged)  # type: ignore[arg-type]
    return _with_go_programs(facts, files, prefix) if facts.install.startswith(_GO_GET) else facts


def completed(facts: Facts, about: About | None) -> Facts:
    """The facts, with what the host says where the manifests say nothing."""
    if about is None:
        return facts
    return replace(
        facts,
        summary=facts.summary or about.description,
        licence=facts.licence or about.licence,
        site=facts.site or about.homepage,
    )


def _found(
    files: Files, prefix: str, language: str
) -> Iterator[tuple[str, tuple[str, Callable[[str], Table]]]]:
    inside = (path.removeprefix(prefix) for path in sorted(files) if path.startswith(prefix))
    names = {path.lower(): prefix + path for path in inside if "/" not in path}
    readers = sorted(
        _READERS.items(),
        key=lambda item: (item[0] != "pyproject.toml", not language or item[1][0] != language),
    )
    for name, reader in readers:
        for lowered, path in names.items():
            fits = lowered == name or (name.startswith(".") and lowered.endswith(name))
            if fits and len(files[path].text) <= _MANIFEST_CHARACTERS:
                yield path, reader


def _with_go_programs(facts: Facts, files: Files, prefix: str) -> Facts:
    """The facts of a Go module that is a program, which is installed and not imported."""
    module = facts.install.removeprefix(_GO_GET)
    own = sorted(path.removeprefix(prefix) for path in files if path.startswith(prefix))
    at_root = [path for path in own if path.endswith(".go") and "/" not in path]
    if any(_MAIN.search(files[prefix + path].text) for path in at_root):
        install, programs = f"go install {module}@latest", [facts.name]
    else:
        programs = [match[1] for path in own if (match := _PROGRAM_FOLDER.fullmatch(path))]
        alone = len(programs) == 1 and not at_root
        install = f"go install {module}/cmd/{programs[0]}@latest" if alone else facts.install
    return replace(facts, install=install, commands=programs_of(programs))
