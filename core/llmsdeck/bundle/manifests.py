"""Readers of the manifests of the largest ecosystems; each yields fields of `Facts`."""

from __future__ import annotations

import configparser
import re
from typing import Final, cast

from llmsdeck.bundle.fields import (
    Table,
    command,
    json_table,
    keys_of,
    licence_of,
    mapping_of,
    prefixed,
    programs_of,
    site_of,
    table_of,
    text_of,
    toml,
)

_GO_MODULE: Final = re.compile(r"^module[ \t]+\"?([^\s\"]{1,300})", re.MULTILINE)
_GO_VERSION: Final = re.compile(r"^go[ \t]+([\d.]{1,12})", re.MULTILINE)
_GEM_FIELD: Final = re.compile(
    r"^\s{0,8}\w{1,10}\.(name|summary|description|version|license|homepage)\s{0,40}=\s{0,40}"
    r"(?:\"([^\"\n]{1,400})\"|'([^'\n]{1,400})')",
    re.MULTILINE,
)


def pyproject(text: str) -> Table:
    """Python's pyproject.toml, by its standard table or Poetry's."""
    document = toml(text)
    project = table_of(document, "project")
    poetry = table_of(table_of(document, "tool"), "poetry")
    urls = {**table_of(poetry, "urls"), **table_of(project, "urls")}
    chosen = project or poetry
    name = text_of(chosen, "name")
    return {
        "name": name,
        "summary": text_of(chosen, "description"),
        "version": text_of(chosen, "version"),
        "licence": licence_of(chosen),
        "runtime": prefixed("Python ", text_of(project, "requires-python")),
        "install": command("pip install ", name),
        "commands": keys_of(chosen, "scripts"),
        "site": site_of(urls) or text_of(poetry, "documentation") or text_of(poetry, "homepage"),
    }


def setup_cfg(text: str) -> Table:
    """setuptools' older setup.cfg."""
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
        "runtime": prefixed("Python ", parser.get("options", "python_requires", fallback="")),
        "install": command("pip install ", metadata.get("name", "")),
        "commands": programs_of(commands),
        "site": metadata.get("url", ""),
    }


def package_json(text: str) -> Table:
    """npm's package.json."""
    document = json_table(text)
    name = text_of(document, "name")
    private = document.get("private") is True
    programs = document.get("bin")
    return {
        "name": name,
        "summary": text_of(document, "description"),
        "version": text_of(document, "version"),
        "licence": licence_of(document),
        "runtime": prefixed("Node.js ", text_of(table_of(document, "engines"), "node")),
        "install": "" if private else command("npm install ", name),
        "commands": programs_of((name,)) if isinstance(programs, str) else keys_of(document, "bin"),
        "entry": _ways_in(document),
        "site": text_of(document, "homepage"),
    }


def _ways_in(document: Table) -> tuple[str, ...]:
    """The files that `exports`, or the older fields, offer to who imports the package's name."""
    exports = document.get("exports")
    for key in (".", "import", "default", "default"):
        exports = mapping_of(exports).get(key, exports)
    named = [text_of(document, key) for key in ("source", "main", "types")]
    return tuple(filter(None, (exports if isinstance(exports, str) else "", *named)))


def cargo(text: str) -> Table:
    """Cargo.toml of a package, or of a workspace for what its packages share."""
    document = toml(text)
    shared = table_of(table_of(document, "workspace"), "package")
    package = table_of(document, "package")
    package = {**shared, **{key: own for key, own in package.items() if not isinstance(own, dict)}}
    name = text_of(package, "name")
    programs = document.get("bin")
    tables = cast("list[object]", programs) if isinstance(programs, list) else []
    commands = programs_of(text_of(mapping_of(table), "name") for table in tables)
    paths = filter(None, (text_of(mapping_of(x), "path") for x in (document.get("lib"), *tables)))
    library = "" if commands and not document.get("lib") else command("cargo add ", name)
    return {
        "name": name,
        "summary": text_of(package, "description"),
        "version": text_of(package, "version"),
        "licence": text_of(package, "license"),
        "runtime": prefixed("Rust ", text_of(package, "rust-version")),
        "install": library or command("cargo install ", name),
        "commands": commands,
        "entry": (*paths, "src/lib.rs", "src/main.rs"),
        "site": text_of(package, "documentation") or text_of(package, "homepage"),
    }


def go(text: str) -> Table:
    """go.mod."""
    module = _GO_MODULE.search(text)
    version = _GO_VERSION.search(text)
    path = module[1] if module else ""
    return {
        "name": path.rsplit("/", 1)[-1],
        "runtime": prefixed("Go ", version[1] if version else ""),
        "install": command("go get ", path),
    }


def composer(text: str) -> Table:
    """PHP's composer.json."""
    document = json_table(text)
    name = text_of(document, "name")
    return {
        "name": name.rsplit("/", 1)[-1],
        "summary": text_of(document, "description"),
        "licence": licence_of(document),
        "runtime": prefixed("PHP ", text_of(table_of(document, "require"), "php")),
        "install": command("composer require ", name),
        "site": text_of(document, "homepage"),
    }


def gemspec(text: str) -> Table:
    """A Ruby gemspec; only its plain strings are read."""
    found: dict[str, str] = {}
    for match in _GEM_FIELD.finditer(text):
        found.setdefault(match[1], match[2] or match[3])
    return {
        "name": found.get("name", ""),
        "summary": found.get("summary") or found.get("description", ""),
        "version": found.get("version", ""),
        "licence": found.get("license", ""),
        "install": command("gem install ", found.get("name", "")),
        "site": found.get("homepage", ""),
    }
