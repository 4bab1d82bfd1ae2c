"""Readers of further manifests: JVM, Elixir, .NET, C++, Swift, Deno and setuptools' scripts.

Where a manifest is a program, only plain strings in it are read, by patterns; it is never run.
"""

from __future__ import annotations

import html
import re
from typing import Final

from llmsdeck.bundle.fields import (
    Table,
    command,
    json_table,
    licence_of,
    prefixed,
    programs_of,
    text_of,
)

_TEXT: Final = r"(?:\"([^\"\n]{1,400})\"|'([^'\n]{1,400})')"
_SETUP: Final = re.compile(
    r"^[ \t]{1,16}(name|version|description|license|url|python_requires)\s{0,4}=\s{0,4}" + _TEXT,
    re.MULTILINE,
)
_SCRIPT: Final = re.compile(r"['\"]([\w.-]{1,60})\s{0,4}=\s{0,4}[\w.]{1,100}:[\w.]{1,100}['\"]")
_GRADLE: Final = re.compile(
    r"^\s{0,12}(group|version|description|rootProject\.name)\s{0,4}=?\s{0,4}" + _TEXT, re.MULTILINE
)
_JAVA: Final = re.compile(
    r"(?:jvmToolchain\(|JavaLanguageVersion\.of\(|JavaVersion\.VERSION_)(\d{1,2})"
)
_MIX_FIELD: Final = re.compile(
    r"^\s{0,12}(?:(app): :(\w{1,60})"
    r"|(elixir|description|homepage_url|source_url): \"([^\"\n]{1,400})\"),?$",
    re.MULTILINE,
)
_MIX_VERSION: Final = re.compile(
    r"^\s{0,12}(?:@version|version:) \"([\w.+-]{1,40})\"", re.MULTILINE
)
_MIX_LICENCE: Final = re.compile(r"licenses: \[\"([\w. -]{1,40})\"")
_CMAKE: Final = re.compile(
    r"^\s{0,8}project\s{0,4}\(\s{0,40}([\w.+-]{1,80})([^()]{0,1000})\)", re.M | re.I
)
_CMAKE_FIELD: Final = re.compile(
    r"(VERSION|DESCRIPTION|HOMEPAGE_URL)\s{1,20}(?:\"([^\"\n]{1,400})\"|([\w.:/-]{1,200}))"
)
_SWIFT_NAME: Final = re.compile(r"Package\(\s{0,40}name: \"([^\"\n]{1,100})\"")
_SWIFT_TOOLS: Final = re.compile(r"// ?swift-tools-version: ?([\d.]{1,8})")
_POM_BLOCKS: Final = (
    "parent",
    "dependencies",
    "dependencyManagement",
    "build",
    "profiles",
    "modules",
    "reporting",
    "developers",
    "scm",
    "distributionManagement",
)
_MAVEN_NAME: Final = re.compile(r"[\w.-]{1,120}")


def setup_py(text: str) -> Table:
    """setuptools' script, as far as it holds plain strings."""
    if "setup(" not in text:
        return {}
    found = {match[1]: match[2] or match[3] for match in reversed([*_SETUP.finditer(text)])}
    return {
        "name": found.get("name", ""),
        "summary": found.get("description", ""),
        "version": found.get("version", ""),
        "licence": found.get("license", ""),
        "runtime": prefixed("Python ", found.get("python_requires", "")),
        "install": command("pip install ", found.get("name", "")),
        "commands": programs_of(match[1] for match in _SCRIPT.finditer(text)),
        "site": found.get("url", ""),
    }


def deno(text: str) -> Table:
    """deno.json of a package for JSR."""
    document = json_table("\n".join(x for x in text.split("\n") if not x.lstrip().startswith("//")))
    name, exports = text_of(document, "name"), document.get("exports")
    return {
        "name": name,
        "version": text_of(document, "version"),
        "licence": licence_of(document),
        "install": command("deno add jsr:", name) if name.startswith("@") and exports else "",
        "entry": (exports,) if isinstance(exports, str) else (),
    }


