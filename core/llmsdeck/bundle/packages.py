"""The packages of a repository that holds several, as its workspaces and members list them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from llmsdeck.bundle.facts import Facts, read_facts
from llmsdeck.bundle.fields import json_table, mapping_of, strings_of, table_of, toml
from llmsdeck.bundle.modules import modules_below
from llmsdeck.bundle.places import in_examples, is_aside, readme_of
from llmsdeck.bundle.tour import Files, normal
from llmsdeck.sources.triage import named

_MANIFESTS: Final = named(
    "package.json Cargo.toml go.mod pyproject.toml pom.xml deno.json build.gradle build.gradle.kts"
)
_ROLE: Final = re.compile(r"[-_](?:monorepo|workspace|root|repo|project|parent)$")
_PATTERNS: Final = 200
_PACKAGES: Final = 200
_STARS: Final = 2
_MODULES: Final = 6
_YAML_ITEM: Final = re.compile(r"\s{0,8}- +['\"]?([^'\"\s#]{1,200})")
_GO_USE: Final = re.compile(r"^\s{0,8}(?:use )?\(?\s{0,8}(\./[\w./-]{1,200})", re.MULTILINE)
_INCLUDE: Final = re.compile(r"^\s{0,8}include\(?\s{0,4}(.{1,1000})", re.MULTILINE)
_PROJECT: Final = re.compile(r"['\"]:?([\w:.-]{1,200})['\"]")
_MODULE: Final = re.compile(r"<module>([\w./-]{1,200})</module>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One member of a workspace."""

    folder: str
    facts: Facts
    readme: str | None
    """Path of its README."""
    modules: tuple[str, ...]
    """Source files that make up its interface, most important first."""

    @property
    def name(self) -> str:
        """The published name, else the folder's."""
        return self.facts.name or self.folder.rpartition("/")[2]


def packages_of(files: Files) -> tuple[Package, ...]:
    """The members that are somebody's product, by folder; empty for an ordinary repository."""
    patterns = [
        pattern for pattern in _patterns(files) if pattern.replace("**", "*").count("*") <= _STARS
    ][:_PATTERNS]
    wanted = [normal(pattern) for pattern in patterns if not pattern.startswith("!")]
    unwanted = [normal(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    paths = sorted(files)
    found = (_package(folder, paths, files) for folder in _folders(paths) if wanted)
    return tuple(
        package
        for package in found
        if any(_fits(package.folder, pattern) for pattern in wanted)
        and not any(_fits(package.folder, pattern) for pattern in unwanted)
        and (package.readme or package.facts.install or package.modules)
    )[:_PACKAGES]


def inside(folder: str, paths: Sequence[str]) -> Sequence[str]:
    """Those of the sorted paths that lie below a folder."""
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


def main_package(packages: Sequence[Package], facts: Facts, name: str) -> Package | None:
    """The package that the repository is known for: the one that bears its name.

    There is none where the root itself is a package.
    """
    names = {name.lower(), without_role(facts.name).lower()}
    candidates = () if facts.install else packages
    return next((p for p in candidates if p.name.lower().rpartition("/")[2] in names), None)


def _package(folder: str, paths: Sequence[str], files: Files) -> Package:
    own = inside(folder, paths)
    its_files = {path: files[path] for path in own}
    facts = read_facts(its_files, folder)
    return Package(
        folder=folder,
        facts=facts,
        readme=readme_of(own, folder),
        modules=modules_below(its_files, facts.entry, folder)[:_MODULES],
    )


def _folders(paths: Sequence[str]) -> Iterator[str]:
    """Folders with a manifest, apart from those of tests, tools and examples."""
    seen: set[str] = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name in _MANIFESTS and folder and folder not in seen:
            seen.add(folder)
            if not (is_aside(path) or in_examples(path)):
                yield folder


def _fits(folder: str, pattern: str) -> bool:
    """Whether a member pattern means the folder; `*` stands for one part, `**` for any number."""
    before, deep, _ = pattern.partition("**")
    if deep:
        return folder.startswith(before)
    parts, wanted = folder.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def without_role(name: str) -> str:
    """The name of a project by that of its root, without what marks it as a root."""
    return _ROLE.sub("", name.rpartition("/")[2])


def _patterns(files: Files) -> Iterator[str]:
    """Members as the manifests at the root list them; `!` marks what is excluded."""
    texts: Mapping[str, str] = {path: file.text for path, file in files.items() if "/" not in path}
    npm = json_table(texts.get("package.json", ""))
    yield from strings_of(npm, "workspaces")
    yield from strings_of(table_of(npm, "workspaces"), "packages")
    yield from strings_of(json_table(texts.get("lerna.json", "")), "packages")
    yield from strings_of(json_table(texts.get("deno.json", "")), "workspace")
    for line in texts.get("pnpm-workspace.yaml", "").partition("packages:")[2].split("\n")[1:]:
        if item := _YAML_ITEM.match(line):
            yield item[1]
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    cargo = table_of(toml(texts.get("Cargo.toml", "")), "workspace")
    uv = table_of(mapping_of(toml(texts.get("pyproject.toml", "")).get("tool")), "uv")
    for table in (cargo, table_of(uv, "workspace")):
        yield from strings_of(table, "members")
        yield from (f"!{pattern}" for pattern in strings_of(table, "exclude"))
    yield from (match[1] for match in _GO_USE.finditer(texts.get("go.work", "")))
    for name in ("settings.gradle", "settings.gradle.kts"):
        for included in _INCLUDE.finditer(texts.get(name, "")):
            projects = _PROJECT.finditer(included[1])
            yield from (match[1].replace(":", "/") for match in projects)
    yield from (match[1] for match in _MODULE.finditer(texts.get("pom.xml", "")))
