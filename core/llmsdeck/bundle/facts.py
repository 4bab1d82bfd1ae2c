"""What a project's manifests say about it: name, summary, how to install and start it."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from llmsdeck.sources import About, SourceFile

_MANIFEST_CHARACTERS: Final = 500_000
_COMMANDS: Final = 6
_PACKAGE: Final = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
_GO_MODULE: Final = re.compile(r"^module[ \t]+\"?([^\s\"]{1,300})", re.MULTILINE)
_GO_VERSION: Final = re.compile(r"^go[ \t]+([\d.]{1,12})", re.MULTILINE)
_GEM_FIELD: Final = re.compile(
    r"^\s{0,8}\w{1,10}\.(name|summary|description|version|license|homepage)\s{0,8}=\s{0,8}"
    r"(?:\"([^\"\n]{1,400})\"|'([^'\n]{1,400})')",
    re.MULTILINE,
)

Table = Mapping[str, object]


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
    """The command that installs the published package."""
    commands: tuple[str, ...] = ()
    """Command-line programs it installs."""
    entry: tuple[str, ...] = ()
    """Files that the package offers as its way in, relative to the manifest."""
    site: str = ""
    """Address of the documentation, else of the home page."""


def read_facts(files: Mapping[str, SourceFile]) -> Facts:
    """Facts from the manifests at the root; where several speak, the first in the table wins."""
    merged: dict[str, object] = {}
    for manifest, reader in _found(files):
        for key, value in reader(files[manifest].text).items():
            if value and not merged.get(key):
                merged[key] = value
    return Facts(**merged)  # type: ignore[arg-type]


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


def _found(files: Mapping[str, SourceFile]) -> Iterator[tuple[str, Callable[[str], Table]]]:
    names = {path.lower(): path for path in sorted(files) if "/" not in path}
    for name, reader in _READERS.items():
        for lowered, path in names.items():
            fits = lowered == name or (name.startswith(".") and lowered.endswith(name))
            if fits and len(files[path].text) <= _MANIFEST_CHARACTERS:
                yield path, reader


def _pyproject(text: str) -> Table:
    document = _toml(text)
    project = _table(document, "project")
    poetry = _table(_table(document, "tool"), "poetry")
    urls = {**_table(poetry, "urls"), **_table(project, "urls")}
    chosen = project or poetry
    name = _text(chosen, "name")
    return {
        "name": name,
        "summary": _text(chosen, "description"),
        "version": _text(chosen, "version"),
        "licence": _licence(chosen),
        "runtime": _prefixed("Python ", _text(project, "requires-python")),
        "install": _command("pip install ", name),
        "commands": _keys(chosen, "scripts"),
        "site": _site(urls) or _text(poetry, "documentation") or _text(poetry, "homepage"),
    }


def _setup_cfg(text: str) -> Table:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    metadata = dict(parser["metadata"]) if parser.has_section("metadata") else {}
    scripts = parser.get("options.entry_points", "console_scripts", fallback="")
    commands = (line.partition("=")[0].strip() for line in scripts.split("\n"))
    return {
        "name": metadata.get("name", ""),
        "summary": metadata.get("description", ""),
        "version": "" if ":" in metadata.get("version", "") else metadata.get("version", ""),
        "licence": metadata.get("license", ""),
        "runtime": _prefixed("Python ", parser.get("options", "python_requires", fallback="")),
        "install": _command("pip install ", metadata.get("name", "")),
        "commands": _programs(commands),
        "site": metadata.get("url", ""),
    }


def _package_json(text: str) -> Table:
    try:
        document = _mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}
    name = _text(document, "name")
    private = document.get("private") is True
    programs = document.get("bin")
    return {
        "name": name,
        "summary": _text(document, "description"),
        "version": _text(document, "version"),
        "licence": _licence(document),
        "runtime": _prefixed("Node.js ", _text(_table(document, "engines"), "node")),
        "install": "" if private else _command("npm install ", name),
        "commands": _programs((name,)) if isinstance(programs, str) else _keys(document, "bin"),
        "entry": tuple(filter(None, (_text(document, key) for key in ("source", "main", "types")))),
        "site": _text(document, "homepage"),
    }


def _cargo(text: str) -> Table:
    document = _toml(text)
    package = _table(document, "package")
    name = _text(package, "name")
    programs = document.get("bin")
    tables = cast("list[object]", programs) if isinstance(programs, list) else []
    commands = _programs(_text(_mapping(table), "name") for table in tables)
    library = "" if commands and not document.get("lib") else _command("cargo add ", name)
    return {
        "name": name,
        "summary": _text(package, "description"),
        "version": _text(package, "version"),
        "licence": _text(package, "license"),
        "runtime": _prefixed("Rust ", _text(package, "rust-version")),
        "install": library or _command("cargo install ", name),
        "commands": commands,
        "entry": ("src/lib.rs", "src/main.rs"),
        "site": _text(package, "documentation") or _text(package, "homepage"),
    }


def _go(text: str) -> Table:
    module = _GO_MODULE.search(text)
    version = _GO_VERSION.search(text)
    path = module[1] if module else ""
    return {
        "name": path.rsplit("/", 1)[-1],
        "runtime": _prefixed("Go ", version[1] if version else ""),
        "install": _command("go get ", path),
    }


def _composer(text: str) -> Table:
    try:
        document = _mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}
    name = _text(document, "name")
    return {
        "name": name.rsplit("/", 1)[-1],
        "summary": _text(document, "description"),
        "licence": _licence(document),
        "runtime": _prefixed("PHP ", _text(_table(document, "require"), "php")),
        "install": _command("composer require ", name),
        "site": _text(document, "homepage"),
    }


def _gemspec(text: str) -> Table:
    found: dict[str, str] = {}
    for match in _GEM_FIELD.finditer(text):
        found.setdefault(match[1], match[2] or match[3])
    return {
        "name": found.get("name", ""),
        "summary": found.get("summary") or found.get("description", ""),
        "version": found.get("version", ""),
        "licence": found.get("license", ""),
        "install": _command("gem install ", found.get("name", "")),
        "site": found.get("homepage", ""),
    }


_READERS: Final[Mapping[str, Callable[[str], Table]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "package.json": _package_json,
    "cargo.toml": _cargo,
    "go.mod": _go,
    "composer.json": _composer,
    ".gemspec": _gemspec,
}


def _toml(text: str) -> Table:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _mapping(value: object) -> Table:
    return cast("Table", value) if isinstance(value, dict) else {}


def _table(document: Table, key: str) -> Table:
    return _mapping(document.get(key))


def _text(document: Table, key: str) -> str:
    value = document.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _keys(document: Table, key: str) -> tuple[str, ...]:
    return _programs(_table(document, key))


def _programs(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if _PACKAGE.fullmatch(name))[:_COMMANDS]


def _licence(document: Table) -> str:
    """The licence's short name; tables and whole texts are left to the licence file."""
    value = _text(document, "license") or _text(_table(document, "license"), "text")
    return value if len(value) <= 60 else ""


def _command(prefix: str, name: str) -> str:
    """A command for a package whose name cannot smuggle in a second command."""
    return prefix + name if _PACKAGE.fullmatch(name) else ""


def _prefixed(prefix: str, value: str) -> str:
    return prefix + value if value else ""


def _site(urls: Table) -> str:
    addresses = {key.lower(): value for key, value in urls.items() if isinstance(value, str)}
    for key in ("documentation", "docs", "homepage", "home"):
        if key in addresses:
            return addresses[key]
    return ""