def pom(text: str) -> Table:
    """Maven's pom.xml: the project's own elements, as text; no XML is parsed."""
    parent = _element(text, "parent")
    for block in _POM_BLOCKS:
        text = _without(text, block)
    group = _element(text, "groupId") or _element(parent, "groupId")
    artifact = _element(text, "artifactId")
    version = _element(text, "version") or _element(parent, "version")
    release = "java.version", "maven.compiler.release", "maven.compiler.target"
    java = next(filter(None, (_element(text, name) for name in release)), "")
    name = _element(text, "name")
    return {
        "name": artifact if "${" in name or not name else name,
        "summary": _element(text, "description"),
        "version": "" if "${" in version else version,
        "licence": _element(_element(text, "licenses"), "name"),
        "runtime": prefixed("Java ", java if java[:1].isdigit() else ""),
        "install": _coordinates(group, artifact, version),
        "site": _element(text, "url"),
    }


def gradle(text: str) -> Table:
    """Gradle's build and settings scripts, as far as they hold plain strings."""
    found = {match[1]: match[2] or match[3] for match in reversed([*_GRADLE.finditer(text)])}
    java = _JAVA.search(text)
    return {
        "name": found.get("rootProject.name", ""),
        "summary": found.get("description", ""),
        "version": found.get("version", ""),
        "runtime": prefixed("Java ", java[1] if java else ""),
    }


def mix(text: str) -> Table:
    """Elixir's mix.exs, as far as it holds plain strings."""
    fields: dict[str, str] = {}
    for match in _MIX_FIELD.finditer(text):
        fields.setdefault(match[1] or match[3], match[2] or match[4])
    version = found[1] if (found := _MIX_VERSION.search(text)) else ""
    licence = found[1] if (found := _MIX_LICENCE.search(text)) else ""
    app = fields.get("app", "")
    released = bool(app and version) and version.replace(".", "").isdigit()
    return {
        "name": app,
        "summary": fields.get("description", ""),
        "version": version,
        "licence": licence,
        "runtime": prefixed("Elixir ", fields.get("elixir", "")),
        "install": f'{{:{app}, "~> {version}"}}' if released else "",
        "site": fields.get("homepage_url", "") or fields.get("source_url", ""),
    }


def dotnet(text: str) -> Table:
    """A project file of .NET: only packages are named."""
    name = _element(text, "PackageId")
    return {
        "name": name,
        "summary": _element(text, "Description"),
        "version": _element(text, "Version") or _element(text, "VersionPrefix"),
        "licence": _element(text, "PackageLicenseExpression"),
        "runtime": prefixed(
            ".NET ", _element(text, "TargetFrameworks") or _element(text, "TargetFramework")
        ),
        "install": command("dotnet add package ", name),
        "site": _element(text, "PackageProjectUrl"),
    }


def cmake(text: str) -> Table:
    """The `project` command of CMakeLists.txt."""
    project = _CMAKE.search(text)
    if project is None:
        return {}
    fields = {match[1]: match[2] or match[3] for match in _CMAKE_FIELD.finditer(project[2])}
    return {
        "name": project[1],
        "summary": fields.get("DESCRIPTION", ""),
        "version": fields.get("VERSION", ""),
        "site": fields.get("HOMEPAGE_URL", ""),
    }


def swift(text: str) -> Table:
    """Swift's Package.swift."""
    name, tools = _SWIFT_NAME.search(text), _SWIFT_TOOLS.search(text)
    return {
        "name": name[1] if name else "",
        "runtime": prefixed("Swift ", tools[1] if tools else ""),
    }


def _coordinates(group: str, artifact: str, version: str) -> str:
    """What Maven and Gradle ask for; a version that is not released yet is left out."""
    if not (_MAVEN_NAME.fullmatch(group) and _MAVEN_NAME.fullmatch(artifact)):
        return ""
    released = _MAVEN_NAME.fullmatch(version) and not version.endswith("-SNAPSHOT")
    return f"{group}:{artifact}:{version}" if released else f"{group}:{artifact}"


def _element(text: str, name: str) -> str:
    """The content of the first element of this name, on one line."""
    start = text.find(f"<{name}>")
    end = text.find(f"</{name}>", start)
    if start < 0 or end < 0:
        return ""
    return " ".join(html.unescape(text[start + len(name) + 2 : end]).split())


def _without(text: str, name: str) -> str:
    """The text without the elements of this name."""
    pieces: list[str] = []
    position = 0
    while (start := text.find(f"<{name}>", position)) >= 0:
        end = text.find(f"</{name}>", start)
        if end < 0:
            break
        pieces.append(text[position:start])
        position = end + len(name) + 3
    return "".join((*pieces, text[position:]))
